/*
 * rotation.c
 *		The rings of staging segments: writers move on to the next segment, and drained
 *		segments are emptied.
 *
 * One table that is written and drained all the time would grow without limit: vacuum frees
 * only rows that no snapshot can still see, and truncation needs a moment without a lock of a
 * writer, which never comes under load.  With a ring of segments it comes: writers move on to
 * the next segment, their locks on the old one end with their commits, and then the old one is
 * truncated.  Only the flusher reads staging, so old snapshots do not matter.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/heap.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/settings.h"
#include "staging/rotation.h"
#include "staging/scan.h"
#include "tables/relations.h"

/* When this time has passed since writers last moved on, a segment of this size is enough. */
#define EARLY_EVERY_MS 1000
#define EARLY_BLOCKS   16

static TimestampTz moved_on_at[NUM_RINGS];

static bool should_move_on(Ring ring, BlockNumber blocks);
static bool is_active(DatabaseState *db, uint32 number);
static void begin_rotation(void);
static bool lock_segments(const Relations *relations);
static void truncate_drained_segments(DatabaseState *db);
static void truncate_segment(DatabaseState *db, uint32 number);
static bool has_rows(Relation segment);
static void advance_active_segment(DatabaseState *db, Ring ring);
static BlockNumber segment_blocks(Oid segment);

bool
rotation_is_due(DatabaseState *db)
{
	for (uint32 i = 0; i < NUM_SEGMENTS; i++)
	{
		if ((staging_used(db) & SEGMENT_BIT(i)) == 0)
			continue;
		if (is_active(db, i) ? should_move_on(RING_OF(i), scan_blocks(i)) : scan_blocks(i) > 0)
			return true;
	}
	return false;
}

static bool
is_active(DatabaseState *db, uint32 number)
{
	return pg_atomic_read_u32(&db->active_segment[RING_OF(number)]) == number;
}

/*
 * Each flush looks at each page of the segment, which is cheaper with small segments.  Each
 * truncation searches the buffer pool, which is cheaper with few truncations.  So while writing
 * is slow, writers move on from a small segment, but at most once in EARLY_EVERY_MS.
 */
static bool
should_move_on(Ring ring, BlockNumber blocks)
{
	return blocks >= (BlockNumber) commentary_segment_blocks ||
		   (blocks >= EARLY_BLOCKS &&
			TimestampDifferenceExceeds(moved_on_at[ring], GetCurrentTimestamp(), EARLY_EVERY_MS));
}

void
rotation_turn(DatabaseState *db)
{
	const Relations *relations;

	begin_rotation();
	relations = relations_get();
	if (!lock_segments(relations))
	{
		PopActiveSnapshot();
		CommitTransactionCommand();
		return;
	}
	truncate_drained_segments(db);
	for (int ring = 0; ring < NUM_RINGS; ring++)
	{
		Oid active = relations->staging[pg_atomic_read_u32(&db->active_segment[ring])];

		if (OidIsValid(active) && should_move_on(ring, segment_blocks(active)))
			advance_active_segment(db, ring);
	}
	PopActiveSnapshot();
	CommitTransactionCommand();
}

/*
 * The exclusive lock of a truncation is logged for standbys (lock.c), so the commit would wait
 * for an fsync.  A crash that loses this commit loses no data, so do not wait.
 */
static void
begin_rotation(void)
{
	StartTransactionCommand();
	(void) set_config_option("synchronous_commit", "off", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, 0, false);
	PushActiveSnapshot(GetTransactionSnapshot());
}

/* False when a session has locked one of the segments: the next flush tries again. */
static bool
lock_segments(const Relations *relations)
{
	for (uint32 i = 0; i < NUM_SEGMENTS; i++)
	{
		if (OidIsValid(relations->staging[i]) &&
			!ConditionalLockRelationOid(relations->staging[i], AccessShareLock))
			return false;
	}
	return true;
}

static void
truncate_drained_segments(DatabaseState *db)
{
	const Relations *relations = relations_get();

	for (uint32 i = 0; i < NUM_SEGMENTS; i++)
	{
		if ((staging_used(db) & SEGMENT_BIT(i)) != 0 && OidIsValid(relations->staging[i]) &&
			!is_active(db, i))
			truncate_segment(db, i);
	}
}

/*
 * Empties a segment if its lock is free.  While we hold the exclusive lock, no transaction that
 * wrote to the segment is under way, since writers keep their lock to the end.  A fresh
 * snapshot shows the rows that are committed and not flushed yet.
 */
static void
truncate_segment(DatabaseState *db, uint32 number)
{
	Oid segment_id = relations_get()->staging[number];
	Relation segment;

	if (!ConditionalLockRelationOid(segment_id, AccessExclusiveLock))
		return;
	segment = table_open(segment_id, NoLock);
	if (!has_rows(segment))
	{
		if (RelationGetNumberOfBlocks(segment) > 0)
			heap_truncate_one_rel(segment);
		scan_forget(number);
		pg_atomic_fetch_and_u32(&db->segments_used, ~SEGMENT_BIT(number));
	}
	table_close(segment, NoLock);
}

static bool
has_rows(Relation segment)
{
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	TableScanDesc scan = table_beginscan(segment, snapshot, 0, NULL);
	bool found = heap_getnext(scan, ForwardScanDirection) != NULL;

	table_endscan(scan);
	UnregisterSnapshot(snapshot);
	return found;
}

/*
 * Writers move on to an empty segment only, so that it can grow to its full size.  When no
 * segment is empty, they stay where they are, and the next flush tries again.
 */
static void
advance_active_segment(DatabaseState *db, Ring ring)
{
	const Relations *relations = relations_get();
	uint32 active = pg_atomic_read_u32(&db->active_segment[ring]);

	for (uint32 i = 1; i < RING_SEGMENTS; i++)
	{
		uint32 next = FIRST_SEGMENT(ring) + (active + i) % RING_SEGMENTS;

		if (segment_blocks(relations->staging[next]) == 0)
		{
			pg_atomic_write_u32(&db->active_segment[ring], next);
			moved_on_at[ring] = GetCurrentTimestamp();
			return;
		}
	}
}

static BlockNumber
segment_blocks(Oid segment_id)
{
	Relation segment = table_open(segment_id, AccessShareLock);
	BlockNumber blocks = RelationGetNumberOfBlocks(segment);

	table_close(segment, AccessShareLock);
	return blocks;
}
