/*
 * launcher.h
 *		The worker that starts a flusher in each database that has the extension.
 */
#ifndef COMMENTARY_LAUNCHER_H
#define COMMENTARY_LAUNCHER_H

/* Registers the launcher with the postmaster; call it while the library is preloaded. */
extern void launcher_register(void);

/* Entry point. */
extern PGDLLEXPORT void commentary_launcher_main(Datum arg);

#endif /* COMMENTARY_LAUNCHER_H */
