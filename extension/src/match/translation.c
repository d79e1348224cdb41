/*
 * translation.c
 *		The translations of a match: matches of their own, with its score.
 *
 * Status, start, clock, score and leaderboard are the original's, and are told once.
 * Names, title, competition, result and metadata are words, and each match has its own.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/pg_am.h"
#include "executor/spi.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "base/owner.h"
#include "match/translation.h"

#define FOLLOW                                                                              \
	"UPDATE commentary.match SET status = $2, starts_at = $3, clock = $4, home_score = $5," \
	" away_score = $6, home_display = $7, away_display = $8, leaderboard = $9"              \
	" WHERE translation_of = $1"

static bool has_translations(Relation match, MatchRow row, Datum match_id);
static bool is_of_column(Relation index, AttrNumber attno);
static bool has_row(Relation match, Oid index, AttrNumber attno, Datum match_id);

void
translation_follow(Relation match, MatchRow row)
{
	static const MatchColumn columns[] = {
		MATCH_ID, MATCH_STATUS_WORD, MATCH_STARTS_AT, MATCH_CLOCK, MATCH_HOME_SCORE,
		MATCH_AWAY_SCORE, MATCH_HOME_DISPLAY, MATCH_AWAY_DISPLAY, MATCH_LEADERBOARD
	};
	Oid types[lengthof(columns)];
	Datum values[lengthof(columns)];
	char nulls[lengthof(columns)];

	for (int i = 0; i < lengthof(columns); i++)
	{
		bool isnull;

		types[i] = match_columns[columns[i]].type;
		values[i] = match_row_get(row, columns[i], &isnull);
		nulls[i] = isnull ? 'n' : ' ';
	}
	if (row.map->is_older || !has_translations(match, row, values[0]))
		return;
	SPI_connect();
	owner_execute(match, FOLLOW, lengthof(columns), types, values, nulls);
	SPI_finish();
}

/* Few matches have translations, so look into the index before a statement is run. */
static bool
has_translations(Relation match, MatchRow row, Datum match_id)
{
	AttrNumber attno = row.map->attnos[MATCH_TRANSLATION_OF];
	Oid index_id = get_relname_relid("match_translation_of", RelationGetNamespace(match));
	Relation index;
	bool is_usable;

	if (!OidIsValid(index_id) || get_rel_relkind(index_id) != RELKIND_INDEX)
		return true; /* somebody has dropped it: the statement finds out */
	index = index_open(index_id, AccessShareLock);
	is_usable = index->rd_index->indrelid == RelationGetRelid(match) && is_of_column(index, attno);
	index_close(index, NoLock);
	return !is_usable || has_row(match, index_id, attno, match_id);
}

static bool
is_of_column(Relation index, AttrNumber attno)
{
	return index->rd_index->indisvalid && index->rd_rel->relam == BTREE_AM_OID &&
		   index->rd_index->indkey.values[0] == attno;
}

static bool
has_row(Relation match, Oid index, AttrNumber attno, Datum match_id)
{
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	ScanKeyData key;
	SysScanDesc scan;
	bool is_found;

	ScanKeyInit(&key, attno, BTEqualStrategyNumber, F_INT8EQ, match_id);
	scan = systable_beginscan(match, index, true, snapshot, 1, &key);
	is_found = HeapTupleIsValid(systable_getnext(scan));
	systable_endscan(scan);
	UnregisterSnapshot(snapshot);
	return is_found;
}
