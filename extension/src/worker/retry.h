/*
 * retry.h
 *		The wait before the flusher tries again what has failed.
 */
#ifndef COMMENTARY_RETRY_H
#define COMMENTARY_RETRY_H

#include "shared/shared.h"

/*
 * Sleeps for retry_ms, also when commits set the latch meanwhile.  False when the flusher was
 * asked to end some seconds ago, and must end now.  If a command that needs the database without
 * sessions (ddl.c) has asked for it, the flusher goes on trying: that command gives up by itself.
 */
extern bool retry_wait(DatabaseState *db, int retry_ms);

#endif /* COMMENTARY_RETRY_H */
