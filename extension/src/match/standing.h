/*
 * standing.h
 *		How an entry stands: its insert, and its corrections on top of it.
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
	EntryRow now;  /* what viewers see of it, or saw until it was retracted */
	EntryRow said; /* the same, as its client_ref last said it */

	bool is_retracted;
	int64 retracted_seq; /* the newest retraction, if any */
	Datum retracted_ref; /* its client_ref, if it has one */
	bool has_retracted_ref;

	int64 last_said; /* digest of what the client_ref last said (content.h) */
	bool has_version;
	int64 version; /* the highest that the client_ref has given */

	/* Of the row that asks: */
	bool was_said; /* the client_ref has said this before, now or earlier */
	bool is_keyed; /* a correction with the same op and client_ref is there */
} Standing;

/*
 * Reads the entry seq of a match from the log.  asking is a row that concerns it, and
 * digest what it says; only was_said and is_keyed depend on them.  What it returns is
 * in the current memory context.  False, and standing->seq 0: it is not there.
 */
extern bool standing_read(Relation entry, Snapshot snapshot, int64 match_id, int64 seq,
						  const EntryRow *asking, int64 digest, Standing *standing);

/* The seq of the entry with this client_ref in the log; 0: there is none. */
extern int64 standing_find(Relation entry, Snapshot snapshot, int64 match_id, Datum client_ref);

/* Sets what the correction gives, and takes away what it clears. */
extern void standing_apply(EntryRow *row, const EntryRow *correction);

/* Two keys for a scan of the log by one of our indexes: a match, and a column of its entries. */
extern void standing_init_keys(ScanKeyData *keys, Relation entry, int64 match_id,
							   EntryColumn column, RegProcedure equal, Datum value);

#endif /* COMMENTARY_STANDING_H */
