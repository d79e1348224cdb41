/*
 * change.h
 *		Changes that invalidate what other processes keep in memory: these processes
 *		notice them when the transaction has committed.
 */
#ifndef COMMENTARY_CHANGE_H
#define COMMENTARY_CHANGE_H

extern void change_install_callbacks(void);

/* This transaction changes commentary.match: its commit invalidates all caches of matches. */
extern void change_note_match(void);

/* Has this transaction changed commentary.match? */
extern bool change_has_match(void);

/* This transaction changes the log by force: then the flusher forgets the heads that it knows. */
extern void change_note_log(void);

#endif /* COMMENTARY_CHANGE_H */
