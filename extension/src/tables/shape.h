/*
 * shape.h
 *		The shape of our relations: the columns that each must have, and where
 *		they are in a relation.
 */
#ifndef COMMENTARY_SHAPE_H
#define COMMENTARY_SHAPE_H

#include "access/tupdesc.h"

#include "shared/shared.h"
#include "tables/columns.h"
#include "tables/match_columns.h"
#include "tables/own_columns.h"

/* Our relations. */
typedef enum MapPlace
{
	MAP_LOG,
	MAP_FEED,
	MAP_MATCH,
	MAP_REJECTED,
	MAP_EPOCH,
	MAP_PURGING,
	MAP_RELAY,
	MAP_RELAY_PASS,
	MAP_STAGING, /* the first segment; the others follow */
	NUM_MAPS = MAP_STAGING + NUM_SEGMENTS
} MapPlace;

#define MAX_MAPPED_COLUMNS \
	Max((int) NUM_ENTRY_COLUMNS + (int) NUM_REJECTED_COLUMNS, (int) NUM_MATCH_COLUMNS)

/* The indexes that our look-ups need. */
typedef enum MapIndex
{
	INDEX_KEY,		  /* (match_id, seq) of the log, (match_id) of a match */
	INDEX_CLIENT_REF, /* (match_id, client_ref) of the log, of op insert */
	INDEX_STATE,	  /* (match_id, seq) of the log, of op match only */
	INDEX_CORRECTION, /* (match_id, ref_seq, seq) of the log */
	NUM_MAP_INDEXES
} MapIndex;

typedef struct ColumnMap
{
	bool is_valid;
	uint64 generation; /* changes each time that the map is made */
	Oid relation;
	int natts;							   /* columns of the relation, with dropped ones */
	int num_others;						   /* columns that are not ours */
	bool is_older;						   /* as version 1.1 made it, without the newer columns */
	AttrNumber attnos[MAX_MAPPED_COLUMNS]; /* 0: there is none */
	Oid indexes[NUM_MAP_INDEXES];		   /* InvalidOid: there is none */
	bool is_partial[NUM_MAP_INDEXES];	   /* for some rows only */
} ColumnMap;

/* A column that a relation must have. */
typedef struct WantedColumn
{
	const char *name; /* NULL: none */
	Oid type;
	bool is_newer; /* may be missing where map->is_older */
	bool is_own;   /* of our bookkeeping: our statements name it, and take values of any type */
} WantedColumn;

/* For column 0 to MAX_MAPPED_COLUMNS - 1. */
extern WantedColumn shape_column(MapPlace place, int column);

/* The name of the relation, in the schema commentary; palloc'd for a segment. */
extern const char *shape_name(MapPlace place);

/* Finds the columns by name, whatever their types; not the indexes. */
extern void shape_find_columns(MapPlace place, TupleDesc desc, ColumnMap *map);

/* Whether the attribute is one of our columns. */
extern bool shape_has(const ColumnMap *map, AttrNumber attno);

#endif /* COMMENTARY_SHAPE_H */
