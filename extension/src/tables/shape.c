/*
 * shape.c
 *		What our relations look like.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "tables/relations.h"
#include "tables/shape.h"

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

StaticAssertDecl((int) NUM_MATCH_COLUMNS <= (int) MAX_MAPPED_COLUMNS, "a map has room for a match");

static bool is_staged(MapPlace place);
static AttrNumber find_attribute(TupleDesc desc, const char *name);

WantedColumn
shape_column(MapPlace place, int column)
{
	WantedColumn wanted = { NULL, InvalidOid, false };

	if (place == MAP_MATCH)
		return column < NUM_MATCH_COLUMNS ? match_columns[column] : wanted;
	if (is_staged(place) && column >= NUM_STAGED_COLUMNS)
		return wanted;
	wanted.type = place == MAP_FEED ? entry_columns[column].feed_type : entry_columns[column].type;
	if (!OidIsValid(wanted.type))
		return wanted;
	wanted.name = entry_columns[column].name;
	wanted.is_newer = entry_columns[column].is_newer;
	if (is_staged(place) && column == COL_STAGE_NO)
		wanted.name = "stage_no";
	return wanted;
}

const char *
shape_name(MapPlace place)
{
	switch (place)
	{
		case MAP_LOG:
			return "entry";
		case MAP_FEED:
			return "feed";
		case MAP_MATCH:
			return "match";
		case MAP_REJECTED:
			return "rejected";
		default:
			return relations_staging_name(place - MAP_STAGING);
	}
}

void
shape_find_columns(MapPlace place, TupleDesc desc, ColumnMap *map)
{
	memset(map->attnos, 0, sizeof(map->attnos));
	map->natts = desc->natts;
	map->num_others = 0;
	map->is_older = true;
	for (int i = 0; i < MAX_MAPPED_COLUMNS; i++)
	{
		WantedColumn wanted = shape_column(place, i);

		if (wanted.name != NULL)
			map->attnos[i] = find_attribute(desc, wanted.name);
		if (wanted.is_newer && map->attnos[i] != InvalidAttrNumber)
			map->is_older = false;
	}
	for (int i = 0; i < desc->natts; i++)
		map->num_others += !TupleDescAttr(desc, i)->attisdropped && !shape_has(map, i + 1);
}

bool
shape_has(const ColumnMap *map, AttrNumber attno)
{
	for (int i = 0; i < MAX_MAPPED_COLUMNS; i++)
	{
		if (map->attnos[i] == attno)
			return true;
	}
	return false;
}

static bool
is_staged(MapPlace place)
{
	return place >= MAP_STAGING || place == MAP_REJECTED;
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
