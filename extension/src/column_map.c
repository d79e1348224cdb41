/*
 * column_map.c
 *		Where our columns are in a relation.
 *
 * The relations belong to the DBA, who may add, drop, rename and retype columns
 * at any time.  So nothing here counts on a position: a map is made from the
 * names, and kept until the relcache says that this relation has changed.  Each
 * map has its own validity; what happens to other relations rebuilds nothing.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"

#include "column_map.h"

/* A column that a relation must have. */
typedef struct WantedColumn
{
	const char *name; /* NULL: none */
	Oid type;
} WantedColumn;

static const WantedColumn match_columns[NUM_MATCH_COLUMNS] = {
	[MATCH_ID] = { "match_id", INT8OID },
	[MATCH_SPORT] = { "sport", TEXTOID },
	[MATCH_HOME] = { "home", TEXTOID },
	[MATCH_AWAY] = { "away", TEXTOID },
	[MATCH_STATUS_WORD] = { "status", TEXTOID },
	[MATCH_STARTS_AT] = { "starts_at", TIMESTAMPTZOID },
	[MATCH_HOME_SCORE] = { "home_score", INT4OID },
	[MATCH_AWAY_SCORE] = { "away_score", INT4OID },
	[MATCH_METADATA] = { "metadata", JSONBOID },
	[MATCH_CREATED_AT] = { "created_at", TIMESTAMPTZOID },
};

static ColumnMap maps[NUM_MAPS];

static void build_map(MapPlace place, TupleDesc desc, ColumnMap *map);
static int num_columns(MapPlace place);
static WantedColumn wanted_column(MapPlace place, int column);
static const char *relation_name(MapPlace place);
static AttrNumber find_attribute(TupleDesc desc, const char *name);
static void fail_missing(MapPlace place, const char *name);
static void fail_type(MapPlace place, WantedColumn wanted, Form_pg_attribute attribute);
static void on_relcache_change(Datum arg, Oid relation);

const ColumnMap *
column_map(MapPlace place, Relation relation)
{
	static bool is_registered = false;
	ColumnMap *map = &maps[place];

	if (likely(map->is_valid && map->relation == RelationGetRelid(relation)))
		return map;
	if (!is_registered)
	{
		CacheRegisterRelcacheCallback(on_relcache_change, (Datum) 0);
		is_registered = true;
	}
	map->is_valid = false;
	build_map(place, RelationGetDescr(relation), map);
	map->relation = RelationGetRelid(relation);
	map->is_valid = true;
	return map;
}

void
column_map_row_type(MapPlace place, TupleDesc desc, ColumnMap *map)
{
	build_map(place, desc, map);
	map->relation = InvalidOid;
	map->is_valid = true;
}

void
column_map_read(const ColumnMap *map, const Datum *values, const bool *isnull, EntryRow *row)
{
	for (int i = 0; i < NUM_ENTRY_COLUMNS; i++)
	{
		AttrNumber attno = map->attnos[i];

		row->isnull[i] = attno == 0 || isnull[attno - 1];
		row->values[i] = attno == 0 ? (Datum) 0 : values[attno - 1];
	}
}

void
column_map_write(const ColumnMap *map, const EntryRow *row, Datum *values, bool *isnull)
{
	memset(values, 0, map->natts * sizeof(Datum));
	memset(isnull, true, map->natts * sizeof(bool));
	for (int i = 0; i < NUM_ENTRY_COLUMNS; i++)
	{
		AttrNumber attno = map->attnos[i];

		if (attno == 0)
			continue;
		values[attno - 1] = row->values[i];
		isnull[attno - 1] = row->isnull[i];
	}
}

bool
column_map_has(const ColumnMap *map, AttrNumber attno)
{
	for (int i = 0; i < MAX_MAPPED_COLUMNS; i++)
	{
		if (map->attnos[i] == attno)
			return true;
	}
	return false;
}

static void
build_map(MapPlace place, TupleDesc desc, ColumnMap *map)
{
	memset(map->attnos, 0, sizeof(map->attnos));
	map->natts = desc->natts;
	map->num_others = 0;
	for (int i = 0; i < num_columns(place); i++)
	{
		WantedColumn wanted = wanted_column(place, i);
		Form_pg_attribute attribute;

		if (wanted.name == NULL)
			continue;
		map->attnos[i] = find_attribute(desc, wanted.name);
		if (map->attnos[i] == InvalidAttrNumber)
			fail_missing(place, wanted.name);
		attribute = TupleDescAttr(desc, map->attnos[i] - 1);
		if (attribute->atttypid != wanted.type || attribute->atttypmod != -1)
			fail_type(place, wanted, attribute);
	}
	for (int i = 0; i < desc->natts; i++)
	{
		if (!TupleDescAttr(desc, i)->attisdropped && !column_map_has(map, i + 1))
			map->num_others++;
	}
}

static int
num_columns(MapPlace place)
{
	return place == MAP_MATCH ? NUM_MATCH_COLUMNS : NUM_ENTRY_COLUMNS;
}

static WantedColumn
wanted_column(MapPlace place, int column)
{
	WantedColumn wanted = { NULL, InvalidOid };

	if (place == MAP_MATCH)
		return match_columns[column];
	wanted.name = entry_columns[column].name;
	wanted.type = place == MAP_FEED ? entry_columns[column].feed_type : entry_columns[column].type;
	if (place >= MAP_STAGING && column == COL_STAGE_NO)
		wanted.name = "stage_no";
	if (!OidIsValid(wanted.type) || (place >= MAP_STAGING && column >= NUM_STAGED_COLUMNS))
		wanted.name = NULL;
	return wanted;
}

static const char *
relation_name(MapPlace place)
{
	switch (place)
	{
		case MAP_LOG:
			return "entry";
		case MAP_FEED:
			return "feed";
		case MAP_MATCH:
			return "match";
		default:
			return psprintf("staging_%d", place - MAP_STAGING);
	}
}

static AttrNumber
find_attribute(TupleDesc desc, const char *name)
{
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		if (!attribute->attisdropped && strcmp(NameStr(attribute->attname), name) == 0)
			return attribute->attnum;
	}
	return InvalidAttrNumber;
}

static void
fail_missing(MapPlace place, const char *name)
{
	const char *relation = relation_name(place);

	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("column \"%s\" of commentary.%s is missing", name, relation),
			 errdetail("It was dropped or renamed, and commentary needs it by this name."),
			 errhint("If it was renamed: ALTER %s commentary.%s RENAME COLUMN its_new_name TO %s.",
					 place == MAP_FEED ? "VIEW" : "TABLE", relation, name)));
}

static void
fail_type(MapPlace place, WantedColumn wanted, Form_pg_attribute attribute)
{
	const char *relation = relation_name(place);

	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("column \"%s\" of commentary.%s has type %s instead of %s", wanted.name, relation,
					format_type_with_typemod(attribute->atttypid, attribute->atttypmod),
					format_type_be(wanted.type)),
			 errdetail("Its values could not be kept as they are given."),
			 place == MAP_FEED
				 ? errhint("Make the view again with that type.")
				 : errhint("ALTER TABLE commentary.%s ALTER COLUMN %s TYPE %s.", relation, wanted.name,
						   format_type_be(wanted.type))));
}

static void
on_relcache_change(Datum arg, Oid relation)
{
	for (int i = 0; i < NUM_MAPS; i++)
	{
		if (!OidIsValid(relation) || maps[i].relation == relation)
			maps[i].is_valid = false;
	}
}
