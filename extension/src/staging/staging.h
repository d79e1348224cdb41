/*
 * staging.h
 *		The staging segments, where rows wait for the flusher: a small ring of
 *		unlogged tables, and one of logged tables.
 */
#ifndef COMMENTARY_STAGING_H
#define COMMENTARY_STAGING_H

#include "executor/tuptable.h"
#include "storage/itemptr.h"
#include "utils/rel.h"

#include "shared/shared.h"
#include "staging/row_store.h"
#include "tables/columns.h"

/* Where one staged row is. */
typedef struct StagedRef
{
	int64 stage_no;
	ItemPointerData tid;
	uint16 segment;
} StagedRef;

/*
 * The segments in use while the flusher has them open.  Each has a slot of its own: it
 * may have been altered, and the others not.
 */
typedef struct Segments
{
	Relation relations[NUM_SEGMENTS]; /* NULL: not in use */
	TupleTableSlot *slots[NUM_SEGMENTS];
	MemoryContext context; /* of the slots */
} Segments;

/*
 * Writers, before a row is taken: stage numbers go on behind what an earlier run of
 * the server left, and what is wrong with the structure of the log or of a segment is
 * an ERROR here and not at the commit.
 */
extern void staging_require(DatabaseState *db);

/*
 * The same for the numbers alone, for the flusher.  It looks at all segments, once
 * after each start of the server.  A segment that is missing or altered does not make
 * it fail: the stage numbers then begin above all that it can hold.
 */
extern void staging_number(DatabaseState *db);

/* False before version 1.2 of the extension: then all rows go into the unlogged one. */
extern bool staging_has_logged_ring(void);

/* Writes all rows of a store, in their order, and gives them their stage numbers. */
extern void staging_write(DatabaseState *db, Ring ring, RowStore *store);
extern void staging_write_row(DatabaseState *db, Ring ring, EntryRow *row);

/*
 * Which segments may have rows: a bit for each.  The flusher looks behind the tickets
 * that it deals with: a writer sets the bit before it takes its own.
 */
extern uint32 staging_used(DatabaseState *db);

/* Bytes of all segments, with their TOAST; -1 when one of them is locked or missing. */
extern int64 staging_size_bytes(void);

/* The flusher.  All need a transaction. */
extern void staging_open(DatabaseState *db, Segments *segments);
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

/* The row is to be counted by ack_note_moved(). */
extern void staging_delete(Segments *segments, const StagedRef *ref);

#endif /* COMMENTARY_STAGING_H */
