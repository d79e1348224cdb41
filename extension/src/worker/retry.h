/*
 * retry.h
 *		Waiting before the flusher tries again what has failed.
 */
#ifndef COMMENTARY_RETRY_H
#define COMMENTARY_RETRY_H

#include "shared/shared.h"

/*
 * Sleeps for so long; commits set the latch, and are no reason to try sooner.  False
 * when the flusher was asked to end some seconds ago: it does not wait for ever, and
 * a command that needs the database empty (ddl.c) gives up by itself.
 */
extern bool retry_wait(DatabaseState *db, int retry_ms);

#endif /* COMMENTARY_RETRY_H */
