/*
 * chunk.h
 *		A chunk: the rows that one transaction moves from staging to the log.
 */
#ifndef COMMENTARY_CHUNK_H
#define COMMENTARY_CHUNK_H

#include "utils/palloc.h"

#include "flush/publish.h"
#include "log/client_ref.h"
#include "log/log.h"
#include "shared/shared.h"
#include "staging/staging.h"

/* One transaction's share of a batch. */
typedef struct Chunk
{
	Segments segments;
	LogWriter log;
	Publisher publisher;
	ClientRefs client_refs;
	TimestampTz flushed_at;
	int64 rows;	   /* that left staging */
	int64 entries; /* that entered the log */
	int64 duplicates;
	MemoryContext context;
	MemoryContext row_context; /* reset after each row */
} Chunk;

/*
 * At the beginning of a transaction: locks all that it needs, and takes the snapshot.
 * ERROR (lock_not_available) when a lock cannot be taken at once.
 */
extern void chunk_begin(DatabaseState *db);

/* Rows are moved between these two calls.  A muted chunk announces nothing. */
extern void chunk_open(DatabaseState *db, Chunk *chunk, bool is_muted);
extern void chunk_close(Chunk *chunk);

/* Moves one row from staging to the log; ERROR when the row is not fit for it. */
extern void chunk_move_row(DatabaseState *db, Chunk *chunk, const StagedRef *ref);

/* Numbers, appends and announces one row of another origin, inside a transaction. */
extern void chunk_write_alone(DatabaseState *db, EntryRow *row);

/* After the commit: adds it to the counters of the database. */
extern void chunk_count(DatabaseState *db, const Chunk *chunk);

#endif /* COMMENTARY_CHUNK_H */
