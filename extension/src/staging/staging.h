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
 * The segments in use, while the flusher has them open.  Each has a slot of its own, because
 * one of them may have been altered.
 */
typedef struct Segments
{
	Relation relations[NUM_SEGMENTS]; /* NULL: not in use */
	TupleTableSlot *slots[NUM_SEGMENTS];
	MemoryContext context; /* of the slots */
} Segments;

/*
 * For writers, before a row is taken.  Sets the stage numbers, as staging_number() does.  ERROR if
 * the structure of the log or of the active segment is wrong, so that the INSERT fails and not
 * the COMMIT.
 */
extern void staging_require(DatabaseState *db);

/*
 * Once after each start of the server: looks at all segments, so that stage numbers go on
 * after the rows of an earlier run.  If a segment is missing or altered, the stage numbers
 * begin above all numbers that it can have.
 */
extern void staging_number(DatabaseState *db);

/* False before version 1.2 of the extension: then all rows go into the unlogged ring. */
extern bool staging_has_logged_ring(void);

/* Writes all rows of a store, in their order, and gives them their stage numbers. */
extern void staging_write(DatabaseState *db, Ring ring, RowStore *store);
extern void staging_write_row(DatabaseState *db, Ring ring, EntryRow *row);

/*
 * Which segments may have rows, a bit for each.  The flusher reads it after the tickets that it
 * serves, because a writer sets the bit before it takes its ticket.
 */
extern uint32 staging_used(DatabaseState *db);

/* Bytes of all segments, with their TOAST; -1 when one of them is locked or missing. */
extern int64 staging_size_bytes(void);

/* For the flusher.  All functions from here on need a transaction. */
extern void staging_open(DatabaseState *db, Segments *segments);
extern void staging_close(Segments *segments);

/*
 * Reads a row.  What its Datums point at is valid until staging_clear(), which releases the
 * page.  ERROR when the row is not where it was found, because the segment was rewritten.
 */
extern void staging_fetch(Segments *segments, const StagedRef *ref, EntryRow *row);
extern void staging_clear(Segments *segments, const StagedRef *ref);

/* The (sub)transaction that staged the row, which staging_fetch() must have read just before. */
extern TransactionId staging_xid(Segments *segments, const StagedRef *ref);

/* Deletes the row.  ack_note_moved() has to count it afterwards. */
extern void staging_delete(Segments *segments, const StagedRef *ref);

#endif /* COMMENTARY_STAGING_H */
