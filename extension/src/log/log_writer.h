/*
 * log_writer.h
 *		What log.c and log_triggers.c share: one transaction that writes to the log.
 */
#ifndef COMMENTARY_LOG_WRITER_H
#define COMMENTARY_LOG_WRITER_H

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
	bool may_change;	  /* a trigger of others may change a row */
	TransitionCaptureState *transition;
	uint32 indexes_open; /* log_indexes.c: a bit for each kind */
	int rows_at_once;
	int num_rows;	 /* in slots, not yet in the table */
	bool has_hidden; /* rows in the table that no snapshot of ours sees yet */
	int num_slots;
	TupleTableSlot *slots[LOG_ROWS_AT_ONCE];
} LogWriter;

#endif /* COMMENTARY_LOG_WRITER_H */
