/*
 * translation.c
 *		Translations: matches that share the score of their original.
 *
 * Status, start, clock, score and leaderboard are copied from the original.  Names, title,
 * competition, result and metadata are words, and each match has its own.
 *
 * Original and translations list each other in alternates, which viewers get with the
 * state.  A session that adds or removes a translation locks the original first, so that two
 * such sessions do not overwrite each other's list.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/pg_am.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "base/owner.h"
#include "match/match.h"
#include "match/translation.h"

#define FOLLOW                                                                              \
	"UPDATE commentary.match SET status = $2, starts_at = $3, clock = $4, home_score = $5," \
	" away_score = $6, home_display = $7, away_display = $8, leaderboard = $9"              \
	" WHERE translation_of OPERATOR(pg_catalog.=) $1"

#define LOCK "SELECT FROM commentary.match WHERE match_id OPERATOR(pg_catalog.=) $1 FOR NO KEY UPDATE"

/* A list has at most 50 matches, those with the smallest numbers. */
#define LIST                                                                                 \
	"UPDATE commentary.match AS m SET alternates = g.alternates FROM ("                      \
	"SELECT me.match_id, (SELECT pg_catalog.jsonb_agg(o.alternate) FROM ("                   \
	"SELECT pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object("                     \
	"'id', other.match_id, 'lang', other.lang)) AS alternate FROM commentary.match AS other" \
	" WHERE (other.match_id OPERATOR(pg_catalog.=) $1"                                       \
	" OR other.translation_of OPERATOR(pg_catalog.=) $1)"                                    \
	" AND other.match_id OPERATOR(pg_catalog.<>) me.match_id"                                \
	" ORDER BY other.match_id LIMIT 50) AS o) AS alternates FROM commentary.match AS me"     \
	" WHERE me.match_id OPERATOR(pg_catalog.=) $1"                                           \
	" OR me.translation_of OPERATOR(pg_catalog.=) $1) AS g"                                  \
	" WHERE m.match_id OPERATOR(pg_catalog.=) g.match_id"                                    \
	" AND NOT coalesce(m.alternates OPERATOR(pg_catalog.=) g.alternates,"                    \
	" m.alternates IS NULL AND g.alternates IS NULL)"

static bool is_listing = false;

static int64 original_of(MatchRow row);
static bool has_same_lang(MatchRow row, MatchRow old);
static void list(Relation match, int64 original);
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

void
translation_list(Relation match, MatchRow row, MatchRow old)
{
	bool isnull;
	Datum match_id = match_row_get(row, MATCH_ID, &isnull);
	int64 original = original_of(row);
	int64 before = old.tuple == NULL ? 0 : original_of(old);

	if (row.map->is_older || is_listing || match_is_restoring(old.tuple == NULL))
		return;
	if (before != 0 && before != original)
	{
		translation_list_of(match, before);
		translation_list_of(match, DatumGetInt64(match_id));
	}
	if (original != 0 && (before != original || !has_same_lang(row, old)))
		translation_list_of(match, original);
	else if (original == 0 && old.tuple != NULL && !has_same_lang(row, old) &&
			 has_translations(match, row, match_id))
		translation_list_of(match, DatumGetInt64(match_id));
}

/* 0: the match is no translation. */
static int64
original_of(MatchRow row)
{
	bool isnull;
	Datum original = match_row_get(row, MATCH_TRANSLATION_OF, &isnull);

	return isnull ? 0 : DatumGetInt64(original);
}

static bool
has_same_lang(MatchRow row, MatchRow old)
{
	bool isnull, was_null;
	Datum lang = match_row_get(row, MATCH_LANG, &isnull);
	Datum before = match_row_get(old, MATCH_LANG, &was_null);

	if (isnull || was_null)
		return isnull && was_null;
	return datum_image_eq(lang, before, false, -1);
}

void
translation_list_of(Relation match, int64 original)
{
	is_listing = true;
	PG_TRY();
	{
		list(match, original);
	}
	PG_FINALLY();
	{
		is_listing = false;
	}
	PG_END_TRY();
}

/* The second statement sees what others have committed before it got the lock. */
static void
list(Relation match, int64 original)
{
	Oid types[] = { INT8OID };
	Datum values[] = { Int64GetDatum(original) };

	SPI_connect();
	owner_execute(match, LOCK, lengthof(types), types, values, NULL);
	owner_execute(match, LIST, lengthof(types), types, values, NULL);
	SPI_finish();
}

bool
translation_is_listing(void)
{
	return is_listing;
}

/* Few matches have translations, so a look into the index saves the statement. */
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
