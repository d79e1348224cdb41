/*
 * match_columns.h
 *		The attribute numbers of commentary.match, as
 *		sql/commentary--1.0.sql has them.
 */
#ifndef COMMENTARY_MATCH_COLUMNS_H
#define COMMENTARY_MATCH_COLUMNS_H

typedef enum MatchAttno
{
	MATCH_ATTNO_MATCH_ID = 1,
	MATCH_ATTNO_SPORT,
	MATCH_ATTNO_HOME,
	MATCH_ATTNO_AWAY,
	MATCH_ATTNO_STATUS,
	MATCH_ATTNO_STARTS_AT,
	MATCH_ATTNO_HOME_SCORE,
	MATCH_ATTNO_AWAY_SCORE,
	MATCH_ATTNO_METADATA,
	MATCH_ATTNO_CREATED_AT
} MatchAttno;

#endif /* COMMENTARY_MATCH_COLUMNS_H */
