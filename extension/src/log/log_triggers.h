/*
 * log_triggers.h
 *		The triggers of commentary.entry: those of a DBA, of foreign keys and of
 *		deferrable constraints.  For log.c.
 */
#ifndef COMMENTARY_LOG_TRIGGERS_H
#define COMMENTARY_LOG_TRIGGERS_H

#include "log/log_writer.h"

/* Are there any that an insert fires, beside our own? */
extern bool log_triggers_exist(Relation entry);

/* Around all rows of one writer: the triggers of the statement, and their queue. */
extern void log_triggers_begin(LogWriter *log);
extern void log_triggers_end(LogWriter *log);

/* Before a row is stored.  The slot has what they made of it; ERROR when they suppressed it. */
extern void log_triggers_before(LogWriter *log, TupleTableSlot *slot);

/*
 * Reads back what they made of the row, from the slot once that owns it.  ERROR
 * when they changed its place in the log.
 */
extern void log_triggers_read(LogWriter *log, TupleTableSlot *slot, EntryRow *row);

/* After a row is stored; recheck are the deferrable keys that it may have violated. */
extern void log_triggers_after(LogWriter *log, TupleTableSlot *slot, List *recheck);

#endif /* COMMENTARY_LOG_TRIGGERS_H */
