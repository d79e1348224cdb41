/*
 * chunk.c
 *		A chunk: the rows that one transaction moves from staging to the log.
 *
 * chunk_move_row() is what happens to each row.  Batches, and what becomes of a
 * chunk that fails, are in flush.c.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "flush/chunk.h"
#include "log/client_ref.h"
#include "log/epoch.h"
#include "log/number.h"
#include "match/match.h"
#include "match/state.h"
#include "shared/ack.h"
#include "shared/head.h"
#include "shared/obstacle.h"
#include "tables/following.h"
#include "tables/relations.h"

static void require_same_log(void);
static void lock_segments(DatabaseState *db);
static void lock_log(DatabaseState *db);
static void write_row(Chunk *chunk, EntryRow *row);
static bool is_news(Chunk *chunk, EntryRow *row, bool is_state);
static void write_entry(Chunk *chunk, EntryRow *row, int64 match_id);

/*
 * Take the locks before the snapshot: a session that changes the log by force holds a
 * stronger lock on it, and the snapshot must not show what that session has removed.  The
 * order is that of ddl_extension.c, and all that the log needs is locked, so that nothing
 * is waited for later.
 */
void
chunk_begin(DatabaseState *db)
{
	static uint64 changes_known = 0;
	uint64 changes;

	require_same_log();
	lock_segments(db);
	staging_number(db);
	lock_log(db);
	PushActiveSnapshot(GetTransactionSnapshot());
	changes = pg_atomic_read_u64(&db->log_changes);
	if (changes != changes_known)
		number_forget();
	changes_known = changes;
	if (likely(!following_is_on(db)))
		following_look(db); /* a subscription may have begun */
	epoch_keep_up(db);
}

/*
 * The flusher has numbers of one log in memory.  When it is another one, made after a
 * DROP EXTENSION, this process has to end (flusher.c), and looks at it when it tries
 * again.
 */
static void
require_same_log(void)
{
	static Oid log_id = InvalidOid;
	Oid now = relations_get()->entry;

	if (!OidIsValid(log_id))
		log_id = now;
	if (unlikely(log_id != now))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("extension \"commentary\" was dropped and created again")));
}

static void
lock_segments(DatabaseState *db)
{
	const Relations *relations = relations_get();
	uint32 used = staging_used(db);

	for (int i = 0; i < NUM_SEGMENTS; i++)
	{
		if ((used & SEGMENT_BIT(i)) != 0 && OidIsValid(relations->staging[i]))
			obstacle_lock_relation(db, relations->staging[i], RowExclusiveLock);
	}
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

void
chunk_open(DatabaseState *db, Chunk *chunk, bool is_muted)
{
	chunk->rows = 0;
	chunk->entries = 0;
	chunk->duplicates = 0;
	client_ref_begin(&chunk->client_refs);
	chunk->flushed_at = GetCurrentTransactionStartTimestamp();
	chunk->context = CurrentMemoryContext;
	chunk->row_context = AllocSetContextCreate(CurrentMemoryContext, "commentary row",
											   ALLOCSET_DEFAULT_SIZES);
	staging_open(db, &chunk->segments);
	log_open(&chunk->log);
	publish_open(&chunk->publisher, epoch_current(), is_muted);
}

void
chunk_close(Chunk *chunk)
{
	log_close(&chunk->log);
	publish_close(&chunk->publisher);
	staging_close(&chunk->segments);
}

void
chunk_move_row(DatabaseState *db, Chunk *chunk, const StagedRef *ref)
{
	EntryRow row;
	MemoryContext old = MemoryContextSwitchTo(chunk->row_context);

	staging_fetch(&chunk->segments, ref, &row);
	write_row(chunk, &row);
	staging_clear(&chunk->segments, ref);
	staging_delete(&chunk->segments, ref);
	ack_note_moved(db, ref->stage_no);
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
	row->values[COL_EPOCH_NO] = Int64GetDatum(epoch_use_number());
	row->isnull[COL_EPOCH_NO] = DatumGetInt64(row->values[COL_EPOCH_NO]) == 0;
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

/*
 * False for what the log has already: this state of the match, what this client_ref said.
 * And for the state of a match that was purged since, perhaps by the same transaction: it
 * tells of nothing.  (What somebody has written of such a match is set aside.)
 */
static bool
is_news(Chunk *chunk, EntryRow *row, bool is_state)
{
	int64 match_id = DatumGetInt64(row->values[COL_MATCH_ID]);

	if (!is_state)
		return client_ref_settle(&chunk->client_refs, &chunk->log, row);
	if (!match_exists(match_id))
		return false;
	state_require(match_id, row->values[COL_METADATA]);
	return number_note_state(chunk->log.entry, match_id, row->values[COL_METADATA]);
}

static void
write_entry(Chunk *chunk, EntryRow *row, int64 match_id)
{
	int64 seq = number_next(chunk->log.entry, match_id);

	row->values[COL_MATCH_ID] = Int64GetDatum(match_id);
	head_note(RelationGetRelid(chunk->log.entry), match_id, seq);
	row->values[COL_SEQ] = Int64GetDatum(seq);
	row->isnull[COL_SEQ] = false;
	log_append(&chunk->log, row);
	publish_add(&chunk->publisher, row);
	chunk->entries++;
}

void
chunk_write_alone(DatabaseState *db, EntryRow *row)
{
	Chunk chunk;

	chunk_begin(db);
	chunk_open(db, &chunk, !publish_has_room());
	write_row(&chunk, row);
	chunk_close(&chunk);
	PopActiveSnapshot();
}

void
chunk_count(DatabaseState *db, const Chunk *chunk)
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
