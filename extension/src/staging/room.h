/*
 * room.h
 *		Backpressure: how much may wait in staging.
 */
#ifndef COMMENTARY_ROOM_H
#define COMMENTARY_ROOM_H

#include "shared/shared.h"

/* Writers: waits until there is room in staging, or fails, as the settings say. */
extern void room_wait(DatabaseState *db);

/* ERROR when this transaction may have no more rows. */
extern void room_check_transaction(void);

/* The flusher: all that was staged and committed up to here has been flushed. */
extern void room_made(DatabaseState *db, uint64 stage_no);

/* Rows that wait, at most: some may have been rolled back. */
extern int64 room_staged_rows(DatabaseState *db);

#endif /* COMMENTARY_ROOM_H */
