/*
 * mark.h
 *		Marks: which entries a subscription has applied, for the flusher to announce.
 */
#ifndef COMMENTARY_MARK_H
#define COMMENTARY_MARK_H

#include "shared/shared.h"

extern void mark_install_callbacks(void);

/*
 * This transaction has applied an entry, which was flushed at flushed_at by the clock of
 * the primary.  The flusher gets the mark when the transaction commits.  Never fails.
 */
extern void mark_note(int64 match_id, int64 seq, TimestampTz flushed_at);

/* This transaction has applied an epoch. */
extern void mark_note_epoch(void);

/* Whether there are entries or epochs to be announced. */
extern bool mark_is_due(DatabaseState *db);

/*
 * The flusher: takes all marks, at most NUM_MARKS, and returns how many.  Sets *has_lost
 * when there were more, or an epoch was applied: then relays have to compare all heads.
 */
extern int mark_take(DatabaseState *db, AppliedRange *taken, bool *has_lost);

/* The flusher could not announce the marks that it has taken. */
extern void mark_lose(DatabaseState *db);

#endif /* COMMENTARY_MARK_H */
