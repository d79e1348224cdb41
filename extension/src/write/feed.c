/*
 * feed.c
 *		The ways in which rows come in: INSERT INTO commentary.feed, post(), amend(),
 *		retract().
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "base/trigger.h"
#include "base/value.h"
#include "shared/shared.h"
#include "tables/arguments.h"
#include "tables/column_map.h"
#include "tables/relations.h"
#include "write/feed_insert.h"
#include "write/stored.h"
#include "write/validate.h"

PG_FUNCTION_INFO_V1(commentary_stage_feed_row);
PG_FUNCTION_INFO_V1(commentary_post);
PG_FUNCTION_INFO_V1(commentary_amend);
PG_FUNCTION_INFO_V1(commentary_retract);

static int64 last_staged = 0; /* the number of the row that the last INSERT staged; 0: none */

static void read_feed_row(Relation feed, HeapTuple tuple, EntryRow *row);
static void fail_unknown(const char *column);
static HeapTuple form_feed_row(Relation feed, const EntryRow *row);
static int64 stage_arguments(FunctionCallInfo fcinfo, const char *op);
static void check_privilege(void);

/*
 * INSTEAD OF INSERT ON commentary.feed.  Returns the row for RETURNING, with its defaults.
 * seq is null, unless the row's client_ref is in the log already.
 */
Datum
commentary_stage_feed_row(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = trigger_data(fcinfo, TRIGGER_EVENT_ROW | TRIGGER_EVENT_INSTEAD,
										TRIGGER_ON(INSERT));
	Relation feed = trigger->tg_relation;
	EntryRow row;
	int64 seq;

	shared_require();
	read_feed_row(feed, trigger->tg_trigtuple, &row);
	validate_row(&row);
	if (stored_is_known(&row, &seq))
		last_staged = 0;
	else
		last_staged = stored_put(&row, seq);
	row.values[COL_SEQ] = Int64GetDatum(seq);
	row.isnull[COL_SEQ] = seq == 0;
	return PointerGetDatum(form_feed_row(feed, &row));
}

static void
read_feed_row(Relation feed, HeapTuple tuple, EntryRow *row)
{
	TupleDesc desc = RelationGetDescr(feed);
	const ColumnMap *map = column_map(MAP_FEED, feed);
	Datum values[MaxTupleAttributeNumber];
	bool isnull[MaxTupleAttributeNumber];

	heap_deform_tuple(tuple, desc, values, isnull);
	for (int i = 0; map->num_others > 0 && i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		if (!attribute->attisdropped && !isnull[i] && !shape_has(map, attribute->attnum))
			fail_unknown(NameStr(attribute->attname));
	}
	column_map_read(map, values, isnull, row);
}

/* A DBA has added this column to the view.  Staging does not have it, so it can only be read. */
static void
fail_unknown(const char *column)
{
	ereport(ERROR,
			(value_column_context("feed", column),
			 errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("cannot insert a value into column \"%s\" of commentary.feed", column),
			 errdetail("It is not a column of an entry; it was added to the view, and can only be read."),
			 errhint("Leave it out, and put the value into metadata or tags.")));
}

static HeapTuple
form_feed_row(Relation feed, const EntryRow *row)
{
	Datum values[MaxTupleAttributeNumber];
	bool isnull[MaxTupleAttributeNumber];

	column_map_write(column_map(MAP_FEED, feed), row, values, isnull);
	return heap_form_tuple(RelationGetDescr(feed), values, isnull);
}

Datum
commentary_post(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(stage_arguments(fcinfo, OP_INSERT));
}

Datum
commentary_amend(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(stage_arguments(fcinfo, OP_AMEND));
}

Datum
commentary_retract(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(stage_arguments(fcinfo, OP_RETRACT));
}

static int64
stage_arguments(FunctionCallInfo fcinfo, const char *op)
{
	EntryRow row;
	int64 seq;

	shared_require();
	PreventCommandIfReadOnly("INSERT INTO commentary.feed");
	PreventCommandIfParallelMode("INSERT INTO commentary.feed");
	check_privilege();

	arguments_read(fcinfo, &row);
	row.values[COL_OP] = CStringGetTextDatum(op);
	row.isnull[COL_OP] = false;
	if (unlikely(feed_insert_is_needed(commentary_stage_feed_row)))
	{
		last_staged = 0;
		feed_insert(&row);
		return last_staged;
	}
	validate_row(&row);
	return stored_is_known(&row, &seq) ? 0 : stored_put(&row, seq);
}

/* The functions may do what INSERT INTO commentary.feed may do. */
static void
check_privilege(void)
{
	AclResult result;

	if (!OidIsValid(relations_get()->feed))
		(void) relations_find("feed"); /* says that it is missing */
	result = pg_class_aclcheck(relations_get()->feed, GetUserId(), ACL_INSERT);

	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_VIEW, "commentary.feed");
}
