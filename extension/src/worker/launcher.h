/*
 * launcher.h
 *		The worker that sees to it that each database with commentary has a
 *		flusher.
 */
#ifndef COMMENTARY_LAUNCHER_H
#define COMMENTARY_LAUNCHER_H

/* While the library is preloaded: has the postmaster start the launcher. */
extern void launcher_register(void);

/* Entry point. */
extern PGDLLEXPORT void commentary_launcher_main(Datum arg);

#endif /* COMMENTARY_LAUNCHER_H */
