/*
 * log_indexes.h
 *		The indexes of the log, opened when a row belongs into them.
 */
#ifndef COMMENTARY_LOG_INDEXES_H
#define COMMENTARY_LOG_INDEXES_H

#include "log/log_writer.h"

/* Before the rows in log->slots are inserted into indexes: opens those that they need. */
extern void log_indexes_open(LogWriter *log);

extern void log_indexes_close(LogWriter *log);

#endif /* COMMENTARY_LOG_INDEXES_H */
