/*
 * room.h
 *		Backpressure: limits how many rows may wait in staging.
 */
#ifndef COMMENTARY_ROOM_H
#define COMMENTARY_ROOM_H

#include "shared/shared.h"

/* For writers: waits until there is room in staging, or raises an ERROR, as the settings say. */
extern void room_wait(DatabaseState *db);

/* ERROR when this transaction has as many rows as it may have. */
extern void room_check_transaction(void);

/* For the flusher: all committed rows up to this stage number have been flushed. */
extern void room_made(DatabaseState *db, uint64 stage_no);

/* An upper limit of the rows that wait: some may be of commits that have failed. */
extern int64 room_staged_rows(DatabaseState *db);

#endif /* COMMENTARY_ROOM_H */
