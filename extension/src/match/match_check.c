/*
 * match_check.c
 *		Checks the rows of commentary.match.
 *
 * First each column is checked by its form (match_columns.c), then the columns that depend on
 * each other.  JSON is checked only when it has changed: a row that is older than a rule must
 * not prevent updates of its score.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"

#include "base/compat.h"
#include "base/value.h"
#include "match/leaderboard.h"
#include "match/match.h"
#include "match/match_check.h"
#include "match/state.h"
#include "match/translation.h"

#define MAX_METADATA_BYTES	  4096
#define MAX_LEADERBOARD_BYTES (16 * 1024)

#define fail_column(column_name, ...) \
	ereport(ERROR, (value_column_context("match", (column_name)), __VA_ARGS__))

static void check_column(MatchRow row, MatchRow old, MatchColumn column);
static TextRule text_rule(const MatchColumnInfo *column);
static void check_score(const MatchColumnInfo *column, int32 score);
static void check_json(MatchRow row, MatchRow old, MatchColumn column, Datum value);
static void check_alternates(void);
static bool is_as_before(MatchRow row, MatchRow old, MatchColumn column);
static void check_id(MatchRow row, MatchRow old);
static void check_status(MatchRow row);
static void check_teams(MatchRow row);
static void fail_team(const char *column);
static void check_lang(MatchRow row);
static bool is_lang(const char *tag, int len);
static void check_original(MatchRow row, MatchRow old);
static void fail_original(const char *message, const char *hint);

HeapTuple
match_check_without_empty(MatchRow row)
{
	int attnos[NUM_MATCH_COLUMNS];
	Datum values[NUM_MATCH_COLUMNS] = { 0 };
	bool isnull[NUM_MATCH_COLUMNS];
	int count = 0;

	for (int i = 0; i < NUM_MATCH_COLUMNS; i++)
	{
		bool is_null;
		Datum value;

		if (match_columns[i].form != MATCH_FORM_TEXT)
			continue;
		value = match_row_get(row, i, &is_null);
		if (is_null || !value_is_empty(value))
			continue;
		isnull[count] = true;
		attnos[count++] = row.map->attnos[i];
	}
	if (count == 0)
		return row.tuple;
	return heap_modify_tuple_by_cols(row.tuple, row.desc, count, attnos, values, isnull);
}

void
match_check(MatchRow row, MatchRow old)
{
	check_id(row, old);
	check_status(row);
	for (int i = 0; i < NUM_MATCH_COLUMNS; i++)
		check_column(row, old, i);
	check_teams(row);
	check_lang(row);
	check_original(row, old);
}

bool
match_check_shows_metadata(MatchRow row)
{
	bool isnull;
	Datum value = match_row_get(row, MATCH_METADATA, &isnull);
	Jsonb *metadata;

	if (isnull || row.map->is_older)
		return false;
	metadata = DatumGetJsonbP(value);
	return JB_ROOT_IS_OBJECT(metadata) &&
		   strlen(JsonbToCString(NULL, &metadata->root, VARSIZE(metadata))) <= MAX_METADATA_BYTES;
}

static void
check_column(MatchRow row, MatchRow old, MatchColumn number)
{
	const MatchColumnInfo *column = &match_columns[number];
	bool isnull;
	Datum value = match_row_get(row, number, &isnull);

	if (isnull)
		return;
	switch (column->form)
	{
		case MATCH_FORM_REQUIRED:
		case MATCH_FORM_TEXT:
			value_check_text("match", column->name, value,
							 text_rule(column));
			break;
		case MATCH_FORM_SCORE:
			check_score(column, DatumGetInt32(value));
			break;
		case MATCH_FORM_TIME:
			value_check_time("match", column->name, DatumGetTimestampTz(value));
			break;
		case MATCH_FORM_JSON:
			check_json(row, old, number, value);
			break;
		case MATCH_FORM_NUMBER:
		case MATCH_FORM_APART:
			break;
	}
}

static TextRule
text_rule(const MatchColumnInfo *column)
{
	TextRule rule = { .max_bytes = column->max };

	if (column->form == MATCH_FORM_REQUIRED)
		rule.cure = "Give a text: it cannot be left out.";
	return rule;
}

static void
check_score(const MatchColumnInfo *column, int32 score)
{
	if (score < 0 || score > column->max)
		fail_column(column->name,
					errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					errmsg("%s %d is out of range", column->name, score),
					errdetail("It can be 0 to %d.", column->max),
					errhint("Write a score that is no such number as a text in %s.", column->instead));
}

static void
check_json(MatchRow row, MatchRow old, MatchColumn column, Datum value)
{
	if (row.map->is_older || is_as_before(row, old, column) ||
		match_is_restoring(old.tuple == NULL))
		return;
	if (column == MATCH_ALTERNATES)
	{
		check_alternates();
		return;
	}
	if (column == MATCH_METADATA)
	{
		value_check_json("match", "metadata", DatumGetJsonbP(value), false, MAX_METADATA_BYTES);
		return;
	}
	value_check_json("match", "leaderboard", DatumGetJsonbP(value), true, MAX_LEADERBOARD_BYTES);
	leaderboard_check(DatumGetJsonbP(value));
}

/* Viewers choose from it, so only the extension writes it. */
static void
check_alternates(void)
{
	if (!translation_is_listing())
		fail_column("alternates",
					errcode(ERRCODE_GENERATED_ALWAYS),
					errmsg("alternates cannot be given"),
					errdetail("It lists the translations of a match, and is kept by the extension."),
					errhint("Leave it out; lang and translation_of of each translation decide."));
}

static bool
is_as_before(MatchRow row, MatchRow old, MatchColumn column)
{
	bool isnull, is_by_value;
	int16 length;
	Datum value = match_row_get(row, column, &isnull);
	Datum before;

	if (old.tuple == NULL)
		return false;
	before = match_row_get(old, column, &isnull);
	get_typlenbyval(match_columns[column].type, &length, &is_by_value);
	return !isnull && datum_image_eq(value, before, is_by_value, length);
}

static void
check_id(MatchRow row, MatchRow old)
{
	bool isnull;
	int64 match_id = DatumGetInt64(match_row_get(row, MATCH_ID, &isnull));

	if (isnull)
		return; /* the column's NOT NULL says it */
	if (match_id < 1 || match_id > MAX_WHOLE_NUMBER)
		fail_column("match_id",
					errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					errmsg("match_id " INT64_FORMAT " is out of range", match_id),
					errdetail("Matches are numbered from 1 to " INT64_FORMAT ", the largest number that JavaScript has; 0 is the lobby.",
							  MAX_WHOLE_NUMBER),
					errhint("Leave it out, and it is given; an id of your own has its place in match_ref."));
	if (old.tuple != NULL && DatumGetInt64(match_row_get(old, MATCH_ID, &isnull)) != match_id)
		fail_column("match_id",
					errcode(ERRCODE_CHECK_VIOLATION),
					errmsg("match_id cannot change"),
					errdetail("Its entries stay under the old number."),
					errhint("Make a new match with commentary.create_match()."));
}

static void
check_status(MatchRow row)
{
	bool isnull;
	Datum value = match_row_get(row, MATCH_STATUS_WORD, &isnull);

	if (isnull)
		fail_column("status",
					errcode(ERRCODE_NOT_NULL_VIOLATION),
					errmsg("status is missing"),
					errdetail("Viewers are shown the status of every match."),
					errhint("Give one of " STATE_STATUSES "."));
	if (state_is_status(TextDatumGetCString(value)))
		return;
	fail_column("status",
				errcode(ERRCODE_CHECK_VIOLATION),
				errmsg("unknown status \"%s\"", value_excerpt(DatumGetTextPP(value))),
				errdetail("There are " STATE_STATUSES "."),
				errhint("Use one of them; what a sport calls its state is for clock, as in 'HT' or 'rain delay'."));
}

static void
check_teams(MatchRow row)
{
	bool has_no_title, has_no_home, has_no_away;

	(void) match_row_get(row, MATCH_TITLE, &has_no_title);
	(void) match_row_get(row, MATCH_HOME, &has_no_home);
	(void) match_row_get(row, MATCH_AWAY, &has_no_away);
	if (row.map->is_older || !has_no_title)
		return;
	if (has_no_home)
		fail_team("home");
	if (has_no_away)
		fail_team("away");
}

static void
fail_team(const char *column)
{
	fail_column(column,
				errcode(ERRCODE_NOT_NULL_VIOLATION),
				errmsg("%s is missing", column),
				errdetail("A match has two teams, or a title."),
				errhint("Give home and away; for what has no two sides, such as a race, give title instead."));
}

static void
check_lang(MatchRow row)
{
	bool isnull;
	Datum value = match_row_get(row, MATCH_LANG, &isnull);
	text *tag;

	if (isnull)
		return;
	tag = DatumGetTextPP(value);
	if (!is_lang(VARDATA_ANY(tag), VARSIZE_ANY_EXHDR(tag)))
		fail_column("lang",
					errcode(ERRCODE_CHECK_VIOLATION),
					errmsg("\"%s\" is not a language tag", value_excerpt(tag)),
					errdetail("A tag (BCP 47) is a language of two to eight letters, and perhaps parts behind hyphens."),
					errhint("Write it like en, pt-BR or zh-Hant."));
}

/*
 * [a-z]{2,8}(-[a-z0-9]{1,8})*, in upper or lower case.  Valid: en, pt-BR, zh-Hant.
 * Invalid: e, en_US, pt-, de--AT.
 */
static bool
is_lang(const char *tag, int len)
{
	int part = 0; /* characters of this part so far */
	bool is_first = true;

	for (int i = 0; i < len; i++)
	{
		bool is_letter = (tag[i] | 0x20) >= 'a' && (tag[i] | 0x20) <= 'z';

		if (tag[i] == '-' && part >= (is_first ? 2 : 1))
		{
			part = 0;
			is_first = false;
		}
		else if ((!is_letter && (is_first || tag[i] < '0' || tag[i] > '9')) || ++part > 8)
			return false;
	}
	return part >= (is_first ? 2 : 1);
}

/* Not while a dump is restored: the original may come later than its translation. */
static void
check_original(MatchRow row, MatchRow old)
{
	bool isnull, has_no_lang;
	int64 match_id = DatumGetInt64(match_row_get(row, MATCH_ID, &isnull));
	int64 original = DatumGetInt64(match_row_get(row, MATCH_TRANSLATION_OF, &isnull));
	MatchFacts facts;

	if (isnull || is_as_before(row, old, MATCH_TRANSLATION_OF) ||
		match_is_restoring(old.tuple == NULL))
		return;
	(void) match_row_get(row, MATCH_LANG, &has_no_lang);
	if (has_no_lang)
		fail_column("lang",
					errcode(ERRCODE_NOT_NULL_VIOLATION),
					errmsg("lang is missing"),
					errdetail("A translation says which language it is in."),
					errhint("Give lang, as in lang => 'de'."));
	facts = match_read(original);
	if (original == match_id)
		fail_original("a match cannot be a translation of itself",
					  "Give the match_id of the match whose commentary this one translates.");
	if (facts.status == MATCH_UNKNOWN)
		fail_original(psprintf("there is no match " INT64_FORMAT " to translate", original),
					  "Give the match_id of the match whose commentary this one translates.");
	if (facts.translation_of != 0)
		fail_original(psprintf("match " INT64_FORMAT " is a translation itself", original),
					  psprintf("Give its original: translation_of = " INT64_FORMAT ".",
							   facts.translation_of));
}

static void
fail_original(const char *message, const char *hint)
{
	fail_column("translation_of",
				errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				errmsg("%s", message),
				errhint("%s", hint));
}
