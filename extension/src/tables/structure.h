/*
 * structure.h
 *		The faults of our relations: what somebody has altered, and the consequence.
 */
#ifndef COMMENTARY_STRUCTURE_H
#define COMMENTARY_STRUCTURE_H

#include "nodes/pg_list.h"
#include "utils/rel.h"

#include "tables/fault.h"

/*
 * All faults of a relation that is open, the worst first by place in the list of
 * each kind; palloc'd.  The map must have its columns and indexes.
 */
extern List *structure_faults(MapPlace place, Relation relation, const ColumnMap *map);

/* Only the faults of the columns, for a row type. */
extern List *structure_column_faults(MapPlace place, TupleDesc desc, const ColumnMap *map);

/* Raises the first fault that stops us as an ERROR. */
extern void structure_require(const List *faults);

#endif /* COMMENTARY_STRUCTURE_H */
