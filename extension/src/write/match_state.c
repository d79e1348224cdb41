/*
 * match_state.c
 *		The state of a match, and its way into the log.
 *
 * Every change of commentary.match fires the triggers here.  They stage the change in the
 * same transaction, so that it keeps its place among the lines before and after it.
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
#include "match/identity.h"
#include "match/match_check.h"
#include "match/match_default.h"
#include "match/match_row.h"
#include "match/purge.h"
#include "match/translation.h"
#include "shared/change.h"
#include "staging/pending.h"
#include "tables/column_map.h"
#include "write/match_state.h"

#define fail_column(column_name, ...) \
	ereport(ERROR, (value_column_context("match", (column_name)), __VA_ARGS__))

PG_FUNCTION_INFO_V1(commentary_check_match);
PG_FUNCTION_INFO_V1(commentary_stage_match_state);
PG_FUNCTION_INFO_V1(commentary_match_state);

static MatchRow row_of(const TriggerData *trigger, HeapTuple tuple);
static char *state_json(MatchRow row, bool has_metadata);
static void append_column(StringInfo json, const MatchColumnInfo *column, Datum value);
static void check_not_purging(int64 match_id);
static bool is_restoring(void);

Datum
commentary_check_match(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = trigger_data(fcinfo, TRIGGER_EVENT_ROW | TRIGGER_EVENT_BEFORE,
										TRIGGER_ON(INSERT) | TRIGGER_ON(UPDATE));
	bool is_update = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event);
	HeapTuple tuple = is_update ? trigger->tg_newtuple : trigger->tg_trigtuple;

	/* Another server has accepted this row already, so it is not refused here. */
	if (replication_is_applying())
		return PointerGetDatum(tuple);
	if (!is_update)
		tuple = match_default_fill(trigger->tg_relation, row_of(trigger, tuple));
	tuple = match_check_without_empty(row_of(trigger, tuple));
	match_check(row_of(trigger, tuple),
				row_of(trigger, is_update ? trigger->tg_trigtuple : NULL));
	return PointerGetDatum(tuple);
}

Datum
commentary_stage_match_state(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = trigger_data(fcinfo, TRIGGER_EVENT_ROW | TRIGGER_EVENT_AFTER,
										TRIGGER_ON(INSERT) | TRIGGER_ON(UPDATE));
	bool is_update = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event);
	MatchRow row = row_of(trigger, is_update ? trigger->tg_newtuple : trigger->tg_trigtuple);
	MatchRow old = row_of(trigger, is_update ? trigger->tg_trigtuple : NULL);
	char *state = state_json(row, true);
	bool isnull;
	int64 match_id = DatumGetInt64(match_row_get(row, MATCH_ID, &isnull));

	if (is_update && strcmp(state_json(old, true), state) == 0)
		return PointerGetDatum(NULL);
	change_note_match();

	/*
	 * Logical replication does not carry sequences.  A follower counts on here, so that it
	 * gives no number twice after its promotion.
	 */
	if (!is_update && replication_is_applying())
		identity_pass(trigger->tg_relation, row.map->attnos[MATCH_ID], match_id);
	if (replication_is_applying() || (!is_update && is_restoring()))
		return PointerGetDatum(NULL);
	if (!is_update)
		check_not_purging(match_id);

	/* Check again: check_match may be disabled, or a later trigger has changed the row. */
	match_check(row, old);
	if (!is_update)
		identity_pass(trigger->tg_relation, row.map->attnos[MATCH_ID], match_id);
	match_state_stage(match_id, is_update ? KIND_CHANGED : KIND_CREATED,
					  DirectFunctionCall1(jsonb_in, CStringGetDatum(state)));
	if (is_update)
		translation_follow(trigger->tg_relation, row);
	translation_list(trigger->tg_relation, row, old);
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
	state = match_state_of(&tuple, desc, &map, true);
	ReleaseTupleDesc(desc);
	PG_RETURN_DATUM(state);
}

Datum
match_state_of(HeapTuple tuple, TupleDesc desc, const ColumnMap *map, bool has_metadata)
{
	MatchRow row = { tuple, desc, map };

	return DirectFunctionCall1(jsonb_in, CStringGetDatum(state_json(row, has_metadata)));
}

static MatchRow
row_of(const TriggerData *trigger, HeapTuple tuple)
{
	MatchRow row = { tuple, RelationGetDescr(trigger->tg_relation),
					 column_map(MAP_MATCH, trigger->tg_relation) };

	return row;
}

/*
 * The number belonged to a match whose entries are still being removed: the first entries of
 * the new match would be removed with them.
 */
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

/* What viewers see of a match.  Columns that are null are left out. */
static char *
state_json(MatchRow row, bool has_metadata)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	for (int i = 0; i < NUM_MATCH_COLUMNS; i++)
	{
		bool isnull;
		Datum value = match_row_get(row, i, &isnull);

		if (!isnull && (i != MATCH_METADATA || (has_metadata && match_check_shows_metadata(row))))
			append_column(&json, &match_columns[i], value);
	}
	appendStringInfoChar(&json, '}');
	return json.data;
}

static void
append_column(StringInfo json, const MatchColumnInfo *column, Datum value)
{
	switch (column->form)
	{
		case MATCH_FORM_APART:
			break;
		case MATCH_FORM_REQUIRED:
		case MATCH_FORM_TEXT:
			body_append_text(json, column->member, value);
			break;
		case MATCH_FORM_SCORE:
			body_append_integer(json, column->member, DatumGetInt32(value));
			break;
		case MATCH_FORM_NUMBER:
			body_append_integer(json, column->member, DatumGetInt64(value));
			break;
		case MATCH_FORM_TIME:
			body_append_time(json, column->member, DatumGetTimestampTz(value));
			break;
		case MATCH_FORM_JSON:
			body_append_jsonb(json, column->member, value);
			break;
	}
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
 * pg_restore restores the log as well, with --jobs perhaps later than the matches: an entry
 * that is staged here would take the seq of an entry that is still to be restored.  In a dump
 * of SQL the log stands before the matches, so the state that is staged is the same as the
 * newest one in the log.
 */
static bool
is_restoring(void)
{
	return strcmp(application_name, "pg_restore") == 0;
}
