/*
 * columns.h
 *		The columns of an entry, in the order that commentary.feed, the staging
 *		segments and commentary.entry share.
 *
 * One order for all three lets a row travel from the view to the log as one
 * array of Datums. Only the second column changes its meaning on the way: it
 * is null in the feed, the stage number in a segment, and the seq in the log.
 * sql/commentary--1.0.sql has the same order.
 */
#ifndef COMMENTARY_COLUMNS_H
#define COMMENTARY_COLUMNS_H

typedef enum EntryColumn
{
	COL_MATCH_ID,
	COL_SEQ,
	COL_STAGE_NO = COL_SEQ,
	COL_OP,
	COL_REF_SEQ,
	COL_KIND,
	COL_PERIOD,
	COL_MINUTE,
	COL_STOPPAGE,
	COL_ACTOR,
	COL_TEAM,
	COL_MESSAGE,
	COL_TAGS,
	COL_METADATA,
	COL_HOME_SCORE,
	COL_AWAY_SCORE,
	COL_CLIENT_REF,
	COL_CREATED_AT,
	NUM_STAGED_COLUMNS,
	COL_FLUSHED_AT = NUM_STAGED_COLUMNS,
	NUM_ENTRY_COLUMNS
} EntryColumn;

/* The attribute number of a column, as the catalogs count. */
#define COL_ATTNO(column) ((AttrNumber) ((column) + 1))

/* A row on its way. What the Datums point at belongs to the caller. */
typedef struct EntryRow
{
	Datum values[NUM_ENTRY_COLUMNS];
	bool isnull[NUM_ENTRY_COLUMNS];
} EntryRow;

/* The lobby is a log like that of a match, under this number. */
#define LOBBY_MATCH_ID INT64CONST(0)

#define OP_INSERT  "insert"
#define OP_AMEND   "amend"
#define OP_RETRACT "retract"
#define OP_MATCH   "match"

/* The kind of an entry of op 'match': is the match new? */
#define KIND_CREATED "created"
#define KIND_CHANGED "changed"

#endif /* COMMENTARY_COLUMNS_H */
