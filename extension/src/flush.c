/*
 * flush.c
 *		From staging to the log: the hot path.
 *
 * flush_batch() reads from top to bottom.  A batch is all that one snapshot
 * sees; it is written in chunks, a transaction each, so that no commit gets
 * long.  In a chunk the rows leave staging and enter the log in the same
 * transaction, which makes each of them durable exactly once: a crash empties
 * staging, which is unlogged, and an error rolls both back.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "ack.h"
#include "client_ref.h"
#include "commit.h"
#include "epoch.h"
#include "flush.h"
#include "log.h"
#include "number.h"
#include "publish.h"
#include "relations.h"
#include "settings.h"
#include "staging.h"

/* What one snapshot sees of staging, in the order in which it was staged. */
typedef struct Batch
{
	StagedRef *refs;
	int64 count;
	int64 next; /* the first that is not written yet */
	MemoryContext context;
} Batch;

/* One transaction's share of it. */
typedef struct Chunk
{
	Segments segments;
	LogWriter log;
	Publisher publisher;
	HTAB *client_refs;
	TupleTableSlot *staged;
	TimestampTz flushed_at;
	int64 rows;	   /* that left staging */
	int64 entries; /* that entered the log */
	MemoryContext context;
	MemoryContext row_context; /* reset after each row */
	Oid saved_user;
	int saved_security;
} Chunk;

static void collect_batch(Batch *batch);
static void open_chunk(Chunk *chunk);
static void close_chunk(Chunk *chunk);
static void move_row(Chunk *chunk, const StagedRef *ref);
static bool is_news(Chunk *chunk, const EntryRow *row, bool is_state);
static void write_entry(Chunk *chunk, EntryRow *row, int64 match_id);
static void become_owner(Chunk *chunk);
static void count_chunk(DatabaseState *db, const Chunk *chunk);

void
flush_batch(DatabaseState *db)
{
	/* The ticket first, then the snapshot: see ack.c. */
	uint64 ticket = pg_atomic_read_u64(&db->tickets);
	Batch batch = { 0 };

	do
	{
		Chunk chunk;

		SetCurrentStatementStartTimestamp();
		StartTransactionCommand();
		PushActiveSnapshot(GetTransactionSnapshot());
		if (batch.refs == NULL)
			collect_batch(&batch);

		open_chunk(&chunk);
		while (batch.next < batch.count && chunk.rows < commentary_chunk_rows)
		{
			move_row(&chunk, &batch.refs[batch.next++]);
			chunk.rows++;
		}
		close_chunk(&chunk);

		PopActiveSnapshot();
		commit_durably();
		count_chunk(db, &chunk);
	} while (batch.next < batch.count);

	ack_release(db, ticket);
	number_trim();
	MemoryContextDelete(batch.context);
}

/* The batch outlives the transaction that collects it. */
static void
collect_batch(Batch *batch)
{
	Segments segments;
	MemoryContext old;

	batch->context = AllocSetContextCreate(TopMemoryContext, "commentary batch",
										   ALLOCSET_DEFAULT_SIZES);
	staging_open(&segments);
	old = MemoryContextSwitchTo(batch->context);
	batch->count = staging_collect(&segments, &batch->refs);
	MemoryContextSwitchTo(old);
	staging_close(&segments);
}

static void
open_chunk(Chunk *chunk)
{
	chunk->rows = 0;
	chunk->entries = 0;
	chunk->client_refs = NULL;
	chunk->flushed_at = GetCurrentTransactionStartTimestamp();
	chunk->context = CurrentMemoryContext;
	chunk->row_context = AllocSetContextCreate(CurrentMemoryContext, "commentary row",
											   ALLOCSET_DEFAULT_SIZES);
	staging_open(&chunk->segments);
	chunk->staged = MakeSingleTupleTableSlot(RelationGetDescr(chunk->segments.relations[0]),
											 &TTSOpsBufferHeapTuple);
	log_open(&chunk->log);
	become_owner(chunk);
	publish_open(&chunk->publisher, epoch_current());
}

static void
close_chunk(Chunk *chunk)
{
	ExecDropSingleTupleTableSlot(chunk->staged);
	log_close(&chunk->log);
	publish_close(&chunk->publisher);
	SetUserIdAndSecContext(chunk->saved_user, chunk->saved_security);
	staging_close(&chunk->segments);
}

static void
move_row(Chunk *chunk, const StagedRef *ref)
{
	EntryRow row;
	int64 match_id;
	bool is_state;
	MemoryContext old = MemoryContextSwitchTo(chunk->row_context);

	staging_fetch(&chunk->segments, ref, chunk->staged);
	memcpy(row.values, chunk->staged->tts_values, NUM_STAGED_COLUMNS * sizeof(Datum));
	memcpy(row.isnull, chunk->staged->tts_isnull, NUM_STAGED_COLUMNS * sizeof(bool));
	row.values[COL_FLUSHED_AT] = TimestampTzGetDatum(chunk->flushed_at);
	row.isnull[COL_FLUSHED_AT] = false;
	match_id = DatumGetInt64(row.values[COL_MATCH_ID]);
	is_state = strcmp(TextDatumGetCString(row.values[COL_OP]), OP_MATCH) == 0;

	if (is_news(chunk, &row, is_state))
	{
		write_entry(chunk, &row, match_id);
		if (is_state)
			write_entry(chunk, &row, LOBBY_MATCH_ID);
	}
	ExecClearTuple(chunk->staged);
	staging_delete(&chunk->segments, ref);
	MemoryContextSwitchTo(old);
	MemoryContextReset(chunk->row_context);
}

/* False for what the log has already: this state of the match, this client_ref. */
static bool
is_news(Chunk *chunk, const EntryRow *row, bool is_state)
{
	bool is_new;

	if (is_state)
		return number_note_state(chunk->log.entry, DatumGetInt64(row->values[COL_MATCH_ID]),
								 row->values[COL_METADATA]);

	/* What is seen in this transaction is remembered to its end. */
	MemoryContextSwitchTo(chunk->context);
	is_new = client_ref_is_new(chunk->log.entry, &chunk->client_refs, row);
	MemoryContextSwitchTo(chunk->row_context);
	return is_new;
}

static void
write_entry(Chunk *chunk, EntryRow *row, int64 match_id)
{
	row->values[COL_MATCH_ID] = Int64GetDatum(match_id);
	row->values[COL_SEQ] = Int64GetDatum(number_next(chunk->log.entry, match_id));
	log_append(&chunk->log, row);
	publish_add(&chunk->publisher, row);
	chunk->entries++;
}

/*
 * The flusher is a superuser, and the indexes of the log may hold expressions:
 * run them with the rights of the log's owner, as VACUUM does (vacuum.c).
 */
static void
become_owner(Chunk *chunk)
{
	GetUserIdAndSecContext(&chunk->saved_user, &chunk->saved_security);
	SetUserIdAndSecContext(chunk->log.entry->rd_rel->relowner,
						   chunk->saved_security | SECURITY_RESTRICTED_OPERATION);
}

static void
count_chunk(DatabaseState *db, const Chunk *chunk)
{
	if (chunk->rows == 0)
		return;
	SpinLockAcquire(&db->lock);
	db->stats.flushes++;
	db->stats.entries += chunk->entries;
	db->stats.notifications += chunk->publisher.notifications;
	db->stats.last_rows = chunk->rows;
	db->stats.last_at = chunk->flushed_at;
	SpinLockRelease(&db->lock);
}
