/*
 * staging.h
 *		The staging segments: a small ring of unlogged tables where rows wait
 *		for the flusher.
 */
#ifndef COMMENTARY_STAGING_H
#define COMMENTARY_STAGING_H

#include "executor/tuptable.h"
#include "storage/itemptr.h"
#include "utils/rel.h"

#include "shared/shared.h"
#include "tables/columns.h"

/* Where one staged row is. */
typedef struct StagedRef
{
	int64 stage_no;
	ItemPointerData tid;
	uint16 segment;
} StagedRef;

/*
 * The segments while the flusher has them open.  Each has a slot of its own: it
 * may have been altered, and the others not.
 */
typedef struct Segments
{
	Relation relations[NUM_SEGMENTS];
	TupleTableSlot *slots[NUM_SEGMENTS];
	MemoryContext context; /* of the slots */
} Segments;

/*
 * Writers.  Stages a row that has been validated, gives it its stage number,
 * and tells ack.c that this transaction has something to flush.  Returns the
 * stage number.
 */
extern int64 staging_put(EntryRow *row);

/*
 * What an earlier run of the server left.  A segment that is missing or altered does
 * not make it fail: the stage numbers then begin above all that it can hold.  ERROR
 * when the extension is not there.
 */
extern SharedLeftover staging_leftover(void);

/* Bytes of all segments, with their TOAST; -1 when one of them is locked or missing. */
extern int64 staging_size_bytes(void);

/* The flusher.  All need a transaction. */
extern void staging_open(Segments *segments);
extern void staging_close(Segments *segments);

/*
 * Reads a row.  What its Datums point at is there until staging_clear(), which
 * lets go of the page.  ERROR when the row is not where it was found: the segment
 * was rewritten meanwhile.
 */
extern void staging_fetch(Segments *segments, const StagedRef *ref, EntryRow *row);
extern void staging_clear(Segments *segments, const StagedRef *ref);

/* Of the (sub)transaction that staged the row, which must be in its slot. */
extern TransactionId staging_xid(Segments *segments, const StagedRef *ref);

extern void staging_delete(Segments *segments, const StagedRef *ref);

#endif /* COMMENTARY_STAGING_H */
