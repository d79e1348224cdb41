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

#include "access/table.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "base/settings.h"
#include "flush/blame.h"
#include "flush/commit.h"
#include "flush/flush.h"
#include "flush/publish.h"
#include "flush/reject.h"
#include "flush/replay.h"
#include "log/client_ref.h"
#include "log/epoch.h"
#include "log/log.h"
#include "log/number.h"
#include "match/state.h"
#include "shared/ack.h"
#include "shared/obstacle.h"
#include "shared/outcome.h"
#include "staging/room.h"
#include "staging/scan.h"
#include "staging/staging.h"
#include "tables/relations.h"

/* Where a chunk is: what an error then means. */
typedef enum ChunkStage
{
	CHUNK_OPENING,	 /* our own set-up is broken */
	CHUNK_MOVING,	 /* a row is to blame */
	CHUNK_COMMITTING /* NOTIFY, or the disk */
} ChunkStage;

/* What one snapshot sees of staging, in the order in which it was staged. */
typedef struct Batch
{
	StagedRef *refs;
	int64 count;
	int64 next;	   /* the first that is not written yet */
	int64 limit;   /* rows of the next chunk, at most */
	bool is_muted; /* NOTIFY has failed: go on without */
	int64 retried; /* the row that was tried again with fresh numbers; -1: none */
	ChunkStage stage;
} Batch;

/* One transaction's share of it. */
typedef struct Chunk
{
	Segments segments;
	LogWriter log;
	Publisher publisher;
	HTAB *client_refs;
	TimestampTz flushed_at;
	int64 rows;	   /* that left staging */
	int64 entries; /* that entered the log */
	int64 duplicates;
	MemoryContext context;
	MemoryContext row_context; /* reset after each row */
} Chunk;

/* Holds the batch's refs; outlives an error, until the next batch. */
static MemoryContext batch_context = NULL;

static void forget_last_batch(void);
static void flush_chunk(DatabaseState *db, Batch *batch);
static void write_chunk(DatabaseState *db, Batch *batch);
static void begin_writing(DatabaseState *db);
static void lock_log(DatabaseState *db);
static void collect_batch(Batch *batch);
static void open_chunk(Chunk *chunk, bool is_muted);
static void close_chunk(Chunk *chunk);
static void move_row(Chunk *chunk, const StagedRef *ref);
static void write_row(Chunk *chunk, EntryRow *row);
static bool is_news(Chunk *chunk, const EntryRow *row, bool is_state);
static void write_entry(Chunk *chunk, EntryRow *row, int64 match_id);
static void recover(DatabaseState *db, Batch *batch, ErrorData *error);
static void blame(DatabaseState *db, Batch *batch, ErrorData *error);
static void blame_row(DatabaseState *db, Batch *batch, const ErrorData *error);
static void count_chunk(DatabaseState *db, const Chunk *chunk);

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

	if (pg_atomic_exchange_u32(&db->wants_replay, 0) != 0)
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

void
flush_row(DatabaseState *db, EntryRow *row)
{
	Chunk chunk;

	begin_writing(db);
	open_chunk(&chunk, !publish_has_room());
	write_row(&chunk, row);
	close_chunk(&chunk);
	PopActiveSnapshot();
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

	batch->stage = CHUNK_OPENING;
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	begin_writing(db);
	if (batch->refs == NULL)
		collect_batch(batch);

	open_chunk(&chunk, batch->is_muted || !publish_has_room());
	end = Min(batch->count, batch->next + batch->limit);
	batch->stage = CHUNK_MOVING;
	for (int64 i = batch->next; i < end; i++)
		move_row(&chunk, &batch->refs[i]);
	close_chunk(&chunk);

	PopActiveSnapshot();
	batch->stage = CHUNK_COMMITTING;
	commit_durably();
	batch->next = end;
	if (end > 0)
		room_made(db, batch->refs[end - 1].stage_no);
	count_chunk(db, &chunk);
}

/*
 * The locks before the snapshot: who changes the log by force holds a stronger one
 * on it, and what he removed must be gone for us.  In the order of ddl_extension.c, and all
 * that the log needs, so that nothing is waited for later.
 */
static void
begin_writing(DatabaseState *db)
{
	static uint64 changes_known = 0;
	uint64 changes;

	for (int i = 0; i < NUM_SEGMENTS; i++)
		obstacle_lock_relation(db, relations_get()->staging[i], RowExclusiveLock);
	lock_log(db);
	PushActiveSnapshot(GetTransactionSnapshot());
	changes = pg_atomic_read_u64(&db->log_changes);
	if (changes != changes_known)
		number_forget();
	changes_known = changes;
	epoch_keep_up(db);
}

/* With its indexes and its TOAST table, which DDL may lock by themselves. */
static void
lock_log(DatabaseState *db)
{
	Relation entry;
	ListCell *cell;

	obstacle_lock_relation(db, relations_get()->entry, RowExclusiveLock);
	entry = relations_open(relations_get()->entry, NoLock);
	foreach (cell, RelationGetIndexList(entry))
	{
		obstacle_lock_relation(db, lfirst_oid(cell), RowExclusiveLock);
	}
	if (OidIsValid(entry->rd_rel->reltoastrelid))
		obstacle_lock_relation(db, entry->rd_rel->reltoastrelid, RowExclusiveLock);
	table_close(entry, NoLock);
}

/* The batch outlives the transaction that collects it. */
static void
collect_batch(Batch *batch)
{
	Segments segments;
	MemoryContext old;

	batch_context = AllocSetContextCreate(TopMemoryContext, "commentary batch",
										  ALLOCSET_DEFAULT_SIZES);
	staging_open(&segments);
	old = MemoryContextSwitchTo(batch_context);
	batch->count = scan_segments(&segments, &batch->refs);
	MemoryContextSwitchTo(old);
	staging_close(&segments);
}

static void
open_chunk(Chunk *chunk, bool is_muted)
{
	chunk->rows = 0;
	chunk->entries = 0;
	chunk->duplicates = 0;
	chunk->client_refs = NULL;
	chunk->flushed_at = GetCurrentTransactionStartTimestamp();
	chunk->context = CurrentMemoryContext;
	chunk->row_context = AllocSetContextCreate(CurrentMemoryContext, "commentary row",
											   ALLOCSET_DEFAULT_SIZES);
	staging_open(&chunk->segments);
	log_open(&chunk->log);
	publish_open(&chunk->publisher, epoch_current(), is_muted);
}

static void
close_chunk(Chunk *chunk)
{
	log_close(&chunk->log);
	publish_close(&chunk->publisher);
	staging_close(&chunk->segments);
}

static void
move_row(Chunk *chunk, const StagedRef *ref)
{
	EntryRow row;
	MemoryContext old = MemoryContextSwitchTo(chunk->row_context);

	staging_fetch(&chunk->segments, ref, &row);
	write_row(chunk, &row);
	staging_clear(&chunk->segments, ref);
	staging_delete(&chunk->segments, ref);
	chunk->rows++;
	MemoryContextSwitchTo(old);
	MemoryContextReset(chunk->row_context);
}

/* One row is one entry, or two: a change of state is an entry of the lobby as well. */
static void
write_row(Chunk *chunk, EntryRow *row)
{
	int64 match_id = DatumGetInt64(row->values[COL_MATCH_ID]);
	bool is_state = strcmp(TextDatumGetCString(row->values[COL_OP]), OP_MATCH) == 0;
	EntryRow again;

	row->values[COL_FLUSHED_AT] = TimestampTzGetDatum(chunk->flushed_at);
	row->isnull[COL_FLUSHED_AT] = false;
	if (!is_news(chunk, row, is_state))
	{
		chunk->duplicates++;
		return;
	}
	again = *row; /* a trigger may change the first, and owns what it changed */
	write_entry(chunk, row, match_id);
	if (is_state)
		write_entry(chunk, &again, LOBBY_MATCH_ID);
}

/* False for what the log has already: this state of the match, this client_ref. */
static bool
is_news(Chunk *chunk, const EntryRow *row, bool is_state)
{
	MemoryContext old;
	bool is_new;

	if (is_state)
	{
		state_require(DatumGetInt64(row->values[COL_MATCH_ID]), row->values[COL_METADATA]);
		return number_note_state(chunk->log.entry, DatumGetInt64(row->values[COL_MATCH_ID]),
								 row->values[COL_METADATA]);
	}

	/* What is seen in this transaction is remembered to its end. */
	old = MemoryContextSwitchTo(chunk->context);
	is_new = client_ref_is_new(chunk->log.entry, &chunk->client_refs, row);
	MemoryContextSwitchTo(old);
	return is_new;
}

static void
write_entry(Chunk *chunk, EntryRow *row, int64 match_id)
{
	row->values[COL_MATCH_ID] = Int64GetDatum(match_id);
	row->values[COL_SEQ] = Int64GetDatum(number_next(chunk->log.entry, match_id));
	row->isnull[COL_SEQ] = false;
	log_append(&chunk->log, row);
	publish_add(&chunk->publisher, row);
	chunk->entries++;
}

/*
 * After a chunk that failed: what to do otherwise.  Rethrows what no other way
 * of ours would mend; the flusher then ends, and starts anew.
 */
static void
recover(DatabaseState *db, Batch *batch, ErrorData *error)
{
	if (batch->stage != CHUNK_COMMITTING)
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
	switch (blame_for(error, batch->stage == CHUNK_OPENING))
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

static void
count_chunk(DatabaseState *db, const Chunk *chunk)
{
	int64 took_us = GetCurrentTimestamp() - chunk->flushed_at;

	if (chunk->rows == 0)
		return;
	SpinLockAcquire(&db->lock);
	db->stats.flushes++;
	db->stats.entries += chunk->entries;
	db->stats.notifications += chunk->publisher.notifications;
	db->stats.unannounced += chunk->publisher.unannounced;
	db->stats.duplicates += chunk->duplicates;
	db->stats.last_rows = chunk->rows;
	db->stats.last_at = chunk->flushed_at;
	db->stats.total_us += took_us;
	db->stats.max_us = Max(db->stats.max_us, took_us);
	SpinLockRelease(&db->lock);
}
