/*
 * retry.c
 *		The wait before the flusher tries again what has failed.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/interrupt.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include "base/compat.h"
#include "shared/obstacle.h"
#include "staging/room.h"
#include "worker/retry.h"

/* When asked to end, the flusher tries for this long; staged rows then wait for the next one. */
#define GIVE_UP_MS 5000

static void report_obstacle(DatabaseState *db);

bool
retry_wait(DatabaseState *db, int retry_ms)
{
	static TimestampTz asked_at = 0;
	TimestampTz until = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), retry_ms);
	long left_ms;

	shared_set_state(db, FLUSHER_BLOCKED);
	report_obstacle(db);
	while ((left_ms = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), until)) > 0)
	{
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, left_ms,
						 WaitEventFlusherLock());
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
	if (!ShutdownRequestPending || db->holds > 0)
		return true;
	if (asked_at == 0)
		asked_at = GetCurrentTimestamp();
	if (!TimestampDifferenceExceeds(asked_at, GetCurrentTimestamp(), GIVE_UP_MS))
		return true;
	ereport(LOG,
			(errmsg("commentary flusher ends, and leaves " INT64_FORMAT " staged rows to the next one",
					room_staged_rows(db)),
			 errdetail("It waited for %s.", obstacle_read(db).text)));
	return false;
}

/* Reports to pg_stat_activity. */
static void
report_obstacle(DatabaseState *db)
{
	Obstacle obstacle = obstacle_read(db);
	char activity[OBSTACLE_BYTES + 64];

	if (obstacle.num_blockers > 0)
		snprintf(activity, sizeof(activity), "waiting for %s, which pid %d is in the way of",
				 obstacle.text, obstacle.blockers[0]);
	else
		snprintf(activity, sizeof(activity), "waiting for %s", obstacle.text);
	pgstat_report_activity(STATE_RUNNING, activity);
}
