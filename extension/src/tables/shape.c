/*
 * shape.c
 *		What our relations look like.
 */
#include "postgres.h"

#include "tables/relations.h"
#include "tables/shape.h"

static WantedColumn match_column(int column);
static WantedColumn own_column(const OwnColumn *columns, int number);
static bool is_staged(MapPlace place);
static void forget_newer(MapPlace place, TupleDesc desc, ColumnMap *map);
static AttrNumber find_attribute(TupleDesc desc, const char *name);

WantedColumn
shape_column(MapPlace place, int column)
{
	WantedColumn wanted = { NULL, InvalidOid, false, false };

	if (place == MAP_MATCH)
		return match_column(column);
	if (place == MAP_EPOCH)
		return own_column(epoch_columns, column);
	if (place == MAP_PURGING)
		return own_column(purging_columns, column);
	if (place == MAP_REJECTED && column >= NUM_STAGED_COLUMNS)
		return own_column(rejected_columns, column - NUM_STAGED_COLUMNS);
	if (place == MAP_RELAY || place == MAP_RELAY_PASS || column >= NUM_ENTRY_COLUMNS)
		return wanted;
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
		case MAP_EPOCH:
			return "epoch";
		case MAP_PURGING:
			return "purging";
		case MAP_RELAY:
			return "relay";
		case MAP_RELAY_PASS:
			return "relay_pass";
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
	for (int i = 0; i < MAX_MAPPED_COLUMNS; i++)
	{
		WantedColumn wanted = shape_column(place, i);

		if (wanted.name != NULL)
			map->attnos[i] = find_attribute(desc, wanted.name);
	}
	forget_newer(place, desc, map);
	for (int i = 0; i < desc->natts; i++)
		map->num_others += !TupleDescAttr(desc, i)->attisdropped && !shape_has(map, i + 1);
}

/*
 * A relation that has few of the newer columns is of version 1.1, and those it has are
 * of somebody who has used such a name.  An epoch has two of them, and in 1.1 another key.
 */
static void
forget_newer(MapPlace place, TupleDesc desc, ColumnMap *map)
{
	int num_newer = 0;
	int num_found = 0;

	for (int i = 0; i < MAX_MAPPED_COLUMNS; i++)
	{
		num_newer += shape_column(place, i).is_newer;
		num_found += shape_column(place, i).is_newer && map->attnos[i] != InvalidAttrNumber;
	}
	map->is_older = place == MAP_EPOCH ? find_attribute(desc, "epoch_id") != InvalidAttrNumber
									   : num_found * 2 <= num_newer;
	for (int i = 0; i < MAX_MAPPED_COLUMNS && map->is_older; i++)
	{
		if (shape_column(place, i).is_newer)
			map->attnos[i] = InvalidAttrNumber;
	}
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

/* The list ends with a null; what follows is not read. */
static WantedColumn
own_column(const OwnColumn *columns, int number)
{
	for (int i = 0; columns[i].name != NULL; i++)
	{
		if (i == number)
			return (WantedColumn){ columns[i].name, columns[i].type, columns[i].is_newer, true };
	}
	return (WantedColumn){ NULL, InvalidOid, false, false };
}

static WantedColumn
match_column(int column)
{
	WantedColumn wanted = { NULL, InvalidOid, false, false };

	if (column < NUM_MATCH_COLUMNS)
	{
		wanted.name = match_columns[column].name;
		wanted.type = match_columns[column].type;
		wanted.is_newer = match_columns[column].is_newer;
	}
	return wanted;
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
