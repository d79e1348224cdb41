/*
 * pending.h
 *		The rows of this transaction, which wait in the backend until its commit.
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

/* The number of rows, without those that were rolled back. */
extern int64 pending_count(void);

/*
 * Calls the visitor for each row, in the order in which rows were put, until it returns false.
 * The visitor must not put rows.  A row and what it points at are valid during the call.
 * Returns false if the visitor has returned false.
 */
typedef bool (*PendingVisitor)(const EntryRow *row, void *argument);
extern bool pending_walk(PendingVisitor visit, void *argument);

#endif /* COMMENTARY_PENDING_H */
