/*
 * match_columns.h
 *		The columns of commentary.match. Where they are in the table is found by
 *		name (column_map.h).
 */
#ifndef COMMENTARY_MATCH_COLUMNS_H
#define COMMENTARY_MATCH_COLUMNS_H

typedef enum MatchColumn
{
	MATCH_ID,
	MATCH_SPORT,
	MATCH_HOME,
	MATCH_AWAY,
	MATCH_STATUS_WORD,
	MATCH_STARTS_AT,
	MATCH_HOME_SCORE,
	MATCH_AWAY_SCORE,
	MATCH_METADATA,
	MATCH_CREATED_AT,
	NUM_MATCH_COLUMNS
} MatchColumn;

#endif /* COMMENTARY_MATCH_COLUMNS_H */
