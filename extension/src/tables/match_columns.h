/*
 * match_columns.h
 *		The columns of commentary.match: one table of them, as columns.h is for an
 *		entry. Where they are in the table is found by name (column_map.h).
 */
#ifndef COMMENTARY_MATCH_COLUMNS_H
#define COMMENTARY_MATCH_COLUMNS_H

typedef enum MatchColumn
{
	MATCH_ID,
	MATCH_REF,
	MATCH_SPORT,
	MATCH_COMPETITION,
	MATCH_TITLE,
	MATCH_HOME,
	MATCH_AWAY,
	MATCH_HOME_SHORT,
	MATCH_AWAY_SHORT,
	MATCH_STATUS_WORD,
	MATCH_STARTS_AT,
	MATCH_CLOCK,
	MATCH_HOME_SCORE,
	MATCH_AWAY_SCORE,
	MATCH_HOME_DISPLAY,
	MATCH_AWAY_DISPLAY,
	MATCH_RESULT,
	MATCH_LEADERBOARD,
	MATCH_LANG,
	MATCH_TRANSLATION_OF,
	MATCH_ALTERNATES,
	MATCH_METADATA,
	MATCH_CREATED_AT,
	NUM_MATCH_COLUMNS
} MatchColumn;

/* How a value is checked, and how viewers get it. */
typedef enum MatchForm
{
	MATCH_FORM_APART,	 /* by a function of its own; not for viewers by itself */
	MATCH_FORM_REQUIRED, /* one line of text, at most max bytes */
	MATCH_FORM_TEXT,	 /* the same, and may be null, as which an empty one counts */
	MATCH_FORM_SCORE,	 /* 0 to max */
	MATCH_FORM_NUMBER,	 /* of a match */
	MATCH_FORM_TIME,
	MATCH_FORM_JSON
} MatchForm;

typedef struct MatchColumnInfo
{
	const char *name;
	const char *member; /* of the state that viewers get */
	Oid type;
	MatchForm form;
	int max;
	bool is_newer;		 /* than version 1.1 of the extension, which may be the one installed */
	const char *instead; /* the column that says in words what this one cannot; NULL: none */
} MatchColumnInfo;

extern const MatchColumnInfo match_columns[NUM_MATCH_COLUMNS];

#endif /* COMMENTARY_MATCH_COLUMNS_H */
