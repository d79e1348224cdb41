/*
 * flush.c
 *		From staging to the log: the hot path.
 *
 * flush_batch() reads from top to bottom.  A batch is all that one snapshot
 * sees; it is written in chunks, a transaction each, so that no commit gets
 * long.  In a chunk the rows leave staging and enter the log in the same
 * transaction, which makes each of them durable exactly once: a crash empties
 * staging, which is unlogged, and an error rolls both back.
 *
 * When a chunk fails, its first half is tried, and so on, until the row that is
 * to blame stands alone: that one is set aside (reject.c), and the rest goes on.
 */
#include "postgres.h"

#include "access/xact.h"
#include "pgstat.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "base/settings.h"
#include "flush/blame.h"
#include "flush/chunk.h"
#include "flush/commit.h"
#include "flush/flush.h"
#include "flush/reject.h"
#include "flush/replay.h"
#include "log/number.h"
#include "shared/ack.h"
#include "shared/obstacle.h"
#include "shared/outcome.h"
#include "staging/room.h"
#include "staging/scan.h"
#include "staging/staging.h"
#include "tables/following.h"

/* How far a batch is with its chunk: what an error then means. */
typedef enum BatchStage
{
	BATCH_OPENING,	 /* our own set-up is broken */
	BATCH_MOVING,	 /* a row is to blame */
	BATCH_COMMITTING /* NOTIFY, or the disk */
} BatchStage;

/* What one snapshot sees of staging, in the order in which it was staged. */
typedef struct Batch
{
	StagedRef *refs;
	int64 count;
	int64 next;	   /* the first that is not written yet */
	int64 limit;   /* rows of the next chunk, at most */
	bool is_muted; /* NOTIFY has failed: go on without */
	int64 retried; /* the row that was tried again with fresh numbers; -1: none */
	BatchStage stage;
} Batch;

/* Holds the batch's refs; outlives an error, until the next batch. */
static MemoryContext batch_context = NULL;

static void forget_last_batch(void);
static void flush_chunk(DatabaseState *db, Batch *batch);
static void write_chunk(DatabaseState *db, Batch *batch);
static void collect_batch(DatabaseState *db, Batch *batch);
static void recover(DatabaseState *db, Batch *batch, ErrorData *error);
static void blame(DatabaseState *db, Batch *batch, ErrorData *error);
static void blame_row(DatabaseState *db, Batch *batch, const ErrorData *error);

void
flush_batch(DatabaseState *db)
{
	/* The ticket first, then the rows that it stands for, then the snapshot: see ack.c. */
	TimestampTz read_at = GetCurrentTimestamp();
	uint64 ticket = pg_atomic_read_u64(&db->tickets);
	uint64 committed, staged;
	Batch batch = { .limit = commentary_chunk_rows, .retried = -1 };

	pg_read_barrier();
	committed = pg_atomic_read_u64(&db->rows_committed);
	staged = pg_atomic_read_u64(&db->next_stage_no) - 1;
	forget_last_batch();

	if (!following_is_on(db) && pg_atomic_exchange_u32(&db->wants_replay, 0) != 0)
		replay_rejected(db);
	do
		flush_chunk(db, &batch);
	while (batch.next < batch.count);

	outcome_settle(db, ticket, committed);
	ack_release(db, ticket, read_at);
	obstacle_clear(db);
	room_made(db, staged);
	number_trim();
	forget_last_batch();
}

static void
forget_last_batch(void)
{
	if (batch_context != NULL)
		MemoryContextDelete(batch_context);
	batch_context = NULL;
}

/* Writes the next chunk, or finds out why that cannot be. */
static void
flush_chunk(DatabaseState *db, Batch *batch)
{
	PG_TRY();
	{
		write_chunk(db, batch);
		batch->limit = Min(batch->limit * 2, commentary_chunk_rows);
	}
	PG_CATCH();
	{
		ErrorData *error = commit_fail();

		recover(db, batch, error);
		FreeErrorData(error);
	}
	PG_END_TRY();
}

static void
write_chunk(DatabaseState *db, Batch *batch)
{
	Chunk chunk;
	int64 end;

	batch->stage = BATCH_OPENING;
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	chunk_begin(db);
	if (batch->refs == NULL)
		collect_batch(db, batch);
	if (unlikely(following_is_on(db)) && batch->count > 0)
		following_hold();

	chunk_open(db, &chunk, batch->is_muted || !publish_has_room());
	end = Min(batch->count, batch->next + batch->limit);
	batch->stage = BATCH_MOVING;
	for (int64 i = batch->next; i < end; i++)
		chunk_move_row(db, &chunk, &batch->refs[i]);
	chunk_close(&chunk);

	PopActiveSnapshot();
	batch->stage = BATCH_COMMITTING;
	commit_durably();
	batch->next = end;
	if (end > 0)
		room_made(db, batch->refs[end - 1].stage_no);
	chunk_count(db, &chunk);
}

/* The batch outlives the transaction that collects it. */
static void
collect_batch(DatabaseState *db, Batch *batch)
{
	Segments segments;
	MemoryContext old;

	batch_context = AllocSetContextCreate(TopMemoryContext, "commentary batch",
										  ALLOCSET_DEFAULT_SIZES);
	staging_open(db, &segments);
	old = MemoryContextSwitchTo(batch_context);
	batch->count = scan_segments(&segments, &batch->refs);
	MemoryContextSwitchTo(old);
	staging_close(&segments);
}

/*
 * Decides what to do otherwise after a chunk that failed.  Rethrows an error that no
 * other way would avoid; the flusher then ends, and starts anew.
 */
static void
recover(DatabaseState *db, Batch *batch, ErrorData *error)
{
	if (batch->stage != BATCH_COMMITTING)
		blame(db, batch, error);
	else if (!batch->is_muted && error->sqlerrcode == ERRCODE_PROGRAM_LIMIT_EXCEEDED)
	{
		batch->is_muted = true; /* PreCommit_Notify (async.c): the queue is full */
		ereport(WARNING,
				(errmsg("commentary goes on without NOTIFY for now: %s", error->message),
				 errdetail("Nothing is lost: relays find new entries in the table.")));
	}
	else
		ReThrowError(error);
}

static void
blame(DatabaseState *db, Batch *batch, ErrorData *error)
{
	switch (blame_for(error, batch->stage == BATCH_OPENING))
	{
		case BLAME_ROW:
			blame_row(db, batch, error);
			break;
		case BLAME_STRUCTURE:
		case BLAME_SERVER:
			ReThrowError(error);
			break;
	}
}

static void
blame_row(DatabaseState *db, Batch *batch, const ErrorData *error)
{
	int64 tried = Min(batch->limit, batch->count - batch->next);

	if (tried > 1)
		batch->limit = tried / 2;
	else if (error->sqlerrcode == ERRCODE_UNIQUE_VIOLATION && batch->retried != batch->next)
		batch->retried = batch->next; /* the number was old: they are read again (commit_fail) */
	else
		reject_row(db, &batch->refs[batch->next++], error);
}
