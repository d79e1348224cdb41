/*
 * match_columns.c
 *		The columns of commentary.match.
 *
 * Validation and the state that viewers get both read this table.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "tables/match_columns.h"

#define MAX_NAME_BYTES	  200
#define MAX_SHORT_BYTES	  40
#define MAX_DISPLAY_BYTES 100
#define MAX_CLOCK_BYTES	  50
#define MAX_RESULT_BYTES  300
#define MAX_SPORT_BYTES	  50
#define MAX_LANG_BYTES	  35
#define MAX_SCORE		  9999

const MatchColumnInfo match_columns[NUM_MATCH_COLUMNS] = {
	[MATCH_ID] = { "match_id", "match", INT8OID, MATCH_FORM_NUMBER, 0 },
	[MATCH_REF] = { "match_ref", "match_ref", TEXTOID, MATCH_FORM_TEXT, MAX_NAME_BYTES, true },
	[MATCH_SPORT] = { "sport", "sport", TEXTOID, MATCH_FORM_REQUIRED, MAX_SPORT_BYTES },
	[MATCH_COMPETITION] = { "competition", "competition", TEXTOID, MATCH_FORM_TEXT, MAX_NAME_BYTES, true },
	[MATCH_TITLE] = { "title", "title", TEXTOID, MATCH_FORM_TEXT, MAX_NAME_BYTES, true },
	[MATCH_HOME] = { "home", "home", TEXTOID, MATCH_FORM_TEXT, MAX_NAME_BYTES },
	[MATCH_AWAY] = { "away", "away", TEXTOID, MATCH_FORM_TEXT, MAX_NAME_BYTES },
	[MATCH_HOME_SHORT] = { "home_short", "home_short", TEXTOID, MATCH_FORM_TEXT, MAX_SHORT_BYTES, true },
	[MATCH_AWAY_SHORT] = { "away_short", "away_short", TEXTOID, MATCH_FORM_TEXT, MAX_SHORT_BYTES, true },
	[MATCH_STATUS_WORD] = { "status", "status", TEXTOID, MATCH_FORM_REQUIRED, MAX_SHORT_BYTES },
	[MATCH_STARTS_AT] = { "starts_at", "starts_at", TIMESTAMPTZOID, MATCH_FORM_TIME, 0 },
	[MATCH_CLOCK] = { "clock", "clock", TEXTOID, MATCH_FORM_TEXT, MAX_CLOCK_BYTES, true },
	[MATCH_HOME_SCORE] = { "home_score", "home_score", INT4OID, MATCH_FORM_SCORE, MAX_SCORE, false, "home_display" },
	[MATCH_AWAY_SCORE] = { "away_score", "away_score", INT4OID, MATCH_FORM_SCORE, MAX_SCORE, false, "away_display" },
	[MATCH_HOME_DISPLAY] = { "home_display", "home_display", TEXTOID, MATCH_FORM_TEXT, MAX_DISPLAY_BYTES, true },
	[MATCH_AWAY_DISPLAY] = { "away_display", "away_display", TEXTOID, MATCH_FORM_TEXT, MAX_DISPLAY_BYTES, true },
	[MATCH_RESULT] = { "result", "result", TEXTOID, MATCH_FORM_TEXT, MAX_RESULT_BYTES, true },
	[MATCH_LEADERBOARD] = { "leaderboard", "leaderboard", JSONBOID, MATCH_FORM_JSON, 0, true },
	[MATCH_LANG] = { "lang", "lang", TEXTOID, MATCH_FORM_TEXT, MAX_LANG_BYTES, true },
	[MATCH_TRANSLATION_OF] = { "translation_of", "translation_of", INT8OID, MATCH_FORM_NUMBER, 0, true },
	[MATCH_ALTERNATES] = { "alternates", "alternates", JSONBOID, MATCH_FORM_JSON, 0, true },
	[MATCH_METADATA] = { "metadata", "metadata", JSONBOID, MATCH_FORM_JSON, 0 },
	[MATCH_CREATED_AT] = { "created_at", NULL, TIMESTAMPTZOID, MATCH_FORM_APART, 0 },
};
