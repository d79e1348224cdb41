/*
 * feed_insert.h
 *		INSERT INTO commentary.feed on behalf of post(), amend() and retract().
 */
#ifndef COMMENTARY_FEED_INSERT_H
#define COMMENTARY_FEED_INSERT_H

#include "fmgr.h"

#include "tables/columns.h"

/*
 * Does the view have a trigger for INSERT besides ours, a rule or a default?  Then a row must
 * come in by an INSERT, so that these take effect.
 */
extern bool feed_insert_is_needed(PGFunction our_trigger);

/* Inserts the columns that are not null, with the rights of the current role. */
extern void feed_insert(const EntryRow *row);

#endif /* COMMENTARY_FEED_INSERT_H */
