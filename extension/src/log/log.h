/*
 * log.h
 *		Appending to commentary.entry, many rows at a time.
 */
#ifndef COMMENTARY_LOG_H
#define COMMENTARY_LOG_H

#include "log/log_writer.h"

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

/*
 * Makes what was appended so far visible to this transaction's own active snapshot.
 * Costs a part of what a table_multi_insert() of many rows has saved.
 */
extern void log_show(LogWriter *log);

extern void log_close(LogWriter *log);

/* Did the last error come from the default of a column that others have added? */
extern bool log_was_at_default(void);

#endif /* COMMENTARY_LOG_H */
