/*
 * lost_state.h
 *		States of matches that a crash has kept from the log.
 */
#ifndef COMMENTARY_LOST_STATE_H
#define COMMENTARY_LOST_STATE_H

/*
 * Stages the state of the next matches, in the order of match_id after this one, whose row
 * and newest state entry differ: at most max_matches.  A crash loses what was staged but
 * not flushed, while the row was logged.  For the flusher, inside a transaction with a
 * snapshot, after a flush.  Returns the last match_id that it came to; 0: no match is left.
 * Adds to *staged how many it staged.
 */
extern int64 lost_state_stage(int64 after_match_id, int max_matches, uint64 *staged);

#endif /* COMMENTARY_LOST_STATE_H */
