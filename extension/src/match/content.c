/*
 * content.c
 *		Compares what rows say of an event, and makes a digest of it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "utils/datum.h"

#include "base/compat.h"
#include "match/content.h"

static uint64 add_bytes(uint64 digest, const char *bytes, int length);

int64
content_digest(const EntryRow *row)
{
	uint64 digest = 0;

	for (EntryColumn i = 0; i < NUM_ENTRY_COLUMNS; i++)
	{
		const Column *column = &entry_columns[i];

		if (!column_is_content(i) || row->isnull[i])
			continue;
		digest = add_bytes(digest, column->name, strlen(column->name));
		if (!content_is_by_value(i))
		{
			struct varlena *value = PG_DETOAST_DATUM_PACKED(row->values[i]);

			digest = add_bytes(digest, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
		}
		else
			digest = hash_combine64(digest, hash_bytes_uint32_extended(0, row->values[i]));
	}
	return (int64) digest;
}

static uint64
add_bytes(uint64 digest, const char *bytes, int length)
{
	return hash_combine64(digest, hash_bytes_extended((const unsigned char *) bytes, length, 0));
}

bool
content_is_equal(const EntryRow *left, const EntryRow *right, EntryColumn column)
{
	if (left->isnull[column] || right->isnull[column])
		return left->isnull[column] && right->isnull[column];
	if (content_is_by_value(column))
		return left->values[column] == right->values[column];
	return datum_image_eq(left->values[column], right->values[column], false, -1);
}

bool
content_is_by_value(EntryColumn column)
{
	switch (entry_columns[column].type)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case TIMESTAMPTZOID:
			return true;
		default:
			return false;
	}
}
