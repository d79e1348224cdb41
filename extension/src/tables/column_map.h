/*
 * column_map.h
 *		Where our columns are in a relation: found by name, once for each
 *		generation of its relcache entry.
 */
#ifndef COMMENTARY_COLUMN_MAP_H
#define COMMENTARY_COLUMN_MAP_H

#include "utils/rel.h"

#include "tables/shape.h"

/*
 * The map of a relation that is open and locked.  ERROR, with a hint, when its structure
 * refuses inserts (structure.h): because a column or an index of ours is missing, for
 * example.  What it returns is valid until the lock is released.
 */
extern const ColumnMap *column_map(MapPlace place, Relation relation);

/*
 * The same for a row of a composite type: the row type of commentary.entry
 * (MAP_LOG) or of commentary.match.  The map is not cached: it is written to *map.
 */
extern void column_map_row_type(MapPlace place, TupleDesc desc, ColumnMap *map);

/*
 * ERROR when the structure of the relation refuses inserts.  Costs nothing as long as
 * no session alters it.  For writers, which need it only later: a relation that a
 * session has locked is not looked at, since a writer does not wait for it.
 */
extern void column_map_require(MapPlace place, Oid relation_id);

/* The generation of the valid map of a relation; 0: no map is valid. */
extern uint64 column_map_generation(MapPlace place, Oid relation);

/* Picks our columns out of those of the relation; others of the row become null. */
extern void column_map_read(const ColumnMap *map, const Datum *values, const bool *isnull,
							EntryRow *row);

/* The reverse: columns that are not ours become null. */
extern void column_map_write(const ColumnMap *map, const EntryRow *row, Datum *values,
							 bool *isnull);

#endif /* COMMENTARY_COLUMN_MAP_H */
