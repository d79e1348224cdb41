/*
 * columns.h
 *		The columns of an entry: one table of them, from which all else follows.
 *
 * A row travels as an EntryRow, whose order is that of this enum and of nothing
 * else. Where its columns are in a relation is found by name (column_map.h),
 * since those who own the relations may add, drop and rename columns there.
 *
 * To add a column to an entry: a line here and one in columns.c, a delta script
 * that adds it to the relations, and its documentation.
 */
#ifndef COMMENTARY_COLUMNS_H
#define COMMENTARY_COLUMNS_H

typedef enum EntryColumn
{
	COL_MATCH_ID,
	COL_SEQ,
	COL_STAGE_NO = COL_SEQ, /* in staging and in commentary.rejected */
	COL_OP,
	COL_REF_SEQ,
	COL_KIND,
	COL_PERIOD,
	COL_PHASE,
	COL_MINUTE,
	COL_STOPPAGE,
	COL_CLOCK,
	COL_ACTOR,
	COL_TEAM,
	COL_HEADLINE,
	COL_MESSAGE,
	COL_TAGS,
	COL_METADATA,
	COL_HOME_SCORE,
	COL_AWAY_SCORE,
	COL_HOME_DISPLAY,
	COL_AWAY_DISPLAY,
	COL_TRANSLATES_SEQ,
	COL_CLIENT_REF,
	COL_CLIENT_VERSION,
	COL_CLEAR,
	COL_OCCURRED_AT,
	COL_CREATED_AT,
	NUM_STAGED_COLUMNS,
	COL_FLUSHED_AT = NUM_STAGED_COLUMNS,
	COL_SAID,
	COL_EPOCH_NO,
	NUM_ENTRY_COLUMNS
} EntryColumn;

/* A row on its way. The memory that the Datums point at belongs to whatever made the row. */
typedef struct EntryRow
{
	Datum values[NUM_ENTRY_COLUMNS];
	bool isnull[NUM_ENTRY_COLUMNS];
} EntryRow;

/* What a row does with the log; the column op says it in words. */
typedef enum Operation
{
	OPERATION_INSERT,
	OPERATION_AMEND,
	OPERATION_RETRACT,
	NUM_OPERATIONS
} Operation;

/* Which operations may give a column: a bit for each. */
#define MAY_GIVE(operation) (1 << (operation))
#define MAY_GIVE_ALWAYS		(MAY_GIVE(NUM_OPERATIONS) - 1)
#define MAY_GIVE_NEVER		0

/* How a value is checked before it is staged. */
typedef enum ColumnCheck
{
	CHECK_APART,  /* by a function of its own in validate.c */
	CHECK_NAME,	  /* one line of text, at most max bytes */
	CHECK_NUMBER, /* 0 to max */
	CHECK_SEQ,	  /* the seq of an entry */
	CHECK_TAGS,	  /* at most MAX_TAGS names of max bytes */
	CHECK_OBJECT, /* JSON, at most max bytes as text */
	CHECK_COUNT,  /* any from 0 on */
	CHECK_TIME
} ColumnCheck;

/* How viewers get it. */
typedef enum ColumnForm
{
	FORM_NONE, /* not at all */
	FORM_INTEGER,
	FORM_TEXT,
	FORM_TEXTS,
	FORM_JSON,
	FORM_TIME
} ColumnForm;

typedef struct Column
{
	const char *name;
	Oid type;	   /* in the log, in staging and in commentary.rejected */
	Oid feed_type; /* in commentary.feed; InvalidOid: it is not there */
	ColumnCheck check;
	int max;	  /* for the check */
	int may_give; /* MAY_GIVE(...) | ... */
	ColumnForm form;
	bool is_newer;		 /* than version 1.1 of the extension, which may be the one installed */
	bool may_clear;		 /* can an amendment take it away? */
	const char *instead; /* the column that says in words what this one cannot; NULL: none */
} Column;

extern const Column entry_columns[NUM_ENTRY_COLUMNS];

/* Does the column tell something of the event, or does it place and name the row? */
extern bool column_is_content(EntryColumn column);

/* The column of that name which an amendment may clear; NUM_ENTRY_COLUMNS: none. */
extern EntryColumn column_to_clear(const char *name, int length);

extern bool column_op_is(const EntryRow *row, const char *op);
extern void column_set_text(EntryRow *row, EntryColumn column, const char *text);
extern void column_set_null(EntryRow *row, EntryColumn column);

#define MAX_TAGS 16

#define KIND_DEFAULT "comment"

/* The lobby is a log like that of a match, under this number. */
#define LOBBY_MATCH_ID INT64CONST(0)

#define OP_INSERT	 "insert"
#define OP_AMEND	 "amend"
#define OP_RETRACT	 "retract"
#define OP_REINSTATE "reinstate" /* the flusher's: what was retracted is said anew */
#define OP_MATCH	 "match"

/* The kind of an entry of op 'match': is the match new? */
#define KIND_CREATED "created"
#define KIND_CHANGED "changed"

#endif /* COMMENTARY_COLUMNS_H */
