/*
 * match.c
 *		Does a match exist, and does it take commentary?
 *
 * Every staged row asks, so the answer comes from a cache of this backend.  Each commit
 * that changed commentary.match increments a generation number in shared memory, which
 * tells when the cache is out of date.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "common/hashfn.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/snapmgr.h"

#include "base/compat.h"
#include "match/match.h"
#include "match/match_row.h"
#include "match/state.h"
#include "shared/change.h"
#include "shared/shared.h"
#include "tables/column_map.h"
#include "tables/relations.h"

/* When the cache has so many matches, it is emptied. */
#define MAX_CACHED 4096

typedef struct CachedMatch
{
	int64 match_id; /* key */
	MatchFacts facts;
} CachedMatch;

static HTAB *cache = NULL;
static uint64 cache_generation = 0;

static void refresh_cache(DatabaseState *db);
static MatchFacts scan(int64 match_id, Snapshot snapshot);
static MatchFacts facts_of(MatchRow row);
static MatchScore score_of(MatchRow row, MatchColumn number, MatchColumn display);

MatchFacts
match_facts(int64 match_id)
{
	CachedMatch *cached;
	MatchFacts facts;

	/* Changes of this transaction must not get into the cache: they may be rolled back. */
	if (change_has_match())
		return match_read(match_id);

	refresh_cache(shared_database());
	cached = hash_search(cache, &match_id, HASH_FIND, NULL);
	if (cached != NULL)
		return cached->facts;

	facts = match_read(match_id);
	if (facts.status != MATCH_UNKNOWN)
	{
		cached = hash_search(cache, &match_id, HASH_ENTER, NULL);
		cached->facts = facts;
	}
	return facts;
}

/* The flusher must not wait for DDL here: the DDL may wait for a lock of the flusher. */
bool
match_exists(int64 match_id)
{
	return !ConditionalLockRelationOid(relations_get()->match, AccessShareLock) ||
		   match_read(match_id).status != MATCH_UNKNOWN;
}

/*
 * Reads the generation before the rows, so that a change that commits in between leads to
 * another refresh, and never to a stale cache.
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
 * Uses the newest snapshot and not that of the transaction: the match may have ended since.
 * A snapshot does not show what the running statement has done, as in
 * SELECT post(create_match(...), ...), so a second scan looks for that.
 */
MatchFacts
match_read(int64 match_id)
{
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	MatchFacts facts = scan(match_id, snapshot);

	UnregisterSnapshot(snapshot);
	if (facts.status == MATCH_UNKNOWN && change_has_match())
		facts = scan(match_id, SnapshotSelf);
	return facts;
}

static MatchFacts
scan(int64 match_id, Snapshot snapshot)
{
	Relation match = relations_open(relations_get()->match, AccessShareLock);
	const ColumnMap *map = column_map(MAP_MATCH, match);
	MatchFacts facts = { .status = MATCH_UNKNOWN };
	ScanKeyData key;
	SysScanDesc found;
	HeapTuple tuple;

	ScanKeyInit(&key, map->attnos[MATCH_ID], BTEqualStrategyNumber, F_INT8EQ,
				Int64GetDatum(match_id));
	found = systable_beginscan(match, map->indexes[INDEX_KEY], true, snapshot, 1, &key);
	tuple = systable_getnext(found);
	if (HeapTupleIsValid(tuple))
	{
		MatchRow row = { tuple, RelationGetDescr(match), map };

		facts = facts_of(row);
	}
	systable_endscan(found);
	table_close(match, AccessShareLock);
	return facts;
}

static MatchFacts
facts_of(MatchRow row)
{
	MatchFacts facts = { .is_older = row.map->is_older };
	bool isnull;
	Datum value = match_row_get(row, MATCH_STATUS_WORD, &isnull);

	facts.status = !isnull && state_is_end(TextDatumGetCString(value)) ? MATCH_CLOSED : MATCH_OPEN;
	value = match_row_get(row, MATCH_TRANSLATION_OF, &isnull);
	facts.translation_of = isnull ? 0 : DatumGetInt64(value);
	facts.score[SIDE_HOME] = score_of(row, MATCH_HOME_SCORE, MATCH_HOME_DISPLAY);
	facts.score[SIDE_AWAY] = score_of(row, MATCH_AWAY_SCORE, MATCH_AWAY_DISPLAY);
	return facts;
}

static MatchScore
score_of(MatchRow row, MatchColumn number, MatchColumn display)
{
	MatchScore score;
	bool isnull;
	Datum value = match_row_get(row, number, &isnull);

	score.number = isnull ? SCORE_UNKNOWN : DatumGetInt32(value);
	value = match_row_get(row, display, &isnull);
	score.display = isnull ? 0 : match_display_digest(value);
	return score;
}

uint64
match_display_digest(Datum display)
{
	text *packed = DatumGetTextPP(display);

	return hash_bytes_extended((const unsigned char *) VARDATA_ANY(packed),
							   VARSIZE_ANY_EXHDR(packed), 0) |
		   1;
}

/*
 * Every script of pg_dump and every connection of pg_restore begin with SET
 * check_function_bodies = false.  Hardly any other program sets it.
 */
bool
match_is_restoring(bool is_insert)
{
	return is_insert && !check_function_bodies;
}
