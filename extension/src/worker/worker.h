/*
 * worker.h
 *		What the launcher and the flushers have in common: how they connect, and
 *		which settings are pinned for them.
 */
#ifndef COMMENTARY_WORKER_H
#define COMMENTARY_WORKER_H

#include "postmaster/bgworker.h"

/* Fills in the registration of a worker that runs this function of the library. */
extern void worker_describe(BackgroundWorker *worker, const char *function, const char *name);

/*
 * Connects as the bootstrap superuser; InvalidOid is for shared catalogs only.  With
 * the flag BGWORKER_BYPASS_ALLOWCONN also to a database that allows no connections.
 */
extern void worker_connect(Oid database, uint32 flags);

/* Is the whole server being shut down?  False when only this worker was asked to end. */
extern bool worker_server_is_stopping(void);

#endif /* COMMENTARY_WORKER_H */
