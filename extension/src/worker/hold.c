/*
 * hold.c
 *		Reports errors that only a person can correct, for which the flusher waits.
 *
 * If somebody has renamed a column of ours, or added a NOT NULL column without a default, no
 * row can be flushed.  No row is lost as long as it stays in staging.
 */
#include "postgres.h"

#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "worker/hold.h"

/* The same error is logged no more often than this. */
#define TELL_EVERY_MS 60000

static char *told = NULL; /* the last message; NULL: the flusher does not wait */
static TimestampTz told_at = 0;

void
hold_tell(const ErrorData *error)
{
	TimestampTz now = GetCurrentTimestamp();

	if (told != NULL && strcmp(told, error->message) == 0 &&
		!TimestampDifferenceExceeds(told_at, now, TELL_EVERY_MS))
		return;
	if (told != NULL)
		pfree(told);
	told = MemoryContextStrdup(TopMemoryContext, error->message);
	told_at = now;
	ereport(WARNING,
			(errcode(error->sqlerrcode),
			 errmsg("commentary cannot flush, and waits: %s", error->message),
			 error->detail == NULL
				 ? errdetail("Every row would meet this error. Nothing is lost: rows stay in staging.")
				 : errdetail("%s Nothing is lost: rows stay in staging.", error->detail),
			 error->hint == NULL
				 ? errhint("Correct the cause of the error; the flusher then goes on by itself.")
				 : errhint("%s The flusher then goes on by itself.", error->hint),
			 /* The macro has a comma. */
			 error->context == NULL ? 0 : (errcontext("%s", error->context))));
}

void
hold_end(void)
{
	if (likely(told == NULL))
		return;
	pfree(told);
	told = NULL;
	ereport(LOG, (errmsg("commentary flushes again")));
}
