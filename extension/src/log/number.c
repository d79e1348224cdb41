/*
 * number.c
 *		The seq of an entry, and the newest state of a match.
 *
 * The flusher is the only writer of the log.  So it can count in memory, and
 * asks the table once for each match.
 */
#include "postgres.h"

#include "access/genam.h"
#include "catalog/index.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/hsearch.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "log/number.h"
#include "match/match.h"
#include "tables/column_map.h"

/* Beyond so many matches the memory is emptied, between two batches. */
#define MAX_KNOWN 16384

/* What JavaScript counts exactly.  Only a log that was changed by hand gets there. */
#define MAX_SEQ ((INT64CONST(1) << 53) - 1)

typedef struct KnownMatch
{
	int64 match_id; /* key */
	int64 last_seq;
	Jsonb *state; /* NULL: not read yet, or none */
	bool is_state_read;
} KnownMatch;

static HTAB *known = NULL;
static MemoryContext known_context = NULL;

static KnownMatch *find_known(Relation entry, int64 match_id);
static Datum read_last(Relation entry, MapIndex index_number, int64 match_id, EntryColumn column);
static void read_state(Relation entry, KnownMatch *match);
static void check_not_purged(int64 match_id);
static void set_state(KnownMatch *match, Datum state);

int64
number_next(Relation entry, int64 match_id)
{
	KnownMatch *match = find_known(entry, match_id);

	if (unlikely(match->last_seq >= MAX_SEQ))
		ereport(ERROR,
				(errcode(ERRCODE_SEQUENCE_GENERATOR_LIMIT_EXCEEDED),
				 errmsg("match " INT64_FORMAT " has no seq left after " INT64_FORMAT, match_id,
						match->last_seq),
				 errdetail("Viewers count to " INT64_FORMAT "; somebody has put an entry into commentary.entry.",
						   MAX_SEQ),
				 errhint("Remove that entry, with commentary.allow_log_changes on, then SELECT commentary.replay_rejected(rejected_id).")));
	return ++match->last_seq;
}

int64
number_newest(Relation entry, int64 match_id)
{
	return DatumGetInt64(read_last(entry, INDEX_KEY, match_id, COL_SEQ));
}

bool
number_note_state(Relation entry, int64 match_id, Datum state)
{
	KnownMatch *match = find_known(entry, match_id);
	Jsonb *next = DatumGetJsonbP(state);

	if (!match->is_state_read)
		read_state(entry, match);
	if (match->state != NULL &&
		compareJsonbContainers(&match->state->root, &next->root) == 0)
		return false;
	set_state(match, state);
	return true;
}

Jsonb *
number_stored_state(Relation entry, int64 match_id)
{
	Datum state = read_last(entry, INDEX_STATE, match_id, COL_METADATA);

	return state == (Datum) 0 ? NULL : DatumGetJsonbP(state);
}

void
number_forget(void)
{
	if (known == NULL)
		return;
	known = NULL;
	MemoryContextReset(known_context);
}

void
number_trim(void)
{
	if (known != NULL && hash_get_num_entries(known) > MAX_KNOWN)
		number_forget();
}

static KnownMatch *
find_known(Relation entry, int64 match_id)
{
	KnownMatch *match;
	bool is_known;

	if (known == NULL)
	{
		HASHCTL control = { .keysize = sizeof(int64), .entrysize = sizeof(KnownMatch) };

		if (known_context == NULL)
			known_context = AllocSetContextCreate(TopMemoryContext, "commentary numbers",
												  ALLOCSET_DEFAULT_SIZES);
		control.hcxt = known_context;
		known = hash_create("commentary numbers", 256, &control,
							HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	match = hash_search(known, &match_id, HASH_ENTER, &is_known);
	if (!is_known)
	{
		match->state = NULL;
		match->is_state_read = false;
		match->last_seq = number_newest(entry, match_id);
		if (match_id != LOBBY_MATCH_ID)
			check_not_purged(match_id);
	}
	return match;
}

/* A log without its match must not grow: purge() is removing what is left of it. */
static void
check_not_purged(int64 match_id)
{
	if (!match_exists(match_id))
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("there is no match " INT64_FORMAT " any more", match_id),
				 errdetail("It was removed while this row waited to be flushed.")));
}

/* A column of the last row of a match in an index over (match_id, seq); 0: there is none. */
static Datum
read_last(Relation entry, MapIndex index_number, int64 match_id, EntryColumn column)
{
	const ColumnMap *map = column_map(MAP_LOG, entry);
	Relation index = index_open(map->indexes[index_number], AccessShareLock);
	Datum value = (Datum) 0;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	bool isnull = true;

	ScanKeyInit(&key, map->attnos[COL_MATCH_ID], BTEqualStrategyNumber, F_INT8EQ,
				Int64GetDatum(match_id));
	scan = systable_beginscan_ordered(entry, index, GetActiveSnapshot(), 1, &key);
	tuple = systable_getnext_ordered(scan, BackwardScanDirection);
	if (HeapTupleIsValid(tuple))
		value = heap_getattr(tuple, map->attnos[column], RelationGetDescr(entry), &isnull);
	if (!isnull && column == COL_METADATA)
		value = JsonbPGetDatum(DatumGetJsonbPCopy(value)); /* beyond the scan */
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	return isnull ? (Datum) 0 : value;
}

static void
read_state(Relation entry, KnownMatch *match)
{
	Jsonb *state = number_stored_state(entry, match->match_id);

	if (state != NULL)
		set_state(match, JsonbPGetDatum(state));
	match->is_state_read = true;
}

static void
set_state(KnownMatch *match, Datum state)
{
	MemoryContext old = MemoryContextSwitchTo(known_context);
	Jsonb *copy = DatumGetJsonbPCopy(state);

	MemoryContextSwitchTo(old);
	if (match->state != NULL)
		pfree(match->state);
	match->state = copy;
	match->is_state_read = true;
}
