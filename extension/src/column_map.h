/*
 * column_map.h
 *		Where our columns are in a relation: found by name, once for each
 *		generation of its relcache entry.
 */
#ifndef COMMENTARY_COLUMN_MAP_H
#define COMMENTARY_COLUMN_MAP_H

#include "access/tupdesc.h"
#include "utils/rel.h"

#include "columns.h"
#include "match_columns.h"
#include "shared.h"

/* What a relation is for us, and so which columns it must have. */
typedef enum MapPlace
{
	MAP_LOG,
	MAP_FEED,
	MAP_MATCH,
	MAP_STAGING, /* the first segment; the others follow */
	NUM_MAPS = MAP_STAGING + NUM_SEGMENTS
} MapPlace;

#define MAX_MAPPED_COLUMNS NUM_ENTRY_COLUMNS

typedef struct ColumnMap
{
	bool is_valid;
	Oid relation;
	int natts;							   /* of the relation: also those of others, and dropped ones */
	int num_others;						   /* columns that are not ours */
	AttrNumber attnos[MAX_MAPPED_COLUMNS]; /* 0: the relation is not to have it */
} ColumnMap;

StaticAssertDecl((int) NUM_MATCH_COLUMNS <= (int) MAX_MAPPED_COLUMNS, "a map has room for a match");

/*
 * The map of a relation that is open and locked.  ERROR, with a hint, when a
 * column of ours is missing or has another type.  What it returns is valid until
 * the lock is released.
 */
extern const ColumnMap *column_map(MapPlace place, Relation relation);

/*
 * The same for a row of a composite type: the row type of commentary.entry
 * (MAP_LOG) or of commentary.match.  The map is the caller's.
 */
extern void column_map_row_type(MapPlace place, TupleDesc desc, ColumnMap *map);

/* Picks our columns out of those of the relation; others of the row become null. */
extern void column_map_read(const ColumnMap *map, const Datum *values, const bool *isnull,
							EntryRow *row);

/* The reverse: columns that are not ours become null. */
extern void column_map_write(const ColumnMap *map, const EntryRow *row, Datum *values,
							 bool *isnull);

/* Is the attribute one of ours? */
extern bool column_map_has(const ColumnMap *map, AttrNumber attno);

#endif /* COMMENTARY_COLUMN_MAP_H */
