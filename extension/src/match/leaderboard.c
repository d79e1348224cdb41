/*
 * leaderboard.c
 *		Checks commentary.match.leaderboard: the order in a race or a tournament.
 *
 *		[{"rank": 1, "name": "L. Norris", "value": "1:31:44.742", "note": "fastest lap"}, …]
 *
 * Valid:	[]   [{"name":"A"}]   [{"rank":"T3","name":"B","value":-7}]
 * Invalid: {}   [1]   [{"rank":1}]   [{"name":""}]   [{"name":"A","laps":[1]}]
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "base/compat.h"
#include "base/value.h"
#include "match/leaderboard.h"

#define MAX_ROWS		100
#define MAX_ROW_MEMBERS 10
#define MAX_TEXT_BYTES	200

#define fail(...) ereport(ERROR, (value_column_context("match", "leaderboard"), __VA_ARGS__))

static void check_row(JsonbValue *row, int number);
static bool check_members(JsonbContainer *row, int number);
static void check_text(const JsonbValue *member, const JsonbValue *name, int number);

void
leaderboard_check(Jsonb *leaderboard)
{
	JsonbIterator *iterator = JsonbIteratorInit(&leaderboard->root);
	int count = JB_ROOT_COUNT(leaderboard);
	JsonbIteratorToken token;
	JsonbValue row;
	int number = 0;

	if (count > MAX_ROWS)
		fail(errcode(ERRCODE_CHECK_VIOLATION),
			 errmsg("leaderboard has too many rows"),
			 errdetail("There are %d, and at most %d are allowed.", count, MAX_ROWS),
			 errhint("Give the first %d; name the others in a line of commentary.", MAX_ROWS));
	while ((token = JsonbIteratorNext(&iterator, &row, true)) != WJB_DONE)
	{
		if (token == WJB_ELEM)
			check_row(&row, ++number);
	}
}

static void
check_row(JsonbValue *row, int number)
{
	bool is_object = row->type == jbvBinary && JsonContainerIsObject(row->val.binary.data);

	if (!is_object || !check_members(row->val.binary.data, number))
		fail(errcode(ERRCODE_CHECK_VIOLATION),
			 errmsg("row %d of leaderboard has no name", number),
			 errdetail("A row is an object like {\"rank\": 1, \"name\": \"L. Norris\", \"value\": \"+2.3\", \"note\": \"pit\"}."),
			 errhint("Give each row a name that is a text; rank, value and note may be left out."));
}

/* Members may be texts that can be shown, numbers and booleans.  False: there is no name. */
static bool
check_members(JsonbContainer *row, int number)
{
	JsonbIterator *iterator = JsonbIteratorInit(row);
	bool has_name = false;
	JsonbIteratorToken token;
	JsonbValue name, member;

	if (JsonContainerSize(row) > MAX_ROW_MEMBERS)
		fail(errcode(ERRCODE_CHECK_VIOLATION),
			 errmsg("row %d of leaderboard has too many members", number),
			 errdetail("At most %d are allowed.", MAX_ROW_MEMBERS),
			 errhint("Put what belongs together into one text, such as note."));
	while ((token = JsonbIteratorNext(&iterator, &name, true)) != WJB_DONE)
	{
		if (token != WJB_KEY)
			continue;
		(void) JsonbIteratorNext(&iterator, &member, true);
		if (member.type == jbvBinary)
			fail(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("row %d of leaderboard has an array or an object in it", number),
				 errhint("Give texts and numbers."));
		if (member.type != jbvString)
			continue;
		check_text(&member, &name, number);
		has_name |= name.val.string.len == strlen("name") &&
					memcmp(name.val.string.val, "name", strlen("name")) == 0;
	}
	return has_name;
}

static void
check_text(const JsonbValue *member, const JsonbValue *name, int number)
{
	Datum value = PointerGetDatum(cstring_to_text_with_len(member->val.string.val,
														   member->val.string.len));
	bool is_name = name->val.string.len == strlen("name") &&
				   memcmp(name->val.string.val, "name", strlen("name")) == 0;

	if (!is_name && value_is_empty(value))
		return;
	value_check_text("match", "leaderboard", value,
					 (TextRule){ .max_bytes = MAX_TEXT_BYTES, .cure = "Give a text, or leave the member out." });
}
