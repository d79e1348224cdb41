/*
 * reject.h
 *		Rows that could not be flushed: set aside.
 */
#ifndef COMMENTARY_REJECT_H
#define COMMENTARY_REJECT_H

#include "shared/shared.h"
#include "staging/staging.h"

/*
 * Moves a staged row to commentary.rejected, with the error.  For the flusher, outside a
 * transaction.  ERROR when that fails, too.
 */
extern void reject_row(DatabaseState *db, const StagedRef *ref, const ErrorData *error);

/* Is this state of a match set aside already?  For the flusher, in a transaction. */
extern bool reject_holds_state(int64 match_id, Datum state);

/*
 * The columns of a staged row in commentary.rejected, as a list for SQL; where the
 * table of version 1.1 has none, a null of its type.
 */
extern char *reject_list_columns(void);

#define REJECT_AFTER_SEQ "after_seq"

/* Before version 1.2 the table does not have that column. */
extern bool reject_has_after_seq(void);

/*
 * Runs a statement on commentary.rejected: the triggers and defaults of the
 * table run with the rights of its owner.  Needs SPI_connect().
 */
extern void reject_execute(const char *statement, int num_values, Oid *types, Datum *values,
						   const char *nulls);

/* A text, or null and its mark for SPI. */
extern Datum reject_text(const char *words, char *null);

#endif /* COMMENTARY_REJECT_H */
