/*
 * validate.c
 *		Checks the rows that clients write, before they are staged.
 *
 * No check takes a lock that another writer may wait for.  The usual check that the match
 * exists, a foreign key on staging, would write WAL for each row and halve the throughput.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/settings.h"
#include "base/value.h"
#include "match/match.h"
#include "match/reference.h"
#include "write/overlay.h"
#include "write/validate.h"
#include "write/validate_column.h"

static Operation check_operation(EntryRow *row);
static void empty_to_null(EntryRow *row, Operation operation);
static int64 check_match(const EntryRow *row, Operation operation);
static bool is_stored(const EntryRow *row);
static bool is_named(const EntryRow *row, int64 match_id);
static void check_reference(EntryRow *row, Operation operation, int64 match_id);
static void check_translated(EntryRow *row, int64 match_id);
static void check_message(EntryRow *row, Operation operation);
static void check_clear(EntryRow *row);
static EntryColumn check_cleared(const EntryRow *row, Datum name, bool isnull);
static void check_change(const EntryRow *row);
static void check_kind(EntryRow *row, Operation operation);
static void default_created_at(EntryRow *row);

void
validate_row(EntryRow *row)
{
	Operation operation = check_operation(row);
	int64 match_id;

	empty_to_null(row, operation);
	match_id = check_match(row, operation);
	check_reference(row, operation, match_id);
	check_message(row, operation);
	check_kind(row, operation);
	if (operation == OPERATION_AMEND)
	{
		check_clear(row);
		check_change(row);
	}
	for (int i = 0; i < NUM_ENTRY_COLUMNS; i++)
	{
		if (!row->isnull[i])
			validate_column(row, i, operation);
	}
	if (!row->isnull[COL_TRANSLATES_SEQ])
		check_translated(row, match_id);
	default_created_at(row);
}

static Operation
check_operation(EntryRow *row)
{
	text *packed;
	int len;

	if (!row->isnull[COL_SEQ])
		fail_column("seq",
					errcode(ERRCODE_GENERATED_ALWAYS),
					errmsg("cannot insert a value into seq"),
					errdetail("The flusher numbers entries in the order of their commits."),
					errhint("Leave seq out."));

	if (row->isnull[COL_OP])
	{
		row->values[COL_OP] = CStringGetTextDatum(OP_INSERT);
		row->isnull[COL_OP] = false;
		return OPERATION_INSERT;
	}
	packed = DatumGetTextPP(row->values[COL_OP]);
	len = VARSIZE_ANY_EXHDR(packed);

#define OP_IS(name) (len == strlen(name) && memcmp(VARDATA_ANY(packed), (name), len) == 0)
	if (OP_IS(OP_INSERT))
		return OPERATION_INSERT;
	if (OP_IS(OP_AMEND))
		return OPERATION_AMEND;
	if (OP_IS(OP_RETRACT))
		return OPERATION_RETRACT;
#undef OP_IS

	fail_column("op",
				errcode(ERRCODE_CHECK_VIOLATION),
				errmsg("unknown op \"%s\"", value_excerpt(packed)),
				errdetail("There are insert, amend and retract."),
				errhint("Use one of them. The state of a match changes by UPDATE commentary.match."));
	return OPERATION_INSERT; /* not reached */
}

/* Forms send an empty text for a field that was left empty. */
static void
empty_to_null(EntryRow *row, Operation operation)
{
	for (int i = 0; i < NUM_ENTRY_COLUMNS; i++)
	{
		bool is_optional = entry_columns[i].check == CHECK_NAME || i == COL_KIND ||
						   (i == COL_MESSAGE && operation != OPERATION_INSERT);

		if (is_optional && !row->isnull[i] && value_is_empty(row->values[i]))
			row->isnull[i] = true;
	}
}

static int64
check_match(const EntryRow *row, Operation operation)
{
	int64 match_id;

	if (row->isnull[COL_MATCH_ID])
		fail_column("match_id",
					errcode(ERRCODE_NOT_NULL_VIOLATION),
					errmsg("match_id is missing"),
					errdetail("Each entry belongs to a match."),
					errhint("Give the match_id that commentary.create_match() returned."));
	match_id = DatumGetInt64(row->values[COL_MATCH_ID]);

	switch (match_facts(match_id).status)
	{
		case MATCH_UNKNOWN:
			fail_column("match_id",
						errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
						errmsg("there is no match " INT64_FORMAT, match_id),
						errdetail("No committed row of commentary.match, and none of this transaction, has that match_id."),
						errhint("Make one with commentary.create_match(), or look for its number in commentary.match."));
			break;
		case MATCH_CLOSED:
			if (operation == OPERATION_INSERT && !is_stored(row))
				fail_column("match_id",
							errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
							errmsg("match " INT64_FORMAT " has ended", match_id),
							errdetail("A match that is finished, abandoned or cancelled takes corrections, but no new commentary."),
							errhint("To open it again: UPDATE commentary.match SET status = 'live' WHERE match_id = " INT64_FORMAT ".", match_id));
			break;
		case MATCH_OPEN:
			break;
	}
	return match_id;
}

/* A line that the log has already may be sent again after the end of the match. */
static bool
is_stored(const EntryRow *row)
{
	return !row->isnull[COL_CLIENT_REF] &&
		   reference_find_client_ref(DatumGetInt64(row->values[COL_MATCH_ID]),
									 row->values[COL_CLIENT_REF]) > 0;
}

/* Does the row name an entry of this transaction, which has no seq yet, by its client_ref? */
static bool
is_named(const EntryRow *row, int64 match_id)
{
	return !row->isnull[COL_CLIENT_REF] && overlay_has(match_id, row->values[COL_CLIENT_REF]);
}

static void
check_reference(EntryRow *row, Operation operation, int64 match_id)
{
	if (operation == OPERATION_INSERT)
	{
		if (!row->isnull[COL_REF_SEQ])
			fail_column("ref_seq",
						errcode(ERRCODE_CHECK_VIOLATION),
						errmsg("an insert has no ref_seq"),
						errdetail("Only corrections point at another entry."),
						errhint("Leave ref_seq out, or set op to amend or retract."));
		return;
	}
	if (row->isnull[COL_REF_SEQ] && is_named(row, match_id))
		return;
	if (row->isnull[COL_REF_SEQ])
		fail_column("ref_seq",
					errcode(ERRCODE_NOT_NULL_VIOLATION),
					errmsg("ref_seq is missing"),
					errdetail("A correction points at the entry that it corrects."),
					errhint("Give the seq of the entry to correct; commentary.feed shows it."));
	row->values[COL_REF_SEQ] = Int64GetDatum(
		reference_resolve(match_id, DatumGetInt64(row->values[COL_REF_SEQ])));
}

/* Looks into an index, as for a correction; lines without translates_seq do not get here. */
static void
check_translated(EntryRow *row, int64 match_id)
{
	int64 original = match_facts(match_id).translation_of;

	if (original == 0)
		fail_column("translates_seq",
					errcode(ERRCODE_CHECK_VIOLATION),
					errmsg("match " INT64_FORMAT " is no translation", match_id),
					errdetail("A line of a translation names the line of the original match that it translates."),
					errhint("Leave translates_seq out, or give the match its translation_of."));
	row->values[COL_TRANSLATES_SEQ] = Int64GetDatum(
		reference_translated(original, DatumGetInt64(row->values[COL_TRANSLATES_SEQ])));
}

static void
check_message(EntryRow *row, Operation operation)
{
	if (!row->isnull[COL_MESSAGE])
	{
		row->values[COL_MESSAGE] = value_with_newlines(row->values[COL_MESSAGE]);
		value_check_text(FEED, "message", row->values[COL_MESSAGE],
						 (TextRule){ .max_bytes = commentary_max_message_bytes, .may_break = true, .cure = operation == OPERATION_INSERT ? "Give the text of the commentary." : NULL });
	}
	else if (operation == OPERATION_INSERT)
		fail_column("message",
					errcode(ERRCODE_NOT_NULL_VIOLATION),
					errmsg("message is missing"),
					errdetail("Only a correction may be without a message."),
					errhint("Give the text of the commentary."));
}

/* Replaces the names by the columns that they name, each once, in the order of the columns. */
static void
check_clear(EntryRow *row)
{
	bool is_cleared[NUM_ENTRY_COLUMNS] = { false };
	Datum cleared[NUM_ENTRY_COLUMNS];
	Datum *names;
	bool *nulls;
	int count;
	int num_cleared = 0;

	if (row->isnull[COL_CLEAR])
		return;
	deconstruct_array(DatumGetArrayTypeP(row->values[COL_CLEAR]), TEXTOID, -1, false,
					  TYPALIGN_INT, &names, &nulls, &count);
	for (int i = 0; i < count; i++)
		is_cleared[check_cleared(row, names[i], nulls[i])] = true;
	for (int i = 0; i < NUM_ENTRY_COLUMNS; i++)
	{
		if (is_cleared[i])
			cleared[num_cleared++] = CStringGetTextDatum(entry_columns[i].name);
	}
	row->isnull[COL_CLEAR] = num_cleared == 0;
	row->values[COL_CLEAR] = PointerGetDatum(
		construct_array(cleared, num_cleared, TEXTOID, -1, false, TYPALIGN_INT));
}

static EntryColumn
check_cleared(const EntryRow *row, Datum name, bool isnull)
{
	text *word = isnull ? cstring_to_text("null") : DatumGetTextPP(name);
	EntryColumn column = column_to_clear(VARDATA_ANY(word), VARSIZE_ANY_EXHDR(word));

	if (column == NUM_ENTRY_COLUMNS)
		fail_column("clear",
					errcode(ERRCODE_CHECK_VIOLATION),
					errmsg("\"%s\" cannot be cleared", value_excerpt(word)),
					errdetail("It is not a column of an entry that may be null."),
					errhint("Name columns such as actor, minute or metadata; message and kind can be replaced, and not cleared."));
	if (!row->isnull[column])
		fail_column(entry_columns[column].name,
					errcode(ERRCODE_CHECK_VIOLATION),
					errmsg("%s is given and cleared", entry_columns[column].name),
					errdetail("An amendment gives a column a value, or takes it away."),
					errhint("Leave %s out, or take it out of clear.", entry_columns[column].name));
	return column;
}

static void
check_change(const EntryRow *row)
{
	bool is_change = !row->isnull[COL_CLEAR] || !row->isnull[COL_CLIENT_VERSION];

	for (int i = 0; i < NUM_ENTRY_COLUMNS; i++)
		is_change |= column_is_content(i) && !row->isnull[i];
	if (!is_change)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the amendment changes nothing"),
				 errdetail("Columns that are null in it stay as they are."),
				 errhint("Give what is to be replaced, such as message => 'the new text'; clear => '{actor}' takes a value away; commentary.retract() withdraws the entry.")));
}

/* A kind: [a-z][a-z0-9_]*.  Valid: goal, yellow_card.  Invalid: Goal, 2nd_half, own goal. */
static void
check_kind(EntryRow *row, Operation operation)
{
	text *packed;
	const char *kind;
	int len;
	bool is_valid;

	if (row->isnull[COL_KIND])
	{
		if (operation == OPERATION_INSERT)
		{
			row->values[COL_KIND] = CStringGetTextDatum(KIND_DEFAULT);
			row->isnull[COL_KIND] = false;
		}
		return;
	}
	packed = DatumGetTextPP(row->values[COL_KIND]);
	kind = VARDATA_ANY(packed);
	len = VARSIZE_ANY_EXHDR(packed);

	is_valid = len >= 1 && len <= entry_columns[COL_KIND].max && kind[0] >= 'a' && kind[0] <= 'z';
	for (int i = 1; i < len && is_valid; i++)
		is_valid = (kind[i] >= 'a' && kind[i] <= 'z') ||
				   (kind[i] >= '0' && kind[i] <= '9') || kind[i] == '_';
	if (!is_valid)
		fail_column("kind",
					errcode(ERRCODE_CHECK_VIOLATION),
					errmsg("kind is not a plain word"),
					errdetail("It must match [a-z][a-z0-9_]* and have at most %d characters.", entry_columns[COL_KIND].max),
					errhint("Write it like goal or yellow_card."));
}

static void
default_created_at(EntryRow *row)
{
	if (!row->isnull[COL_CREATED_AT])
		return;
	row->values[COL_CREATED_AT] = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
	row->isnull[COL_CREATED_AT] = false;
}
