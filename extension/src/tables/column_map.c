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

#include "access/table.h"
#include "storage/lmgr.h"
#include "utils/inval.h"

#include "tables/column_map.h"
#include "tables/index_finder.h"
#include "tables/relations.h"
#include "tables/structure.h"

static ColumnMap maps[NUM_MAPS];
static uint64 generations = 0;
static uint64 changes = 0; /* that made a map invalid */

static void make_map(MapPlace place, Relation relation, ColumnMap *map);
static void fail_older(const char *column);
static void on_relcache_change(Datum arg, Oid relation);

const ColumnMap *
column_map(MapPlace place, Relation relation)
{
	ColumnMap *map = &maps[place];

	if (unlikely(!map->is_valid || map->relation != RelationGetRelid(relation)))
		make_map(place, relation, map);
	return map;
}

/* If something changes while the catalogs are read, the map serves this call only. */
static void
make_map(MapPlace place, Relation relation, ColumnMap *map)
{
	static bool is_registered = false;
	uint64 before;

	if (!is_registered)
	{
		CacheRegisterRelcacheCallback(on_relcache_change, (Datum) 0);
		is_registered = true;
	}
	before = changes;
	map->is_valid = false;
	map->relation = RelationGetRelid(relation);
	shape_find_columns(place, RelationGetDescr(relation), map);
	index_finder_find(place, relation, map);
	structure_require(structure_faults(place, relation, map));
	map->generation = ++generations;
	map->is_valid = changes == before;
}

uint64
column_map_generation(MapPlace place, Oid relation)
{
	const ColumnMap *map = &maps[place];

	return map->is_valid && map->relation == relation ? map->generation : 0;
}

void
column_map_row_type(MapPlace place, TupleDesc desc, ColumnMap *map)
{
	shape_find_columns(place, desc, map);
	structure_require(structure_column_faults(place, desc, map));
	map->relation = InvalidOid;
	map->is_valid = true;
}

void
column_map_require(MapPlace place, Oid relation_id)
{
	Relation relation;

	if (likely(maps[place].is_valid && maps[place].relation == relation_id))
		return;
	if (!ConditionalLockRelationOid(relation_id, AccessShareLock))
		return;
	relation = relations_open(relation_id, NoLock);
	(void) column_map(place, relation);
	table_close(relation, AccessShareLock);
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
		{
			if (unlikely(entry_columns[i].is_newer && !row->isnull[i]))
				fail_older(entry_columns[i].name);
			continue;
		}
		values[attno - 1] = row->values[i];
		isnull[attno - 1] = row->isnull[i];
	}
}

/* The relations are those of version 1.1, which have no place for the value. */
static void
fail_older(const char *column)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("%s cannot be stored yet", column),
			 errdetail("The library is newer than the extension in this database."),
			 errhint("Run ALTER EXTENSION commentary UPDATE.")));
}

static void
on_relcache_change(Datum arg, Oid relation)
{
	for (int i = 0; i < NUM_MAPS; i++)
	{
		if (OidIsValid(relation) && maps[i].relation != relation)
			continue;
		maps[i].is_valid = false;
		changes++;
	}
}
