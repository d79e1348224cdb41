/*
 * client_ref.c
 *		The writer's own key: an entry is stored once for it in its match.
 *
 * A client that does not know whether its COMMIT arrived sends the row again, and a
 * feed sends an event again when it has changed.  The flusher sees all rows one after
 * the other, so it needs no lock to tell the second from the first.  What it has
 * written in the same transaction it shows to itself when a row asks for that.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "log/client_ref.h"
#include "match/content.h"
#include "match/saying.h"
#include "match/standing.h"

/* validate.c lets 100 bytes pass. */
#define KEY_BYTES 104

typedef struct ClientRefKey
{
	int64 match_id;
	char client_ref[KEY_BYTES];
} ClientRefKey;

typedef struct EntryKey
{
	int64 match_id;
	int64 seq;
} EntryKey;

static bool settle_insert(ClientRefs *refs, LogWriter *log, EntryRow *row);
static bool settle_correction(ClientRefs *refs, LogWriter *log, EntryRow *row);
static void name_entry(ClientRefs *refs, LogWriter *log, EntryRow *row);
static bool is_new_to_1_1(ClientRefs *refs, LogWriter *log, const EntryRow *row);
static bool note_inserted(ClientRefs *refs, const EntryRow *row);
static void note_corrected(ClientRefs *refs, int64 match_id, int64 seq);
static void read_standing(ClientRefs *refs, LogWriter *log, const EntryRow *row, int64 seq,
						  int64 digest, Standing *standing);
static HTAB *make_set(ClientRefs *refs, Size key_bytes);

void
client_ref_begin(ClientRefs *refs)
{
	refs->inserted = NULL;
	refs->corrected = NULL;
	refs->context = CurrentMemoryContext;
}

bool
client_ref_settle(ClientRefs *refs, LogWriter *log, EntryRow *row)
{
	if (row->isnull[COL_CLIENT_REF] && column_op_is(row, OP_INSERT))
		return true;
	if (log->map->is_older)
		return is_new_to_1_1(refs, log, row);
	return column_op_is(row, OP_INSERT) ? settle_insert(refs, log, row)
										: settle_correction(refs, log, row);
}

static bool
settle_insert(ClientRefs *refs, LogWriter *log, EntryRow *row)
{
	int64 match_id = DatumGetInt64(row->values[COL_MATCH_ID]);
	int64 digest = content_digest(row);
	Standing standing;
	int64 seq;

	if (note_inserted(refs, row))
		log_show(log);
	seq = standing_find(log->entry, GetActiveSnapshot(), match_id, row->values[COL_CLIENT_REF]);
	if (seq == 0)
	{
		row->values[COL_SAID] = Int64GetDatum(digest);
		row->isnull[COL_SAID] = false;
		return true;
	}
	read_standing(refs, log, row, seq, digest, &standing);
	if (standing.seq == 0 || saying_settle_insert(&standing, row, digest) == SAYING_KNOWN)
		return false;
	note_corrected(refs, match_id, seq);
	return true;
}

static bool
settle_correction(ClientRefs *refs, LogWriter *log, EntryRow *row)
{
	int64 match_id = DatumGetInt64(row->values[COL_MATCH_ID]);
	Standing standing;
	int64 seq;

	if (row->isnull[COL_REF_SEQ])
		name_entry(refs, log, row);
	seq = DatumGetInt64(row->values[COL_REF_SEQ]);
	if (!row->isnull[COL_CLIENT_REF] || column_op_is(row, OP_RETRACT))
	{
		read_standing(refs, log, row, seq, 0, &standing);
		if (standing.seq != 0 && saying_settle_correction(&standing, row) == SAYING_KNOWN)
			return false;
	}
	note_corrected(refs, match_id, seq);
	return true;
}

/* An entry that the same transaction has inserted has no seq yet: its client_ref names it. */
static void
name_entry(ClientRefs *refs, LogWriter *log, EntryRow *row)
{
	int64 seq;

	if (note_inserted(refs, row))
		log_show(log);
	seq = standing_find(log->entry, GetActiveSnapshot(), DatumGetInt64(row->values[COL_MATCH_ID]),
						row->values[COL_CLIENT_REF]);
	if (seq == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("there is no entry with client_ref \"%s\"",
						TextDatumGetCString(row->values[COL_CLIENT_REF])),
				 errdetail("The row that was to have it could not be flushed.")));
	row->values[COL_REF_SEQ] = Int64GetDatum(seq);
	row->isnull[COL_REF_SEQ] = false;
}

/* With the tables of version 1.1, an entry is stored once, and later sayings are dropped. */
static bool
is_new_to_1_1(ClientRefs *refs, LogWriter *log, const EntryRow *row)
{
	return row->isnull[COL_CLIENT_REF] ||
		   (!note_inserted(refs, row) &&
			standing_find(log->entry, GetActiveSnapshot(), DatumGetInt64(row->values[COL_MATCH_ID]),
						  row->values[COL_CLIENT_REF]) == 0);
}

/* Did this transaction have the client_ref before? */
static bool
note_inserted(ClientRefs *refs, const EntryRow *row)
{
	ClientRefKey key = { 0 };
	bool is_known;

	key.match_id = DatumGetInt64(row->values[COL_MATCH_ID]);
	text_to_cstring_buffer(DatumGetTextPP(row->values[COL_CLIENT_REF]), key.client_ref,
						   sizeof(key.client_ref));
	if (refs->inserted == NULL)
		refs->inserted = make_set(refs, sizeof(key));
	(void) hash_search(refs->inserted, &key, HASH_ENTER, &is_known);
	return is_known;
}

static void
note_corrected(ClientRefs *refs, int64 match_id, int64 seq)
{
	EntryKey key = { match_id, seq };

	if (refs->corrected == NULL)
		refs->corrected = make_set(refs, sizeof(key));
	(void) hash_search(refs->corrected, &key, HASH_ENTER, NULL);
}

static void
read_standing(ClientRefs *refs, LogWriter *log, const EntryRow *row, int64 seq, int64 digest,
			  Standing *standing)
{
	EntryKey key = { DatumGetInt64(row->values[COL_MATCH_ID]), seq };

	if (refs->corrected != NULL && hash_search(refs->corrected, &key, HASH_FIND, NULL) != NULL)
		log_show(log);
	(void) standing_read(log->entry, GetActiveSnapshot(), key.match_id, seq, row, digest, standing);
}

static HTAB *
make_set(ClientRefs *refs, Size key_bytes)
{
	HASHCTL control = { .keysize = key_bytes, .entrysize = key_bytes, .hcxt = refs->context };

	return hash_create("commentary client refs", 256, &control,
					   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}
