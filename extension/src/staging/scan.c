/*
 * scan.c
 *		Finds the rows that wait in the staging segments.
 *
 * A segment that is written and drained is full of dead rows, and checking the visibility
 * of each took a third of the flusher's time.  So for each page the flusher remembers how
 * many line pointers, from the first on, have rows that are gone for good, and looks only
 * at the line pointers after them.
 *
 * This is correct as long as no line pointer is used again.  Only VACUUM makes line pointers
 * reusable (pruning on access leaves them dead, see pruneheap.c).  So the flusher holds the
 * lock that keeps VACUUM out, and forgets what it knows when it takes that lock again.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "storage/bufmgr.h"
#include "storage/lock.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "staging/scan.h"
#include "tables/column_map.h"

#define FIRST_REFS	256
#define FIRST_PAGES 256

/* What is known of the pages of one segment. */
typedef struct SegmentMap
{
	BlockNumber blocks;	  /* of the segment, when it was last scanned */
	BlockNumber capacity; /* of gone[] */
	OffsetNumber *gone;	  /* for each page: line pointers 1 .. gone are skipped */
	bool is_locked;
	LOCKTAG lock;
} SegmentMap;

typedef struct RefList
{
	StagedRef *refs;
	int64 count;
	int64 capacity;
} RefList;

static SegmentMap maps[NUM_SEGMENTS];

static void lock_segment(SegmentMap *map, Relation segment);
static void reserve_pages(SegmentMap *map, BlockNumber blocks);
static void scan_page(Relation segment, uint16 number, AttrNumber stage_no, BlockNumber block,
					  OffsetNumber *gone, RefList *list);
static bool is_gone_for_good(HeapTupleHeader tuple);
static void add_ref(RefList *list, HeapTuple tuple, Datum stage_no, uint16 segment);
static int compare_refs(const void *a, const void *b);

int64
scan_segments(Segments *segments, StagedRef **refs)
{
	RefList list = { palloc(FIRST_REFS * sizeof(StagedRef)), 0, FIRST_REFS };

	for (int i = 0; i < NUM_SEGMENTS; i++)
	{
		SegmentMap *map = &maps[i];
		Relation segment = segments->relations[i];
		AttrNumber stage_no;

		if (segment == NULL)
			continue;
		stage_no = column_map(MAP_STAGING + i, segment)->attnos[COL_STAGE_NO];
		lock_segment(map, segment);
		reserve_pages(map, RelationGetNumberOfBlocks(segment));
		for (BlockNumber block = 0; block < map->blocks; block++)
		{
			OffsetNumber nothing_known = 0;

			scan_page(segment, (uint16) i, stage_no, block,
					  map->is_locked ? &map->gone[block] : &nothing_known, &list);
		}
	}
	qsort(list.refs, list.count, sizeof(StagedRef), compare_refs);
	*refs = list.refs;
	return list.count;
}

BlockNumber
scan_blocks(uint32 segment)
{
	return maps[segment].blocks;
}

void
scan_forget(uint32 segment)
{
	SegmentMap *map = &maps[segment];

	map->blocks = 0;
	if (map->gone != NULL)
		memset(map->gone, 0, map->capacity * sizeof(OffsetNumber));
}

bool
scan_holds_locks(void)
{
	for (uint32 i = 0; i < NUM_SEGMENTS; i++)
	{
		if (maps[i].is_locked)
			return true;
	}
	return false;
}

void
scan_release_locks(void)
{
	for (uint32 i = 0; i < NUM_SEGMENTS; i++)
	{
		if (!maps[i].is_locked)
			continue;
		LockRelease(&maps[i].lock, ShareUpdateExclusiveLock, true);
		maps[i].is_locked = false;
	}
}

void
scan_lost_locks(void)
{
	for (uint32 i = 0; i < NUM_SEGMENTS; i++)
		maps[i].is_locked = false;
}

/*
 * Takes a session lock that keeps VACUUM out of the segment, unless another session is in the
 * way.  What was known of the pages is forgotten.
 */
static void
lock_segment(SegmentMap *map, Relation segment)
{
	if (map->is_locked)
		return;
	SET_LOCKTAG_RELATION(map->lock, segment->rd_lockInfo.lockRelId.dbId,
						 segment->rd_lockInfo.lockRelId.relId);
	map->is_locked = LockAcquire(&map->lock, ShareUpdateExclusiveLock, true, true) !=
					 LOCKACQUIRE_NOT_AVAIL;
	if (map->gone != NULL)
		memset(map->gone, 0, map->capacity * sizeof(OffsetNumber));
}

static void
reserve_pages(SegmentMap *map, BlockNumber blocks)
{
	map->blocks = blocks;
	if (blocks <= map->capacity)
		return;
	if (map->gone == NULL)
		map->gone = MemoryContextAllocZero(TopMemoryContext, FIRST_PAGES * sizeof(OffsetNumber));
	map->capacity = Max(map->capacity, FIRST_PAGES);
	if (blocks > map->capacity)
	{
		BlockNumber capacity = Max(blocks, map->capacity * 2);

		map->gone = repalloc_huge(map->gone, capacity * sizeof(OffsetNumber));
		memset(map->gone + map->capacity, 0,
			   (capacity - map->capacity) * sizeof(OffsetNumber));
		map->capacity = capacity;
	}
}

static void
scan_page(Relation segment, uint16 number, AttrNumber stage_no, BlockNumber block,
		  OffsetNumber *gone, RefList *list)
{
	Buffer buffer = ReadBuffer(segment, block);
	bool is_prefix = true; /* all rows so far are gone for good */
	OffsetNumber last;
	Page page;

	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	page = BufferGetPage(buffer);
	last = PageIsNew(page) ? 0 : PageGetMaxOffsetNumber(page);
	for (OffsetNumber offset = *gone + 1; offset <= last; offset++)
	{
		ItemId item = PageGetItemId(page, offset);
		HeapTupleData tuple;

		if (ItemIdIsNormal(item))
		{
			tuple.t_data = (HeapTupleHeader) PageGetItem(page, item);
			tuple.t_len = ItemIdGetLength(item);
			tuple.t_tableOid = RelationGetRelid(segment);
			ItemPointerSet(&tuple.t_self, block, offset);
			if (HeapTupleSatisfiesVisibility(&tuple, GetActiveSnapshot(), buffer))
			{
				bool isnull;

				add_ref(list, &tuple,
						heap_getattr(&tuple, stage_no, RelationGetDescr(segment), &isnull), number);
				is_prefix = false;
			}
			else if (!is_gone_for_good(tuple.t_data))
				is_prefix = false;
		}
		else if (!ItemIdIsDead(item))
			is_prefix = false; /* unused: a new row may be put here */
		if (is_prefix)
			*gone = offset;
	}
	UnlockReleaseBuffer(buffer);
}

/*
 * True for a row that was rolled back, or deleted by a committed flush.  The visibility check
 * just before has set the hint bits; rows of writers under way have none.
 */
static bool
is_gone_for_good(HeapTupleHeader tuple)
{
	return HeapTupleHeaderXminInvalid(tuple) ||
		   (HeapTupleHeaderXminCommitted(tuple) &&
			(tuple->t_infomask & HEAP_XMAX_COMMITTED) != 0 &&
			!HEAP_XMAX_IS_LOCKED_ONLY(tuple->t_infomask));
}

static void
add_ref(RefList *list, HeapTuple tuple, Datum stage_no, uint16 segment)
{
	StagedRef *ref;

	if (list->count == list->capacity)
	{
		list->capacity *= 2;
		list->refs = repalloc_huge(list->refs, list->capacity * sizeof(StagedRef));
	}
	ref = &list->refs[list->count++];
	ref->stage_no = DatumGetInt64(stage_no);
	ref->tid = tuple->t_self;
	ref->segment = segment;
}

static int
compare_refs(const void *a, const void *b)
{
	int64 left = ((const StagedRef *) a)->stage_no;
	int64 right = ((const StagedRef *) b)->stage_no;

	return (left > right) - (left < right);
}
