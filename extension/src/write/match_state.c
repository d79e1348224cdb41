/*
 * match_state.c
 *		The state of a match, and its way into the log.
 *
 * Every change of commentary.match, in whatever way, passes the triggers here:
 * the change is staged in the same transaction, and so stands in order with
 * the commentary around it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#include "base/replication.h"
#include "base/trigger.h"
#include "base/value.h"
#include "log/body.h"
#include "match/purge.h"
#include "match/state.h"
#include "shared/change.h"
#include "staging/pending.h"
#include "tables/column_map.h"
#include "write/match_state.h"

#define MAX_NAME_BYTES	200
#define MAX_SPORT_BYTES 50
#define MAX_SCORE		9999

#define fail_column(column_name, ...) \
	ereport(ERROR, (value_column_context("match", (column_name)), __VA_ARGS__))

PG_FUNCTION_INFO_V1(commentary_check_match);
PG_FUNCTION_INFO_V1(commentary_stage_match_state);
PG_FUNCTION_INFO_V1(commentary_match_state);

/* A row of commentary.match. */
typedef struct MatchRow
{
	HeapTuple tuple;
	TupleDesc desc;
	const ColumnMap *map;
} MatchRow;

static MatchRow row_of(const TriggerData *trigger, HeapTuple tuple);
static void check_row(MatchRow row, const HeapTupleData *old);
static void check_id(MatchRow row, const HeapTupleData *old);
static void check_words(MatchRow row);
static void check_metadata(MatchRow row);
static void check_status(MatchRow row);
static void check_score(MatchRow row, MatchColumn column, const char *name);
static void check_starts_at(MatchRow row);
static Datum attribute(MatchRow row, MatchColumn column, bool *isnull);
static char *state_json(MatchRow row);
static void append_number(StringInfo json, const char *name, MatchRow row, MatchColumn column);
static void append_word(StringInfo json, const char *name, MatchRow row, MatchColumn column);
static void check_not_purging(int64 match_id);
static bool is_restoring(void);

Datum
commentary_check_match(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = trigger_data(fcinfo);
	bool is_update = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event);
	HeapTuple tuple = is_update ? trigger->tg_newtuple : trigger->tg_trigtuple;
	MatchRow row = row_of(trigger, tuple);

	/* A row that another server has taken is not for us to refuse. */
	if (!replication_is_applying())
		check_row(row, is_update ? trigger->tg_trigtuple : NULL);
	return PointerGetDatum(tuple);
}

Datum
commentary_stage_match_state(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = trigger_data(fcinfo);
	bool is_update = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event);
	MatchRow row = row_of(trigger, is_update ? trigger->tg_newtuple : trigger->tg_trigtuple);
	char *state = state_json(row);
	bool isnull;

	if (is_update)
	{
		MatchRow old = row_of(trigger, trigger->tg_trigtuple);

		if (strcmp(state_json(old), state) == 0)
			return PointerGetDatum(NULL);
	}
	change_note_match();
	if (replication_is_applying() || (!is_update && is_restoring()))
		return PointerGetDatum(NULL);
	if (!is_update)
		check_not_purging(DatumGetInt64(attribute(row, MATCH_ID, &isnull)));

	/* Once more: check_match may be off, or another trigger has changed the row since. */
	check_row(row, is_update ? trigger->tg_trigtuple : NULL);
	match_state_stage(DatumGetInt64(attribute(row, MATCH_ID, &isnull)),
					  is_update ? KIND_CHANGED : KIND_CREATED,
					  DirectFunctionCall1(jsonb_in, CStringGetDatum(state)));
	return PointerGetDatum(NULL);
}

/* match_state(match commentary.match) RETURNS jsonb */
Datum
commentary_match_state(PG_FUNCTION_ARGS)
{
	HeapTupleHeader header = PG_GETARG_HEAPTUPLEHEADER(0);
	HeapTupleData tuple = { .t_len = HeapTupleHeaderGetDatumLength(header), .t_data = header };
	ColumnMap map;
	TupleDesc desc = lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(header),
											HeapTupleHeaderGetTypMod(header));
	Datum state;

	column_map_row_type(MAP_MATCH, desc, &map);
	state = match_state_of(&tuple, desc, &map);
	ReleaseTupleDesc(desc);
	PG_RETURN_DATUM(state);
}

Datum
match_state_of(HeapTuple tuple, TupleDesc desc, const ColumnMap *map)
{
	MatchRow row = { tuple, desc, map };

	return DirectFunctionCall1(jsonb_in, CStringGetDatum(state_json(row)));
}

static MatchRow
row_of(const TriggerData *trigger, HeapTuple tuple)
{
	MatchRow row = { tuple, RelationGetDescr(trigger->tg_relation),
					 column_map(MAP_MATCH, trigger->tg_relation) };

	return row;
}

static void
check_row(MatchRow row, const HeapTupleData *old)
{
	check_id(row, old);
	check_words(row);
	check_status(row);
	check_score(row, MATCH_HOME_SCORE, "home_score");
	check_score(row, MATCH_AWAY_SCORE, "away_score");
	check_starts_at(row);
	check_metadata(row);
}

/* Its first entries would be taken for the last ones of the other match. */
static void
check_not_purging(int64 match_id)
{
	bool is_purging;

	SPI_connect();
	is_purging = purge_is_under_way(match_id);
	SPI_finish();
	if (is_purging)
		fail_column("match_id",
					errcode(ERRCODE_OBJECT_IN_USE),
					errmsg("match " INT64_FORMAT " is being purged", match_id),
					errdetail("The flusher still removes the entries of the match that had this number."),
					errhint("Leave match_id out, and a new one is given; or try again later."));
}

static void
check_id(MatchRow row, const HeapTupleData *old)
{
	bool isnull;
	int64 match_id = DatumGetInt64(attribute(row, MATCH_ID, &isnull));
	MatchRow old_row = { unconstify(HeapTupleData *, old), row.desc, row.map };

	if (isnull)
		return; /* the column's NOT NULL says it */
	if (match_id < 1)
		fail_column("match_id",
					errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					errmsg("match_id " INT64_FORMAT " is out of range", match_id),
					errdetail("Matches are numbered from 1 upwards; 0 is the lobby."),
					errhint("Leave it out, and it is given."));
	if (old != NULL &&
		DatumGetInt64(attribute(old_row, MATCH_ID, &isnull)) != match_id)
		fail_column("match_id",
					errcode(ERRCODE_CHECK_VIOLATION),
					errmsg("match_id cannot change"),
					errdetail("Its entries stay under the old number."),
					errhint("Make a new match with commentary.create_match()."));
}

static void
check_words(MatchRow row)
{
	static const struct
	{
		MatchColumn column;
		const char *name;
		int max_bytes;
	} words[] = {
		{ MATCH_SPORT, "sport", MAX_SPORT_BYTES },
		{ MATCH_HOME, "home", MAX_NAME_BYTES },
		{ MATCH_AWAY, "away", MAX_NAME_BYTES },
	};

	for (int i = 0; i < lengthof(words); i++)
	{
		bool isnull;
		Datum value = attribute(row, words[i].column, &isnull);

		if (!isnull)
			value_check_text("match", words[i].name, value, words[i].max_bytes, false);
	}
}

/* Clients read it in SQL, in any client encoding. */
static void
check_metadata(MatchRow row)
{
	bool isnull;
	Datum value = attribute(row, MATCH_METADATA, &isnull);
	Jsonb *metadata;
	char *json;
	int len;

	if (isnull)
		return;
	metadata = DatumGetJsonbP(value);
	json = JsonbToCString(NULL, &metadata->root, VARSIZE(metadata));
	len = strlen(json);
	(void) value_as_utf8("match", "metadata", json, &len);
	pfree(json);
}

static void
check_status(MatchRow row)
{
	bool isnull;
	Datum value = attribute(row, MATCH_STATUS_WORD, &isnull);

	if (isnull)
		fail_column("status",
					errcode(ERRCODE_NOT_NULL_VIOLATION),
					errmsg("status is missing"),
					errdetail("Viewers are shown the status of every match."),
					errhint("Give one of scheduled, live, paused, finished and abandoned."));
	if (state_is_status(TextDatumGetCString(value)))
		return;
	fail_column("status",
				errcode(ERRCODE_CHECK_VIOLATION),
				errmsg("unknown status \"%s\"", value_excerpt(DatumGetTextPP(value))),
				errdetail("There are scheduled, live, paused, finished and abandoned."),
				errhint("Use one of them."));
}

static void
check_score(MatchRow row, MatchColumn column, const char *name)
{
	bool isnull;
	int32 score = DatumGetInt32(attribute(row, column, &isnull));

	if (!isnull && (score < 0 || score > MAX_SCORE))
		fail_column(name,
					errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					errmsg("%s %d is out of range", name, score),
					errdetail("It can be 0 to %d.", MAX_SCORE),
					errhint("Give a number in that range, or leave %s null until it is known.", name));
}

static void
check_starts_at(MatchRow row)
{
	bool isnull;
	TimestampTz starts_at = DatumGetTimestampTz(attribute(row, MATCH_STARTS_AT, &isnull));

	if (!isnull)
		value_check_time("match", "starts_at", starts_at);
}

static Datum
attribute(MatchRow row, MatchColumn column, bool *isnull)
{
	return heap_getattr(row.tuple, row.map->attnos[column], row.desc, isnull);
}

/* What viewers see of a match; what is null is left out. */
static char *
state_json(MatchRow row)
{
	StringInfoData json;
	bool isnull;
	Datum starts_at = attribute(row, MATCH_STARTS_AT, &isnull);

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	append_number(&json, "match", row, MATCH_ID);
	append_word(&json, "sport", row, MATCH_SPORT);
	append_word(&json, "home", row, MATCH_HOME);
	append_word(&json, "away", row, MATCH_AWAY);
	append_word(&json, "status", row, MATCH_STATUS_WORD);
	if (!isnull)
		body_append_time(&json, "starts_at", DatumGetTimestampTz(starts_at));
	append_number(&json, "home_score", row, MATCH_HOME_SCORE);
	append_number(&json, "away_score", row, MATCH_AWAY_SCORE);
	appendStringInfoChar(&json, '}');
	return json.data;
}

static void
append_number(StringInfo json, const char *name, MatchRow row, MatchColumn column)
{
	bool isnull;
	Datum value = attribute(row, column, &isnull);

	if (!isnull)
		body_append_integer(json, name,
							column == MATCH_ID ? DatumGetInt64(value)
											   : DatumGetInt32(value));
}

static void
append_word(StringInfo json, const char *name, MatchRow row, MatchColumn column)
{
	bool isnull;
	Datum value = attribute(row, column, &isnull);

	if (!isnull)
		body_append_text(json, name, value);
}

void
match_state_stage(int64 match_id, const char *kind, Datum state)
{
	EntryRow row;

	memset(row.isnull, true, sizeof(row.isnull));
	row.values[COL_MATCH_ID] = Int64GetDatum(match_id);
	row.values[COL_OP] = CStringGetTextDatum(OP_MATCH);
	row.values[COL_KIND] = CStringGetTextDatum(kind);
	row.values[COL_METADATA] = state;
	row.values[COL_CREATED_AT] = TimestampTzGetDatum(GetCurrentTimestamp());
	row.isnull[COL_MATCH_ID] = row.isnull[COL_OP] = row.isnull[COL_KIND] =
		row.isnull[COL_METADATA] = row.isnull[COL_CREATED_AT] = false;
	pending_put(&row);
}

/*
 * pg_restore brings the log as well, with --jobs perhaps later than the matches:
 * an entry of ours would take the seq of one that is still to come.  In a dump
 * of SQL the log stands first, and the state that we stage is its newest already.
 */
static bool
is_restoring(void)
{
	return strcmp(application_name, "pg_restore") == 0;
}
