/*
 * announce.c
 *		In a follower: entries that were applied → NOTIFY.
 *
 * They are read from the table, as the process that applied them has only marked them
 * (mark.c).  An initial copy makes much of a log visible at once: of a match with many
 * new entries only the newest is announced, and relays read the others when a viewer
 * wants them.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/xact.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "flush/announce.h"
#include "flush/publish.h"
#include "log/body.h"
#include "log/epoch.h"
#include "shared/mark.h"
#include "shared/obstacle.h"
#include "tables/column_map.h"
#include "tables/following.h"
#include "tables/relations.h"

/* So many entries of a match are announced whole. */
#define MAX_ENTRIES 500

typedef struct Announcement
{
	Relation entry;
	Publisher publisher;
	MemoryContext row_context;
} Announcement;

static void announce(DatabaseState *db, const AppliedRange *marks, int count, bool has_lost);
static bool must_be_silent(void);
static void announce_match(Announcement *announcement, const AppliedRange *mark);
static void announce_row(Announcement *announcement, HeapTuple tuple);
static void count_announced(DatabaseState *db, const Publisher *publisher);

void
announce_applied(DatabaseState *db)
{
	static AppliedRange marks[NUM_MARKS];
	bool has_lost;
	int count = mark_take(db, marks, &has_lost);

	PG_TRY();
	{
		announce(db, marks, count, has_lost);
	}
	PG_CATCH();
	{
		mark_lose(db);
		PG_RE_THROW();
	}
	PG_END_TRY();
}

/* Nothing of it needs to be on disk: a relay that missed it finds it at its heartbeat. */
static void
announce(DatabaseState *db, const AppliedRange *marks, int count, bool has_lost)
{
	Announcement announcement;

	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	(void) set_config_option("synchronous_commit", "off", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, 0, false);
	obstacle_lock_relation(db, relations_get()->entry, AccessShareLock);
	epoch_follow(db);
	PushActiveSnapshot(GetTransactionSnapshot());
	announcement.entry = relations_open(relations_get()->entry, NoLock);
	announcement.row_context = AllocSetContextCreate(CurrentMemoryContext, "commentary row",
													 ALLOCSET_DEFAULT_SIZES);
	publish_open(&announcement.publisher, epoch_current(), must_be_silent() || !publish_has_room());
	announcement.publisher.is_of_follower = true;
	for (int i = 0; i < count; i++)
		announce_match(&announcement, &marks[i]);
	publish_close(&announcement.publisher);
	if (has_lost && !must_be_silent())
		publish_epoch(epoch_current());
	table_close(announcement.entry, NoLock);
	PopActiveSnapshot();
	CommitTransactionCommand();
	count_announced(db, &announcement.publisher);
}

/*
 * Entries may be there before their epoch, and would be announced in the one before.  Relays
 * look at the heads when the copy is made.
 */
static bool
must_be_silent(void)
{
	return epoch_current()[0] == '\0' || following_is_copying();
}

static void
announce_match(Announcement *announcement, const AppliedRange *mark)
{
	const ColumnMap *map = column_map(MAP_LOG, announcement->entry);
	Relation index;
	SysScanDesc scan;
	ScanKeyData keys[3];
	HeapTuple tuple;

	if (mark->last_seq - mark->first_seq >= MAX_ENTRIES)
	{
		publish_hint(&announcement->publisher, mark->match_id, mark->last_seq);
		return;
	}
	ScanKeyInit(&keys[0], map->attnos[COL_MATCH_ID], BTEqualStrategyNumber, F_INT8EQ,
				Int64GetDatum(mark->match_id));
	ScanKeyInit(&keys[1], map->attnos[COL_SEQ], BTGreaterEqualStrategyNumber, F_INT8GE,
				Int64GetDatum(mark->first_seq));
	ScanKeyInit(&keys[2], map->attnos[COL_SEQ], BTLessEqualStrategyNumber, F_INT8LE,
				Int64GetDatum(mark->last_seq));
	index = index_open(map->indexes[INDEX_KEY], AccessShareLock);
	scan = systable_beginscan_ordered(announcement->entry, index, GetActiveSnapshot(), 3, keys);
	while (HeapTupleIsValid(tuple = systable_getnext_ordered(scan, ForwardScanDirection)))
		announce_row(announcement, tuple);
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
}

/*
 * Of an entry that is not whole, as a publication may leave out columns, relays hear that
 * it is there.
 */
static void
announce_row(Announcement *announcement, HeapTuple tuple)
{
	TupleDesc desc = RelationGetDescr(announcement->entry);
	MemoryContext old = MemoryContextSwitchTo(announcement->row_context);
	Datum *values = palloc(desc->natts * sizeof(Datum));
	bool *isnull = palloc(desc->natts * sizeof(bool));
	EntryRow row;

	heap_deform_tuple(tuple, desc, values, isnull);
	column_map_read(column_map(MAP_LOG, announcement->entry), values, isnull, &row);
	if (body_is_whole(&row))
		publish_add(&announcement->publisher, &row);
	else
		publish_hint(&announcement->publisher, DatumGetInt64(row.values[COL_MATCH_ID]),
					 DatumGetInt64(row.values[COL_SEQ]));
	MemoryContextSwitchTo(old);
	MemoryContextReset(announcement->row_context);
}

static void
count_announced(DatabaseState *db, const Publisher *publisher)
{
	SpinLockAcquire(&db->lock);
	db->stats.notifications += publisher->notifications;
	db->stats.unannounced += publisher->unannounced;
	SpinLockRelease(&db->lock);
}
