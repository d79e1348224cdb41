/*
 * flusher.h
 *		The worker that flushes: one for each database.
 */
#ifndef COMMENTARY_FLUSHER_H
#define COMMENTARY_FLUSHER_H

#include "postmaster/bgworker.h"

/* Fills in how a flusher of this database is registered. */
extern void flusher_describe(BackgroundWorker *worker, Oid database);

/* Entry point; the argument is the Oid of the database. */
extern PGDLLEXPORT void commentary_flusher_main(Datum arg);

#endif /* COMMENTARY_FLUSHER_H */
