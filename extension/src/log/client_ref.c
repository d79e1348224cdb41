/*
 * client_ref.c
 *		The writer's own key: an entry is stored once for it in its match.
 *
 * A client that does not know whether its COMMIT arrived sends the row again.
 * The flusher sees all rows one after the other, so it needs no lock to tell
 * the second from the first.
 */
#include "postgres.h"

#include "access/genam.h"
#include "catalog/pg_collation.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/snapmgr.h"

#include "log/client_ref.h"
#include "tables/column_map.h"

/* validate.c lets 100 bytes pass. */
#define KEY_BYTES 104

typedef struct ClientRefKey
{
	int64 match_id;
	char client_ref[KEY_BYTES];
} ClientRefKey;

static bool is_in_log(Relation entry, int64 match_id, Datum client_ref);
static HTAB *make_set(void);

bool
client_ref_is_new(Relation entry, HTAB **seen, const EntryRow *row)
{
	ClientRefKey key = { 0 };
	bool is_seen;

	if (row->isnull[COL_CLIENT_REF])
		return true;

	key.match_id = DatumGetInt64(row->values[COL_MATCH_ID]);
	text_to_cstring_buffer(DatumGetTextPP(row->values[COL_CLIENT_REF]), key.client_ref,
						   sizeof(key.client_ref));
	if (*seen == NULL)
		*seen = make_set();
	(void) hash_search(*seen, &key, HASH_ENTER, &is_seen);
	return !is_seen && !is_in_log(entry, key.match_id, row->values[COL_CLIENT_REF]);
}

static HTAB *
make_set(void)
{
	HASHCTL control = {
		.keysize = sizeof(ClientRefKey),
		.entrysize = sizeof(ClientRefKey),
		.hcxt = CurrentMemoryContext
	};

	return hash_create("commentary client refs", 256, &control,
					   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

static bool
is_in_log(Relation entry, int64 match_id, Datum client_ref)
{
	const ColumnMap *map = column_map(MAP_LOG, entry);
	const AttrNumber *attnos = map->attnos;
	Relation index = index_open(map->indexes[INDEX_CLIENT_REF], AccessShareLock);
	ScanKeyData keys[2];
	SysScanDesc scan;
	bool found;

	ScanKeyInit(&keys[0], attnos[COL_MATCH_ID], BTEqualStrategyNumber, F_INT8EQ,
				Int64GetDatum(match_id));
	ScanKeyInit(&keys[1], attnos[COL_CLIENT_REF], BTEqualStrategyNumber, F_TEXTEQ,
				client_ref);
	keys[1].sk_collation = DEFAULT_COLLATION_OID;
	scan = systable_beginscan_ordered(entry, index, GetActiveSnapshot(), 2, keys);
	found = HeapTupleIsValid(systable_getnext_ordered(scan, ForwardScanDirection));
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	return found;
}
