/*
 * validate_column.c
 *		Checks one column of a row, without regard to its other columns.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "base/value.h"
#include "write/validate_column.h"

static void check_number(const Column *column, int32 value);
static void check_seq(const Column *column, int64 value);
static void check_count(const Column *column, int64 value);
static void check_tags(const Column *column, ArrayType *tags);

void
validate_column(const EntryRow *row, EntryColumn number, Operation operation)
{
	const Column *column = &entry_columns[number];
	Datum value = row->values[number];

	if ((column->may_give & MAY_GIVE(operation)) == 0)
		fail_column(column->name,
					errcode(ERRCODE_CHECK_VIOLATION),
					errmsg("%s cannot be given here", column->name),
					errdetail("It is not a column of an entry with this op."),
					errhint("Leave %s out.", column->name));
	switch (column->check)
	{
		case CHECK_APART:
			break;
		case CHECK_NAME:
			value_check_text(FEED, column->name, value, (TextRule){ .max_bytes = column->max });
			break;
		case CHECK_NUMBER:
			check_number(column, DatumGetInt32(value));
			break;
		case CHECK_SEQ:
			check_seq(column, DatumGetInt64(value));
			break;
		case CHECK_TAGS:
			check_tags(column, DatumGetArrayTypeP(value));
			break;
		case CHECK_OBJECT:
			value_check_json(FEED, column->name, DatumGetJsonbP(value), false, column->max);
			break;
		case CHECK_COUNT:
			check_count(column, DatumGetInt64(value));
			break;
		case CHECK_TIME:
			value_check_time(FEED, column->name, DatumGetTimestampTz(value));
			break;
	}
}

/*
 * Where the log has a smallint, the feed has an integer, so that this check reports a number
 * out of range, and not a cast.  An integer in range has the same Datum as the smallint.
 */
static void
check_number(const Column *column, int32 value)
{
	if (value < 0 || value > column->max)
		fail_column(column->name,
					errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					errmsg("%s %d is out of range", column->name, value),
					errdetail("It can be 0 to %d.", column->max),
					column->instead == NULL
						? errhint("Give a number in that range, or leave %s null.", column->name)
						: errhint("Give a number in that range, or write it as a text in %s.", column->instead));
}

static void
check_seq(const Column *column, int64 value)
{
	if (value < 1 || value > MAX_WHOLE_NUMBER)
		fail_column(column->name,
					errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					errmsg("%s " INT64_FORMAT " is out of range", column->name, value),
					errdetail("It is the seq of an entry, which is 1 or more."),
					errhint("Give the seq of the line that this one translates, or leave %s null.", column->name));
}

static void
check_count(const Column *column, int64 value)
{
	if (value < 0)
		fail_column(column->name,
					errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					errmsg("%s " INT64_FORMAT " is out of range", column->name, value),
					errdetail("It can be 0 or more."),
					errhint("Give a number that rises with each version, or leave %s null.", column->name));
}

static void
check_tags(const Column *column, ArrayType *tags)
{
	Datum *elements;
	bool *nulls;
	int count = ArrayGetNItems(ARR_NDIM(tags), ARR_DIMS(tags));

	if (count > MAX_TAGS || ARR_NDIM(tags) > 1)
		fail_column(column->name,
					errcode(ERRCODE_CHECK_VIOLATION),
					errmsg("too many tags"),
					errdetail("There are %d in %d dimensions; at most %d in one are allowed.",
							  count, ARR_NDIM(tags), MAX_TAGS),
					errhint("Keep the tags that viewers search for, and put the rest into metadata."));

	deconstruct_array(tags, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		if (nulls[i])
			fail_column(column->name,
						errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("tag %d is null", i + 1),
						errdetail("A tag is a text."),
						errhint("Leave it out."));
		value_check_text(FEED, column->name, elements[i],
						 (TextRule){ .max_bytes = column->max, .cure = "Leave the tag out." });
	}
}
