/*
 * pending.h
 *		The rows of this transaction: they wait in the backend until its commit.
 */
#ifndef COMMENTARY_PENDING_H
#define COMMENTARY_PENDING_H

#include "tables/columns.h"

extern void pending_install_callbacks(void);

/*
 * Takes a row that has been validated.  Other sessions do not see it before the
 * transaction commits; then it is staged, and ack.c waits for its flush.
 * Returns its number in this transaction, from 1; rows that were rolled back
 * to a savepoint count as well.
 */
extern int64 pending_put(EntryRow *row);

/* How many there are, without those that were rolled back. */
extern int64 pending_count(void);

/*
 * Visits them in the order in which they were put, until the visitor returns false.
 * The visitor must not put any itself.  Rows and what they point at are there during
 * its call.  Returns false when it has done so.
 */
typedef bool (*PendingVisitor)(const EntryRow *row, void *argument);
extern bool pending_walk(PendingVisitor visit, void *argument);

#endif /* COMMENTARY_PENDING_H */
