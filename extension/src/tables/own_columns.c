/*
 * own_columns.c
 *		The columns of our bookkeeping that our statements name.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "tables/own_columns.h"

const OwnColumn epoch_columns[] = {
	{ "epoch", TEXTOID, false },
	{ "system_identifier", TEXTOID, false },
	{ "timeline", INT8OID, false },
	{ "started_at", TIMESTAMPTZOID, false },
	{ "epoch_no", INT8OID, true },
	{ "place", TEXTOID, true },
	{ NULL, InvalidOid, false },
};

const OwnColumn purging_columns[] = {
	{ "match_id", INT8OID, false },
	{ "error", TEXTOID, false },
	{ "below_seq", INT8OID, false },
	{ NULL, InvalidOid, false },
};

const OwnColumn rejected_columns[NUM_REJECTED_COLUMNS + 1] = {
	{ "rejected_id", INT8OID, false },
	{ "rejected_at", TIMESTAMPTZOID, false },
	{ "sqlstate", TEXTOID, false },
	{ "error", TEXTOID, false },
	{ "detail", TEXTOID, false },
	{ "wants_replay", BOOLOID, false },
	{ "after_seq", INT8OID, true },
	{ NULL, InvalidOid, false },
};
