/*
 * structure_others.h
 *		What others have put on our relations: columns, indexes, triggers, constraints.
 */
#ifndef COMMENTARY_STRUCTURE_OTHERS_H
#define COMMENTARY_STRUCTURE_OTHERS_H

#include "utils/rel.h"

#include "tables/fault.h"

/* Each adds the faults that it finds; the map must have its columns. */
extern void structure_check_others(List **faults, MapPlace place, Relation relation,
								   const ColumnMap *map);
extern void structure_note_others(List **faults, MapPlace place, TupleDesc desc,
								  const ColumnMap *map);
extern void structure_check_segment(List **faults, MapPlace place, Relation relation,
									const ColumnMap *map);

#endif /* COMMENTARY_STRUCTURE_OTHERS_H */
