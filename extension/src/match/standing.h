/*
 * standing.h
 *		An entry as it is now: its insert with its corrections applied.
 */
#ifndef COMMENTARY_STANDING_H
#define COMMENTARY_STANDING_H

#include "access/skey.h"
#include "utils/rel.h"
#include "utils/snapshot.h"

#include "tables/columns.h"

typedef struct Standing
{
	int64 seq;	   /* of the insert; 0: there is none */
	EntryRow now;  /* as viewers see it, or saw it until it was retracted */
	EntryRow said; /* as its client_ref last said it, without corrections by others */

	bool is_retracted;
	int64 retracted_seq; /* the newest retraction, if any */
	Datum retracted_ref; /* its client_ref, if it has one */
	bool has_retracted_ref;

	int64 last_said; /* digest of what the client_ref last said (content.h) */
	bool has_version;
	int64 version; /* the highest that the client_ref has given */

	/* About the row `asking`: */
	bool was_said; /* one of the sayings of the client_ref has its digest */
	bool is_keyed; /* the entry has a correction with the same op and client_ref */
} Standing;

/*
 * Reads the entry seq of a match from the log.  asking is a row that concerns it, or NULL, and
 * digest the digest of that row; only was_said and is_keyed depend on them.  Memory comes from
 * the current context.  False, with standing->seq 0: the log has no such insert.
 */
extern bool standing_read(Relation entry, Snapshot snapshot, int64 match_id, int64 seq,
						  const EntryRow *asking, int64 digest, Standing *standing);

/* The seq of the entry of the log with this client_ref; 0: there is none. */
extern int64 standing_find(Relation entry, Snapshot snapshot, int64 match_id, Datum client_ref);

/* Sets the columns that the correction gives, and clears those that it clears. */
extern void standing_apply(EntryRow *row, const EntryRow *correction);

/* Two keys for a scan of the log by one of our indexes: a match, and a column of its entries. */
extern void standing_init_keys(ScanKeyData *keys, Relation entry, int64 match_id,
							   EntryColumn column, RegProcedure equal, Datum value);

#endif /* COMMENTARY_STANDING_H */
