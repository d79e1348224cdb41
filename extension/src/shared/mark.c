/*
 * mark.c
 *		Marks: which entries a subscription has applied.
 *
 * The process that applies them only notes the match and the range of seqs, and wakes the
 * flusher after its commit; the flusher announces the entries, from the table.  To NOTIFY
 * there would be an ERROR when a prepared transaction is applied, and apply would stop; and
 * the initial copy of a long log would fill the notification queue.
 *
 * There is room for NUM_MARKS matches.  When there are more, the flusher has relays look
 * at all heads.
 */
#include "postgres.h"

#include "access/xact.h"

#include "shared/mark.h"

static AppliedRange noted[NUM_MARKS]; /* by this transaction */
static int noted_at[NUM_MARKS];		  /* the places of these, in no order */
static int num_noted = 0;
static TimestampTz newest_flushed_at = 0;
static bool has_lost = false;

/* An entry may be in a transaction that was prepared here: any later commit may show it. */
static bool has_prepared = false;

static void on_xact_event(XactEvent event, void *arg);
static void publish(DatabaseState *db);
static void merge(AppliedRange *into, const AppliedRange *mark);
static int place_of(int64 match_id);

void
mark_install_callbacks(void)
{
	RegisterXactCallback(on_xact_event, NULL);
}

void
mark_note(int64 match_id, int64 seq, TimestampTz flushed_at)
{
	AppliedRange mark = { .match_id = match_id, .first_seq = seq, .last_seq = seq };
	AppliedRange *place = &noted[place_of(match_id)];

	newest_flushed_at = Max(newest_flushed_at, flushed_at);
	if (place->last_seq == 0)
		noted_at[num_noted++] = place_of(match_id);
	if (place->last_seq == 0 || place->match_id == match_id)
		merge(place, &mark);
	else
		has_lost = true;
}

void
mark_note_epoch(void)
{
	has_lost = true;
}

bool
mark_is_due(DatabaseState *db)
{
	return pg_atomic_read_u32(&db->has_marks) != 0;
}

int
mark_take(DatabaseState *db, AppliedRange *taken, bool *lost)
{
	int count = 0;

	LWLockAcquire(CommentaryShared->lock, LW_EXCLUSIVE);
	pg_atomic_write_u32(&db->has_marks, 0);
	*lost = pg_atomic_exchange_u32(&db->has_lost_marks, 0) != 0;
	for (int i = 0; i < NUM_MARKS; i++)
	{
		if (db->marks[i].last_seq == 0)
			continue;
		taken[count++] = db->marks[i];
		db->marks[i].last_seq = 0;
	}
	LWLockRelease(CommentaryShared->lock);
	return count;
}

void
mark_lose(DatabaseState *db)
{
	pg_atomic_write_u32(&db->has_lost_marks, 1);
	pg_atomic_write_u32(&db->has_marks, 1);
}

/* The entries can be seen already: COMMIT comes after ProcArrayEndTransaction (xact.c). */
static void
on_xact_event(XactEvent event, void *arg)
{
	DatabaseState *db;

	if (num_noted == 0 && !has_lost && !has_prepared)
		return;
	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT && event != XACT_EVENT_PREPARE)
		return;
	has_prepared |= event == XACT_EVENT_PREPARE;
	db = shared_database_if_known();
	if (event == XACT_EVENT_COMMIT && db != NULL)
		publish(db);
	for (int i = 0; i < num_noted; i++)
		noted[noted_at[i]].last_seq = 0;
	num_noted = 0;
	newest_flushed_at = 0;
	has_lost = false;
}

static void
publish(DatabaseState *db)
{
	LWLockAcquire(CommentaryShared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < num_noted; i++)
	{
		const AppliedRange *mark = &noted[noted_at[i]];
		AppliedRange *place = &db->marks[noted_at[i]];

		if (place->last_seq == 0 || place->match_id == mark->match_id)
			merge(place, mark);
		else
			has_lost = true;
	}
	if (has_lost || has_prepared)
		pg_atomic_write_u32(&db->has_lost_marks, 1);
	pg_atomic_write_u32(&db->has_marks, 1);
	LWLockRelease(CommentaryShared->lock);
	if (newest_flushed_at != 0)
	{
		pg_atomic_write_u64(&db->applied_flushed_at, (uint64) newest_flushed_at);
		pg_atomic_write_u64(&db->applied_at, (uint64) GetCurrentTimestamp());
	}
	shared_wake_flusher(db);
}

static void
merge(AppliedRange *into, const AppliedRange *mark)
{
	if (into->last_seq == 0)
		*into = *mark;
	into->first_seq = Min(into->first_seq, mark->first_seq);
	into->last_seq = Max(into->last_seq, mark->last_seq);
}

static int
place_of(int64 match_id)
{
	return (int) ((uint64) match_id % NUM_MARKS);
}
