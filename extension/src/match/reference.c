/*
 * reference.c
 *		Finds the entries of the log that a new row refers to: by ref_seq, translates_seq
 *		or client_ref.
 *
 * The log is read with the newest snapshot, through its indexes, without a lock that another
 * session could wait for.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "base/value.h"
#include "match/reference.h"
#include "tables/column_map.h"
#include "tables/relations.h"

/* Fails the row: for one column of commentary.feed. */
#define fail_column(column_name, ...) \
	ereport(ERROR, (value_column_context("feed", (column_name)), __VA_ARGS__))

/* The members of an entry that are needed here. */
typedef struct FoundEntry
{
	const char *op; /* NULL: there is none */
	int64 ref_seq;	/* 0: none */
} FoundEntry;

static FoundEntry find_entry(Relation entry, ScanKeyData *keys, MapIndex index);
static Datum column_of(HeapTuple tuple, Relation entry, EntryColumn column, bool *isnull);

int64
reference_resolve(int64 match_id, int64 ref_seq)
{
	Relation entry = relations_open(relations_get()->entry, AccessShareLock);
	ScanKeyData keys[2];
	FoundEntry found;

	standing_init_keys(keys, entry, match_id, COL_SEQ, F_INT8EQ, Int64GetDatum(ref_seq));
	found = find_entry(entry, keys, INDEX_KEY);
	table_close(entry, AccessShareLock);

	if (found.op == NULL)
		fail_column("ref_seq",
					errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
					errmsg("match " INT64_FORMAT " has no entry " INT64_FORMAT, match_id, ref_seq),
					errdetail("A correction points at an entry that is in the log already."),
					errhint("Give the seq of an entry of this match; one that was just posted has it after commentary.flush()."));
	if (strcmp(found.op, OP_MATCH) == 0)
		fail_column("ref_seq",
					errcode(ERRCODE_CHECK_VIOLATION),
					errmsg("entry " INT64_FORMAT " of match " INT64_FORMAT " is a change of its state", ref_seq, match_id),
					errdetail("It repeats the state in commentary.match."),
					errhint("Correct the state with UPDATE commentary.match."));
	if (strcmp(found.op, OP_RETRACT) == 0)
		fail_column("ref_seq",
					errcode(ERRCODE_CHECK_VIOLATION),
					errmsg("entry " INT64_FORMAT " of match " INT64_FORMAT " is a retraction", ref_seq, match_id),
					errdetail("It has withdrawn entry " INT64_FORMAT ", and that cannot be taken back.", found.ref_seq),
					errhint("Post what was withdrawn as a new entry."));
	return found.ref_seq != 0 ? found.ref_seq : ref_seq;
}

int64
reference_translated(int64 original, int64 seq)
{
	Relation entry = relations_open(relations_get()->entry, AccessShareLock);
	ScanKeyData keys[2];
	FoundEntry found;

	standing_init_keys(keys, entry, original, COL_SEQ, F_INT8EQ, Int64GetDatum(seq));
	found = find_entry(entry, keys, INDEX_KEY);
	table_close(entry, AccessShareLock);
	if (found.op == NULL || (strcmp(found.op, OP_INSERT) != 0 && found.ref_seq == 0))
		fail_column("translates_seq",
					errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
					errmsg("match " INT64_FORMAT ", the original, has no line " INT64_FORMAT, original, seq),
					found.op == NULL ? errdetail("Its log has no such entry.")
									 : errdetail("That entry is a change of its state."),
					errhint("Give the seq of the line that is translated, which commentary.feed shows, or leave translates_seq null."));
	return found.ref_seq != 0 ? found.ref_seq : seq;
}

int64
reference_find_client_ref(int64 match_id, Datum client_ref)
{
	Relation entry = relations_open(relations_get()->entry, AccessShareLock);
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	int64 seq = standing_find(entry, snapshot, match_id, client_ref);

	UnregisterSnapshot(snapshot);
	table_close(entry, AccessShareLock);
	return seq;
}

bool
reference_read(int64 match_id, int64 seq, const EntryRow *asking, int64 digest, Standing *standing)
{
	Relation entry = relations_open(relations_get()->entry, AccessShareLock);
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	bool is_found = standing_read(entry, snapshot, match_id, seq, asking, digest, standing);

	UnregisterSnapshot(snapshot);
	table_close(entry, AccessShareLock);
	return is_found;
}

/* Reads an entry by two keys of an index. */
static FoundEntry
find_entry(Relation entry, ScanKeyData *keys, MapIndex index)
{
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	Oid index_id = column_map(MAP_LOG, entry)->indexes[index];
	FoundEntry found = { NULL, 0 };
	SysScanDesc scan;
	HeapTuple tuple;

	scan = systable_beginscan(entry, index_id, true, snapshot, 2, keys);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		bool isnull;
		Datum op = column_of(tuple, entry, COL_OP, &isnull);

		found.op = isnull ? "" : TextDatumGetCString(op);
		found.ref_seq = DatumGetInt64(column_of(tuple, entry, COL_REF_SEQ, &isnull));
		if (isnull)
			found.ref_seq = 0;
	}
	systable_endscan(scan);
	UnregisterSnapshot(snapshot);
	return found;
}

static Datum
column_of(HeapTuple tuple, Relation entry, EntryColumn column, bool *isnull)
{
	return heap_getattr(tuple, column_map(MAP_LOG, entry)->attnos[column],
						RelationGetDescr(entry), isnull);
}
