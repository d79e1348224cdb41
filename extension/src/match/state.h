/*
 * state.h
 *		The state of a match as viewers get it: JSON, in the metadata of an entry.
 */
#ifndef COMMENTARY_STATE_H
#define COMMENTARY_STATE_H

/* For messages. */
#define STATE_STATUSES "scheduled, live, paused, finished, abandoned, postponed and cancelled"

extern bool state_is_status(const char *word);

/* Is it the status of a match that is over, and takes corrections only? */
extern bool state_is_end(const char *status);

/* The same for the status within a state. */
extern bool state_has_ended(Datum state);

/* Describes what is wrong with a state, as an errdetail; NULL when it may be published. */
extern const char *state_fault(int64 match_id, Datum state);

/* ERROR when the state may not be published.  The cause is the row, and not the server. */
extern void state_require(int64 match_id, Datum state);

#endif /* COMMENTARY_STATE_H */
