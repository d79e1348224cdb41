/*
 * standing.c
 *		An entry as it is now: its insert with its corrections applied.
 *
 * It is read from the log through its indexes.  All corrections of the entry are read, so the
 * cost grows with their number.  Inserts without a client_ref never need it.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "catalog/pg_collation.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"

#include "match/content.h"
#include "match/standing.h"
#include "tables/column_map.h"

static bool read_insert(Relation entry, Snapshot snapshot, int64 match_id, int64 seq,
						EntryRow *row);
static SysScanDesc begin_scan(Relation entry, MapIndex number, Snapshot snapshot, ScanKeyData *keys,
							  Relation *index);
static void read_copy(Relation entry, HeapTuple tuple, EntryRow *row);
static void begin(Standing *standing, const EntryRow *asking, int64 digest);
static void add_correction(Standing *standing, const EntryRow *correction, const EntryRow *asking,
						   int64 digest);
static void add_saying(Standing *standing, const EntryRow *row, int64 digest);
static void reinstate(Standing *standing, const EntryRow *row);
static bool has_same_ref(const EntryRow *left, const EntryRow *right);

bool
standing_read(Relation entry, Snapshot snapshot, int64 match_id, int64 seq, const EntryRow *asking,
			  int64 digest, Standing *standing)
{
	ScanKeyData keys[2];
	Relation index;
	SysScanDesc scan;
	HeapTuple tuple;

	memset(standing, 0, sizeof(Standing));
	if (!read_insert(entry, snapshot, match_id, seq, &standing->now))
		return false;
	standing->seq = seq;
	begin(standing, asking, digest);

	standing_init_keys(keys, entry, match_id, COL_REF_SEQ, F_INT8EQ, Int64GetDatum(seq));
	scan = begin_scan(entry, INDEX_CORRECTION, snapshot, keys, &index);
	while (HeapTupleIsValid(tuple = systable_getnext_ordered(scan, ForwardScanDirection)))
	{
		EntryRow correction;

		read_copy(entry, tuple, &correction);
		add_correction(standing, &correction, asking, digest);
	}
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	return true;
}

int64
standing_find(Relation entry, Snapshot snapshot, int64 match_id, Datum client_ref)
{
	ScanKeyData keys[2];
	Relation index;
	SysScanDesc scan;
	HeapTuple tuple;
	int64 seq = 0;
	bool isnull;

	standing_init_keys(keys, entry, match_id, COL_CLIENT_REF, F_TEXTEQ, client_ref);
	keys[1].sk_collation = DEFAULT_COLLATION_OID;
	scan = begin_scan(entry, INDEX_CLIENT_REF, snapshot, keys, &index);
	tuple = systable_getnext_ordered(scan, ForwardScanDirection);
	if (HeapTupleIsValid(tuple))
		seq = DatumGetInt64(heap_getattr(tuple, column_map(MAP_LOG, entry)->attnos[COL_SEQ],
										 RelationGetDescr(entry), &isnull));
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	return seq;
}

void
standing_apply(EntryRow *row, const EntryRow *correction)
{
	Datum *names;
	bool *nulls;
	int count;

	for (EntryColumn i = 0; i < NUM_ENTRY_COLUMNS; i++)
	{
		if (!column_is_content(i) || correction->isnull[i])
			continue;
		row->values[i] = correction->values[i];
		row->isnull[i] = false;
	}
	if (correction->isnull[COL_CLEAR])
		return;
	deconstruct_array(DatumGetArrayTypeP(correction->values[COL_CLEAR]), TEXTOID, -1, false,
					  TYPALIGN_INT, &names, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		text *name = nulls[i] ? NULL : DatumGetTextPP(names[i]);
		EntryColumn column = name == NULL
								 ? NUM_ENTRY_COLUMNS
								 : column_to_clear(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));

		if (column < NUM_ENTRY_COLUMNS)
			column_set_null(row, column);
	}
}

static bool
read_insert(Relation entry, Snapshot snapshot, int64 match_id, int64 seq, EntryRow *row)
{
	ScanKeyData keys[2];
	Relation index;
	SysScanDesc scan;
	HeapTuple tuple;
	bool is_found;

	standing_init_keys(keys, entry, match_id, COL_SEQ, F_INT8EQ, Int64GetDatum(seq));
	scan = begin_scan(entry, INDEX_KEY, snapshot, keys, &index);
	tuple = systable_getnext_ordered(scan, ForwardScanDirection);
	is_found = HeapTupleIsValid(tuple);
	if (is_found)
		read_copy(entry, tuple, row);
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	return is_found && column_op_is(row, OP_INSERT);
}

static SysScanDesc
begin_scan(Relation entry, MapIndex number, Snapshot snapshot, ScanKeyData *keys, Relation *index)
{
	*index = index_open(column_map(MAP_LOG, entry)->indexes[number], AccessShareLock);
	return systable_beginscan_ordered(entry, *index, snapshot, 2, keys);
}

static void
read_copy(Relation entry, HeapTuple tuple, EntryRow *row)
{
	Datum values[MaxHeapAttributeNumber];
	bool isnull[MaxHeapAttributeNumber];

	heap_deform_tuple(heap_copytuple(tuple), RelationGetDescr(entry), values, isnull);
	column_map_read(column_map(MAP_LOG, entry), values, isnull, row);
}

static void
begin(Standing *standing, const EntryRow *asking, int64 digest)
{
	standing->said = standing->now;
	add_saying(standing, &standing->now, digest);
}

static void
add_correction(Standing *standing, const EntryRow *correction, const EntryRow *asking, int64 digest)
{
	bool is_own = has_same_ref(correction, &standing->said);

	if (asking != NULL && has_same_ref(correction, asking) && !asking->isnull[COL_OP] &&
		column_op_is(correction, TextDatumGetCString(asking->values[COL_OP])))
		standing->is_keyed = true;

	if (column_op_is(correction, OP_RETRACT))
	{
		standing->is_retracted = true;
		standing->retracted_seq = DatumGetInt64(correction->values[COL_SEQ]);
		standing->has_retracted_ref = !correction->isnull[COL_CLIENT_REF];
		standing->retracted_ref = correction->values[COL_CLIENT_REF];
		return;
	}
	if (column_op_is(correction, OP_REINSTATE))
		reinstate(standing, correction);
	else
	{
		standing_apply(&standing->now, correction);
		if (is_own)
			standing_apply(&standing->said, correction);
	}
	if (is_own)
		add_saying(standing, correction, digest);
}

/* Entries that version 1.1 stored have no digest: then it is computed from the columns. */
static void
add_saying(Standing *standing, const EntryRow *row, int64 digest)
{
	standing->last_said = row->isnull[COL_SAID] ? content_digest(&standing->said)
												: DatumGetInt64(row->values[COL_SAID]);
	standing->was_said |= standing->last_said == digest;
	if (row->isnull[COL_CLIENT_VERSION])
		return;
	standing->version = standing->has_version
							? Max(standing->version, DatumGetInt64(row->values[COL_CLIENT_VERSION]))
							: DatumGetInt64(row->values[COL_CLIENT_VERSION]);
	standing->has_version = true;
}

/*
 * An entry of op reinstate has all columns of the entry as it is now.  Its differences from
 * before come from the row of the client_ref that reinstated it.
 */
static void
reinstate(Standing *standing, const EntryRow *row)
{
	standing->is_retracted = false;
	for (EntryColumn i = 0; i < NUM_ENTRY_COLUMNS; i++)
	{
		if (!column_is_content(i))
			continue;
		if (!content_is_equal(&standing->now, row, i))
		{
			standing->said.values[i] = row->values[i];
			standing->said.isnull[i] = row->isnull[i];
		}
		standing->now.values[i] = row->values[i];
		standing->now.isnull[i] = row->isnull[i];
	}
}

static bool
has_same_ref(const EntryRow *left, const EntryRow *right)
{
	return !left->isnull[COL_CLIENT_REF] && content_is_equal(left, right, COL_CLIENT_REF);
}

void
standing_init_keys(ScanKeyData *keys, Relation entry, int64 match_id, EntryColumn column,
				   RegProcedure equal, Datum value)
{
	const AttrNumber *attnos = column_map(MAP_LOG, entry)->attnos;

	ScanKeyInit(&keys[0], attnos[COL_MATCH_ID], BTEqualStrategyNumber, F_INT8EQ,
				Int64GetDatum(match_id));
	ScanKeyInit(&keys[1], attnos[column], BTEqualStrategyNumber, equal, value);
}
