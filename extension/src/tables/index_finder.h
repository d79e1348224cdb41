/*
 * index_finder.h
 *		Finds the indexes that we look things up with, by what they are.
 */
#ifndef COMMENTARY_INDEX_FINDER_H
#define COMMENTARY_INDEX_FINDER_H

#include "utils/rel.h"

#include "tables/shape.h"

/*
 * Fills in map->indexes for a relation that is open.  An index of that name with other
 * columns, or with another operator class, does not count.
 */
extern void index_finder_find(MapPlace place, Relation relation, ColumnMap *map);

/* The statement that makes one again; palloc'd. */
extern char *index_finder_statement(MapPlace place, MapIndex number);

/* Does a place need such an index? */
extern bool index_finder_wants(MapPlace place, MapIndex number);

#endif /* COMMENTARY_INDEX_FINDER_H */
