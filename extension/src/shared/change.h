/*
 * change.h
 *		What a transaction changes that others keep in memory: they are told when
 *		it has committed.
 */
#ifndef COMMENTARY_CHANGE_H
#define COMMENTARY_CHANGE_H

extern void change_install_callbacks(void);

/* This transaction changes commentary.match: every backend's cache of matches is void. */
extern void change_note_match(void);

/* Has this transaction changed commentary.match? */
extern bool change_has_match(void);

/* This transaction writes to the log past the flusher, which then forgets its numbers. */
extern void change_note_log(void);

#endif /* COMMENTARY_CHANGE_H */
