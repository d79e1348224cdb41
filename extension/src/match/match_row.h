/*
 * match_row.h
 *		A row of commentary.match.
 */
#ifndef COMMENTARY_MATCH_ROW_H
#define COMMENTARY_MATCH_ROW_H

#include "access/htup_details.h"

#include "tables/column_map.h"

/* What it points at belongs to the caller. */
typedef struct MatchRow
{
	HeapTuple tuple; /* NULL: no row */
	TupleDesc desc;
	const ColumnMap *map;
} MatchRow;

/* A column that an older extension does not have is null. */
static inline Datum
match_row_get(MatchRow row, MatchColumn column, bool *isnull)
{
	AttrNumber attno = row.map->attnos[column];

	*isnull = attno == InvalidAttrNumber;
	return *isnull ? (Datum) 0 : heap_getattr(row.tuple, attno, row.desc, isnull);
}

#endif /* COMMENTARY_MATCH_ROW_H */
