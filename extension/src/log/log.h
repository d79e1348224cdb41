/*
 * log.h
 *		Appending to commentary.entry, many rows at a time.
 */
#ifndef COMMENTARY_LOG_H
#define COMMENTARY_LOG_H

#include "commands/trigger.h"
#include "executor/tuptable.h"
#include "nodes/execnodes.h"
#include "utils/rel.h"

#include "base/owner.h"
#include "tables/column_map.h"
#include "tables/columns.h"

/* Rows that one table_multi_insert() takes, as COPY does it (copyfrom.c). */
#define LOG_ROWS_AT_ONCE 500

/* A column of the log that somebody else has added, with a default. */
typedef struct LogDefault
{
	AttrNumber attno;
	ExprState *expression;
} LogDefault;

typedef struct LogWriter
{
	Relation entry;
	OwnerContext owner;
	const ColumnMap *map;
	MemoryContext context; /* of the slots */
	EState *estate;
	ResultRelInfo *result;
	CommandId command;
	LogDefault *defaults;
	int num_defaults;
	bool has_generated;
	bool has_constraints; /* that our own rows might violate */
	bool has_triggers;	  /* of others, or of foreign and deferrable keys */
	bool may_change;	  /* a trigger, a row */
	TransitionCaptureState *transition;
	int rows_at_once;
	int num_rows; /* in slots, not yet in the table */
	int num_slots;
	TupleTableSlot *slots[LOG_ROWS_AT_ONCE];
} LogWriter;

/*
 * Begins to write in this transaction; memory comes from the current context.
 * From here to log_close() the process has the rights of the log's owner.
 */
extern void log_open(LogWriter *log);

/*
 * Copies the row; it is in the table after log_close() at the latest.  When a
 * trigger has changed it, the row is as it was stored, until the next one.
 */
extern void log_append(LogWriter *log, EntryRow *row);

extern void log_close(LogWriter *log);

/* Was it a default of a column of others that failed last? */
extern bool log_was_at_default(void);

#endif /* COMMENTARY_LOG_H */
