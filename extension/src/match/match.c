/*
 * match.c
 *		Is there such a match, and does it take commentary?
 *
 * Every staged row asks, so the answer comes from a cache of this backend.  A
 * generation number in shared memory, bumped by every commit that changed
 * commentary.match, says when the cache is old.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/hsearch.h"
#include "utils/snapmgr.h"

#include "match/match.h"
#include "shared/change.h"
#include "shared/shared.h"
#include "tables/column_map.h"
#include "tables/relations.h"

/* Beyond so many matches the cache is emptied and begins anew. */
#define MAX_CACHED 4096

typedef struct CachedMatch
{
	int64 match_id; /* key */
	MatchStatus status;
} CachedMatch;

static HTAB *cache = NULL;
static uint64 cache_generation = 0;

static void refresh_cache(DatabaseState *db);
static MatchStatus read_status(int64 match_id);
static MatchStatus scan_status(int64 match_id, Snapshot snapshot);
static MatchStatus status_of(const char *word);

MatchStatus
match_status(int64 match_id)
{
	CachedMatch *cached;
	MatchStatus status;

	/* What this transaction changed is not for the cache: it may roll back. */
	if (change_has_match())
		return read_status(match_id);

	refresh_cache(shared_database());
	cached = hash_search(cache, &match_id, HASH_FIND, NULL);
	if (cached != NULL)
		return cached->status;

	status = read_status(match_id);
	if (status != MATCH_UNKNOWN)
	{
		cached = hash_search(cache, &match_id, HASH_ENTER, NULL);
		cached->status = status;
	}
	return status;
}

/* DDL on the match table may wait for a lock of the flusher's: it must not wait back. */
bool
match_exists(int64 match_id)
{
	return !ConditionalLockRelationOid(relations_get()->match, AccessShareLock) ||
		   read_status(match_id) != MATCH_UNKNOWN;
}

/*
 * The generation is read before the rows are: a change that commits in between
 * makes the cache old, not wrong.
 */
static void
refresh_cache(DatabaseState *db)
{
	uint64 generation = pg_atomic_read_u64(&db->match_generation);
	HASHCTL control = { .keysize = sizeof(int64), .entrysize = sizeof(CachedMatch) };

	if (cache != NULL && generation == cache_generation &&
		hash_get_num_entries(cache) < MAX_CACHED)
		return;
	if (cache != NULL)
		hash_destroy(cache);
	cache = hash_create("commentary matches", 64, &control, HASH_ELEM | HASH_BLOBS);
	cache_generation = generation;
}

/*
 * With the newest snapshot, not the transaction's: the match may just be over.
 * A snapshot does not see what the statement under way has done, as in
 * SELECT post(create_match(...), ...), so for that we look once more.
 */
static MatchStatus
read_status(int64 match_id)
{
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	MatchStatus status = scan_status(match_id, snapshot);

	UnregisterSnapshot(snapshot);
	if (status == MATCH_UNKNOWN && change_has_match())
		status = scan_status(match_id, SnapshotSelf);
	return status;
}

static MatchStatus
scan_status(int64 match_id, Snapshot snapshot)
{
	Relation match = relations_open(relations_get()->match, AccessShareLock);
	const ColumnMap *map = column_map(MAP_MATCH, match);
	const AttrNumber *attnos = map->attnos;
	MatchStatus status = MATCH_UNKNOWN;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&key, attnos[MATCH_ID], BTEqualStrategyNumber, F_INT8EQ,
				Int64GetDatum(match_id));
	scan = systable_beginscan(match, map->indexes[INDEX_KEY], true, snapshot, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		bool isnull;
		Datum word = heap_getattr(tuple, attnos[MATCH_STATUS_WORD], RelationGetDescr(match),
								  &isnull);

		status = isnull ? MATCH_OPEN : status_of(TextDatumGetCString(word));
	}
	systable_endscan(scan);
	table_close(match, AccessShareLock);
	return status;
}

static MatchStatus
status_of(const char *word)
{
	return strcmp(word, "finished") == 0 || strcmp(word, "abandoned") == 0 ? MATCH_CLOSED
																		   : MATCH_OPEN;
}
