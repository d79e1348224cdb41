/*
 * scan.h
 *		Finds the rows that wait in the staging segments.
 */
#ifndef COMMENTARY_SCAN_H
#define COMMENTARY_SCAN_H

#include "storage/block.h"

#include "staging/staging.h"

/*
 * For the flusher, in a transaction that has the segments open.  Finds all rows that the active
 * snapshot sees, in the order of their stage numbers, in the current memory context.  Returns
 * their number.
 */
extern int64 scan_segments(Segments *segments, StagedRef **refs);

/* The size of a segment, in blocks, when it was last scanned. */
extern BlockNumber scan_blocks(uint32 segment);

/* Call it when the segment has been truncated: forgets what was known of its pages. */
extern void scan_forget(uint32 segment);

/*
 * While it is busy, the flusher holds a lock on the segments from one scan to the next (scan.c
 * says why).  It releases them before it sleeps for long.
 */
extern bool scan_holds_locks(void);
extern void scan_release_locks(void);

/* Call it after a transaction has failed, which releases these locks as well. */
extern void scan_lost_locks(void);

#endif /* COMMENTARY_SCAN_H */
