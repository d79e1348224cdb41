/*
 * feed_change.c
 *		UPDATE and DELETE on commentary.feed: amendments and retractions.
 *
 * An UPDATE amends the columns that it changes and no others.  An UPDATE that changes
 * nothing succeeds, and its row is counted, because ORMs send such statements.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/rel.h"

#include "base/trigger.h"
#include "base/value.h"
#include "match/content.h"
#include "shared/shared.h"
#include "tables/column_map.h"
#include "write/overlay.h"
#include "write/stored.h"
#include "write/validate.h"

PG_FUNCTION_INFO_V1(commentary_change_feed_row);

static void read_row(Relation feed, HeapTuple tuple, EntryRow *row);
static HeapTuple form_changed(Relation feed, HeapTuple tuple, const EntryRow *after);
static void take_given(const EntryRow *before, EntryRow *after);
static void check_others(Relation feed, HeapTuple before, HeapTuple after);
static void check_fixed(const EntryRow *before, const EntryRow *after);
static void check_message(const EntryRow *after);
static bool make_amendment(const EntryRow *before, const EntryRow *after, EntryRow *row);
static void begin_correction(const EntryRow *before, const char *op, EntryRow *row);
static void stage(EntryRow *row);

/* INSTEAD OF UPDATE OR DELETE ON commentary.feed */
Datum
commentary_change_feed_row(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = trigger_data(fcinfo, TRIGGER_EVENT_ROW | TRIGGER_EVENT_INSTEAD,
										TRIGGER_ON(UPDATE) | TRIGGER_ON(DELETE));
	Relation feed = trigger->tg_relation;
	EntryRow before;
	EntryRow after;
	EntryRow row;

	shared_require();
	read_row(feed, trigger->tg_trigtuple, &before);
	if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
	{
		begin_correction(&before, OP_RETRACT, &row);
		stage(&row);
		return PointerGetDatum(trigger->tg_trigtuple);
	}
	check_others(feed, trigger->tg_trigtuple, trigger->tg_newtuple);
	read_row(feed, trigger->tg_newtuple, &after);
	take_given(&before, &after);
	check_fixed(&before, &after);
	check_message(&after);
	if (make_amendment(&before, &after, &row))
		stage(&row);
	return PointerGetDatum(form_changed(feed, trigger->tg_newtuple, &after));
}

/* The row for RETURNING: with the values that the server gives, and the columns of others. */
static HeapTuple
form_changed(Relation feed, HeapTuple tuple, const EntryRow *after)
{
	const ColumnMap *map = column_map(MAP_FEED, feed);
	Datum values[MaxTupleAttributeNumber];
	bool isnull[MaxTupleAttributeNumber];

	heap_deform_tuple(tuple, RelationGetDescr(feed), values, isnull);
	for (int i = 0; i < NUM_ENTRY_COLUMNS; i++)
	{
		AttrNumber attno = map->attnos[i];

		if (attno == 0)
			continue;
		values[attno - 1] = after->values[i];
		isnull[attno - 1] = after->isnull[i];
	}
	return heap_form_tuple(RelationGetDescr(feed), values, isnull);
}

static void
read_row(Relation feed, HeapTuple tuple, EntryRow *row)
{
	Datum values[MaxTupleAttributeNumber];
	bool isnull[MaxTupleAttributeNumber];

	heap_deform_tuple(tuple, RelationGetDescr(feed), values, isnull);
	column_map_read(column_map(MAP_FEED, feed), values, isnull, row);
}

/*
 * Null in a column that the server fills means "not given", as it does in an INSERT: an ORM
 * inserts an object without the value, and sends its null again with each UPDATE.
 */
static void
take_given(const EntryRow *before, EntryRow *after)
{
	static const EntryColumn given[] = { COL_SEQ, COL_OP, COL_CREATED_AT };

	for (int i = 0; i < lengthof(given); i++)
	{
		if (!after->isnull[given[i]])
			continue;
		after->values[given[i]] = before->values[given[i]];
		after->isnull[given[i]] = before->isnull[given[i]];
	}
	if (after->isnull[COL_KIND])
		column_set_text(after, COL_KIND, KIND_DEFAULT);
}

/* Columns that others have added to the view can only be read. */
static void
check_others(Relation feed, HeapTuple before, HeapTuple after)
{
	TupleDesc desc = RelationGetDescr(feed);
	const ColumnMap *map = column_map(MAP_FEED, feed);

	for (int i = 0; map->num_others > 0 && i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);
		bool was_null;
		bool is_null;
		Datum old;
		Datum new;

		if (attribute->attisdropped || shape_has(map, attribute->attnum))
			continue;
		old = heap_getattr(before, attribute->attnum, desc, &was_null);
		new = heap_getattr(after, attribute->attnum, desc, &is_null);
		if (was_null != is_null ||
			(!is_null && !datum_image_eq(old, new, attribute->attbyval, attribute->attlen)))
			ereport(ERROR,
					(value_column_context("feed", NameStr(attribute->attname)),
					 errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("cannot change column \"%s\" of commentary.feed", NameStr(attribute->attname)),
					 errdetail("It is not a column of an entry; it was added to the view, and can only be read."),
					 errhint("Leave it out, and put the value into metadata or tags.")));
	}
}

static void
check_fixed(const EntryRow *before, const EntryRow *after)
{
	for (EntryColumn i = 0; i < NUM_STAGED_COLUMNS; i++)
	{
		const char *name = entry_columns[i].name;

		if (column_is_content(i) || i == COL_CLIENT_VERSION || content_is_equal(before, after, i))
			continue;
		ereport(ERROR,
				(value_column_context("feed", name),
				 errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot change %s of an entry", name),
				 errdetail("It says which entry it is, and when it was written."),
				 errhint("UPDATE the columns that tell of the event, such as message or minute, and have your ORM leave %s out; to move an entry, DELETE it and INSERT another.", name)));
	}
}

static void
check_message(const EntryRow *after)
{
	if (after->isnull[COL_MESSAGE])
		ereport(ERROR,
				(value_column_context("feed", "message"),
				 errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("message cannot be null"),
				 errdetail("Each line of commentary has a text."),
				 errhint("Give the new text; DELETE withdraws the line.")));
}

/* False: the UPDATE changes nothing. */
static bool
make_amendment(const EntryRow *before, const EntryRow *after, EntryRow *row)
{
	Datum cleared[NUM_ENTRY_COLUMNS];
	int num_cleared = 0;
	bool is_changed = false;

	begin_correction(before, OP_AMEND, row);
	for (EntryColumn i = 0; i < NUM_STAGED_COLUMNS; i++)
	{
		if (!column_is_content(i) && i != COL_CLIENT_VERSION)
			continue;
		if (content_is_equal(before, after, i))
			continue;
		is_changed = true;
		row->values[i] = after->values[i];
		row->isnull[i] = after->isnull[i];
		if (after->isnull[i])
			cleared[num_cleared++] = CStringGetTextDatum(entry_columns[i].name);
	}
	if (num_cleared > 0)
	{
		row->values[COL_CLEAR] = PointerGetDatum(
			construct_array(cleared, num_cleared, TEXTOID, -1, false, TYPALIGN_INT));
		row->isnull[COL_CLEAR] = false;
	}
	return is_changed;
}

/* Names the entry by its seq.  A row of this transaction has none: its client_ref names it. */
static void
begin_correction(const EntryRow *before, const char *op, EntryRow *row)
{
	memset(row->values, 0, sizeof(row->values));
	memset(row->isnull, true, sizeof(row->isnull));
	column_set_text(row, COL_OP, op);
	row->values[COL_MATCH_ID] = before->values[COL_MATCH_ID];
	row->isnull[COL_MATCH_ID] = false;
	if (!before->isnull[COL_SEQ])
	{
		row->values[COL_REF_SEQ] = before->values[COL_SEQ];
		row->isnull[COL_REF_SEQ] = false;
		return;
	}
	if (before->isnull[COL_CLIENT_REF])
		ereport(ERROR,
				(value_column_context("feed", "client_ref"),
				 errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("a row without a client_ref cannot be changed in the transaction that inserts it"),
				 errdetail("It gets its seq at COMMIT, and nothing else names it until then."),
				 errhint("INSERT it with a client_ref of your own, such as a UUID, or change it after COMMIT.")));
	row->values[COL_CLIENT_REF] = before->values[COL_CLIENT_REF];
	row->isnull[COL_CLIENT_REF] = false;
}

static void
stage(EntryRow *row)
{
	int64 seq;

	validate_row(row);
	if (!stored_is_known(row, &seq))
		(void) stored_put(row, seq);
}
