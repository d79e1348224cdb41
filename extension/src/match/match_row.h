/*
 * match_row.h
 *		A row of commentary.match.
 */
#ifndef COMMENTARY_MATCH_ROW_H
#define COMMENTARY_MATCH_ROW_H

#include "access/htup_details.h"

#include "tables/column_map.h"

/* The members belong to the code that makes the MatchRow. */
typedef struct MatchRow
{
	HeapTuple tuple; /* NULL: no row */
	TupleDesc desc;
	const ColumnMap *map;
} MatchRow;

/* Null also for a column that an older version of the extension does not have. */
static inline Datum
match_row_get(MatchRow row, MatchColumn column, bool *isnull)
{
	AttrNumber attno = row.map->attnos[column];

	*isnull = attno == InvalidAttrNumber;
	return *isnull ? (Datum) 0 : heap_getattr(row.tuple, attno, row.desc, isnull);
}

#endif /* COMMENTARY_MATCH_ROW_H */
