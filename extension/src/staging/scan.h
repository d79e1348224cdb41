/*
 * scan.h
 *		Finding the rows that wait in the staging segments.
 */
#ifndef COMMENTARY_SCAN_H
#define COMMENTARY_SCAN_H

#include "storage/block.h"

#include "staging/staging.h"

/*
 * All rows that the active snapshot sees, in the order in which they were
 * staged, in the current memory context.  Returns their number.  For the
 * flusher, inside a transaction that has the segments open.
 */
extern int64 scan_segments(Segments *segments, StagedRef **refs);

/* The size of a segment when it was last scanned. */
extern BlockNumber scan_blocks(uint32 segment);

/* The segment has been truncated. */
extern void scan_forget(uint32 segment);

/*
 * While it is busy, the flusher holds a lock on the segments from one scan to
 * the next (scan.c says why); it lets go before it sleeps for long.
 */
extern bool scan_holds_locks(void);
extern void scan_release_locks(void);

/* A failed transaction takes them away as well. */
extern void scan_lost_locks(void);

#endif /* COMMENTARY_SCAN_H */
