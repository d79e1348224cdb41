/*
 * reject.h
 *		Rows that could not be flushed: set aside, and tried again.
 */
#ifndef COMMENTARY_REJECT_H
#define COMMENTARY_REJECT_H

#include "shared.h"
#include "staging.h"

/*
 * Moves a staged row to commentary.rejected, with the error.  For the flusher,
 * outside a transaction.  ERROR when that cannot be either.
 */
extern void reject_row(DatabaseState *db, const StagedRef *ref, const ErrorData *error);

/*
 * Flushes the rejected rows for which replay_rejected() was called.  One that
 * fails again stays, with its new error.  For the flusher, outside a transaction.
 */
extern void reject_replay(DatabaseState *db);

#endif /* COMMENTARY_REJECT_H */
