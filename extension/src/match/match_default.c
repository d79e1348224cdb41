/*
 * match_default.c
 *		What a new match gets where null was given.
 *
 * A foreign table (postgres_fdw) and some ORMs send null for each column that the client has not
 * given, and then PostgreSQL applies no default.  These columns are never null, so that
 * null can only mean the default.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "match/identity.h"
#include "match/match_default.h"

#define DEFAULT_SPORT  "football"
#define DEFAULT_STATUS "scheduled"

static bool default_of(Relation match, MatchRow row, MatchColumn column, Datum *value);

HeapTuple
match_default_fill(Relation match, MatchRow row)
{
	static const MatchColumn columns[] = { MATCH_ID, MATCH_SPORT, MATCH_STATUS_WORD,
										   MATCH_CREATED_AT };
	int attnos[lengthof(columns)];
	Datum values[lengthof(columns)];
	bool isnull[lengthof(columns)] = { false };
	int count = 0;

	for (int i = 0; i < lengthof(columns); i++)
	{
		bool is_null;

		(void) match_row_get(row, columns[i], &is_null);
		if (!is_null || !default_of(match, row, columns[i], &values[count]))
			continue;
		attnos[count++] = row.map->attnos[columns[i]];
	}
	if (count == 0)
		return row.tuple;
	return heap_modify_tuple_by_cols(row.tuple, row.desc, count, attnos, values, isnull);
}

/* False: there is none. */
static bool
default_of(Relation match, MatchRow row, MatchColumn column, Datum *value)
{
	int64 number;

	switch (column)
	{
		case MATCH_ID:
			number = identity_next(match, row.map->attnos[MATCH_ID]);
			*value = Int64GetDatum(number);
			return number > 0;
		case MATCH_SPORT:
			*value = CStringGetTextDatum(DEFAULT_SPORT);
			return true;
		case MATCH_STATUS_WORD:
			*value = CStringGetTextDatum(DEFAULT_STATUS);
			return true;
		default:
			*value = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
			return true;
	}
}
