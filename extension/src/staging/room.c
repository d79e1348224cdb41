/*
 * room.c
 *		Backpressure: limits how many rows may wait in staging.
 *
 * The rows that wait are counted by stage numbers: those given since the last flush began.  So
 * no counter has to be kept, and the next flush forgets rows of a commit that has failed.
 *
 * The rows of each transaction under way have the same limit, on their own.  Its commit waits
 * for room once more, since other sessions may have filled staging meanwhile, and then stages
 * all of its rows.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include "base/compat.h"
#include "base/settings.h"
#include "shared/ack.h"
#include "shared/ticket.h"
#include "staging/room.h"

static void wait_for_room(DatabaseState *db);
static void fail_full(DatabaseState *db, const char *detail);

void
room_wait(DatabaseState *db)
{
	if (pg_atomic_read_u32(&db->flusher_slot) == (uint32) MyProcSlot())
		return; /* the flusher would wait for itself */
	if (likely(room_staged_rows(db) < commentary_max_staged))
		return;
	if (commentary_staging_full == FULL_ERROR)
		fail_full(db, "commentary.staging_full is error, so that the insert does not wait.");
	wait_for_room(db);
}

void
room_made(DatabaseState *db, uint64 stage_no)
{
	if (stage_no <= pg_atomic_read_u64(&db->drained_stage_no))
		return;
	pg_atomic_write_u64(&db->drained_stage_no, stage_no);
	ConditionVariableBroadcast(&db->room);
}

int64
room_staged_rows(DatabaseState *db)
{
	return (int64) (pg_atomic_read_u64(&db->next_stage_no) - 1 -
					pg_atomic_read_u64(&db->drained_stage_no));
}

void
room_check_transaction(void)
{
	if (ack_rows_pending() >= commentary_max_staged)
		ereport(ERROR,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("a transaction may stage at most %d rows", commentary_max_staged),
				 errhint("Commit in smaller pieces, or raise commentary.max_staged.")));
}

/* Asks for a flush: the rows that fill staging may all be of commits that have failed. */
static void
wait_for_room(DatabaseState *db)
{
	TimestampTz end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
												  commentary_staging_timeout_ms);

	SpinLockAcquire(&db->lock);
	db->stats.waits++;
	SpinLockRelease(&db->lock);
	ticket_take(db);
	ConditionVariablePrepareToSleep(&db->room);
	while (room_staged_rows(db) >= commentary_max_staged)
	{
		long left_ms = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), end);

		if (left_ms <= 0)
			fail_full(db, psprintf("The insert has waited %d ms for room.",
								   commentary_staging_timeout_ms));
		(void) ConditionVariableTimedSleep(&db->room, left_ms, WaitEventStagingRoom());
	}
	ConditionVariableCancelSleep();
}

static void
fail_full(DatabaseState *db, const char *detail)
{
	bool is_paused = pg_atomic_read_u32(&db->is_paused) != 0;

	ereport(ERROR,
			(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
			 errmsg("staging is full: " INT64_FORMAT " rows wait to be flushed",
					room_staged_rows(db)),
			 errdetail_internal("%s", detail),
			 is_paused
				 ? errhint("The flusher is paused: SELECT commentary.resume().")
				 : errhint("SELECT * FROM commentary.check() tells what holds the flusher up; the limit is commentary.max_staged.")));
}
