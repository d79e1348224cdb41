/*
 * score.c
 *		The score of a match follows the line that carries it, so that a goal is written once.
 *
 * A replayed feed must not change the scoreboard again.  So a line sets the score only if
 * the score differs, there is no line of a later time, and, if the line is sent again or
 * amended, no newer line carries a score.  The line is compared with the log and with
 * the rows of this transaction; rows of others that are committed but not flushed
 * yet are not seen.
 *
 * The UPDATE runs here, and not at the commit after deferred triggers, so that its triggers
 * run as usual.  It has the rights of the table's owner: a role that may write a line may
 * set the score.  Lines without a score, or with the score of the match, cost a comparison.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "utils/rel.h"

#include "base/owner.h"
#include "base/replication.h"
#include "base/settings.h"
#include "match/content.h"
#include "match/recent.h"
#include "match/reference.h"
#include "tables/relations.h"
#include "write/overlay.h"
#include "write/own_lines.h"
#include "write/score.h"

typedef struct SideColumns
{
	EntryColumn number;
	EntryColumn display;
} SideColumns;

static const SideColumns sides[NUM_SIDES] = {
	[SIDE_HOME] = { COL_HOME_SCORE, COL_HOME_DISPLAY },
	[SIDE_AWAY] = { COL_AWAY_SCORE, COL_AWAY_DISPLAY },
};

/* Is the UPDATE of score_move() under way?  A trigger may write lines meanwhile. */
static bool is_moving = false;

static void decide_insert(const EntryRow *row, ScoreMove *move);
static void decide_own(const EntryRow *row, ScoreMove *move);
static void decide_again(const EntryRow *row, int64 seq, ScoreMove *move);
static bool apply_score(EntryRow *now, const EntryRow *said, const EntryRow *row);
static bool is_moved(const EntryRow *row, ScoreMove *move);
static void compare_side(const EntryRow *row, SideColumns side, MatchScore score, ScoreMove *move);
static void add(ScoreMove *move, EntryColumn column, const EntryRow *row);
static bool is_late(const EntryRow *row);
static bool is_newest(const EntryRow *line, int64 seq);
static void tell_retracted(const EntryRow *row);
static void tell(int64 match_id, const char *detail);

void
score_decide(const EntryRow *row, int64 seq, ScoreMove *move)
{
	move->count = 0;
	if (!commentary_score_follows || is_moving || replication_is_applying())
		return;
	move->match_id = DatumGetInt64(row->values[COL_MATCH_ID]);
	if (seq != 0)
		decide_again(row, seq, move);
	else if (column_op_is(row, OP_INSERT))
		decide_insert(row, move);
	else if (column_op_is(row, OP_RETRACT))
		tell_retracted(row);
	else if (row->isnull[COL_REF_SEQ])
		decide_own(row, move);
	else
		decide_again(row, DatumGetInt64(row->values[COL_REF_SEQ]), move);
}

static void
decide_insert(const EntryRow *row, ScoreMove *move)
{
	bool has_score = recent_has_score(row);

	if (has_score && !row->isnull[COL_CLIENT_REF] &&
		overlay_has(move->match_id, row->values[COL_CLIENT_REF]))
	{
		decide_own(row, move);
		return;
	}
	if (has_score && is_moved(row, move) && is_late(row))
	{
		move->count = 0;
		has_score = false;
		tell(move->match_id, "There is a line of a later time in the match, so this score may be out of date.");
	}
	own_lines_note(row, has_score);
}

/* A line of this transaction is sent again or amended.  Only the client_ref names that line. */
static void
decide_own(const EntryRow *row, ScoreMove *move)
{
	if (!recent_has_score(row) || !is_moved(row, move) ||
		own_lines_is_scorer(own_lines_of(move->match_id), row))
		return;
	move->count = 0;
	tell(move->match_id, "A newer line carries a score.");
}

/* A line of the log is sent again or amended. */
static void
decide_again(const EntryRow *row, int64 seq, ScoreMove *move)
{
	bool is_correction = !row->isnull[COL_REF_SEQ];
	Standing standing;

	if (!recent_has_score(row) || !reference_read(move->match_id, seq, NULL, 0, &standing) ||
		!apply_score(&standing.now, is_correction ? &standing.now : &standing.said, row) ||
		!is_moved(&standing.now, move) || is_newest(&standing.now, seq))
		return;
	move->count = 0;
	tell(move->match_id, "A newer line carries a score.");
}

/* Takes over from the row the score columns that differ from `said`.  False: none does. */
static bool
apply_score(EntryRow *now, const EntryRow *said, const EntryRow *row)
{
	static const EntryColumn columns[] = { COL_HOME_SCORE, COL_AWAY_SCORE, COL_HOME_DISPLAY,
										   COL_AWAY_DISPLAY };
	bool is_changed = false;
	EntryRow before = *said;

	for (int i = 0; i < lengthof(columns); i++)
	{
		if (row->isnull[columns[i]] || content_is_equal(&before, row, columns[i]))
			continue;
		now->values[columns[i]] = row->values[columns[i]];
		now->isnull[columns[i]] = false;
		is_changed = true;
	}
	return is_changed;
}

/*
 * Does the score of the row differ from that of the match?  Never for a translation, which
 * takes its state from its original.
 */
static bool
is_moved(const EntryRow *row, ScoreMove *move)
{
	MatchFacts facts = match_facts(move->match_id);

	if (facts.is_older || facts.translation_of != 0)
		return false;
	for (int i = 0; i < NUM_SIDES; i++)
		compare_side(row, sides[i], facts.score[i], move);
	return move->count > 0;
}

/*
 * A score in words is shown instead of its number, so a new number without words removes the
 * old words.
 */
static void
compare_side(const EntryRow *row, SideColumns side, MatchScore score, ScoreMove *move)
{
	bool is_other = !row->isnull[side.number] &&
					DatumGetInt32(row->values[side.number]) != score.number;

	if (is_other)
		add(move, side.number, row);
	if (row->isnull[side.display])
		is_other &= score.display != 0;
	else
		is_other = match_display_digest(row->values[side.display]) != score.display;
	if (is_other)
		add(move, side.display, row);
}

static void
add(ScoreMove *move, EntryColumn column, const EntryRow *row)
{
	move->columns[move->count] = column;
	move->values[move->count] = row->values[column];
	move->isnull[move->count] = row->isnull[column];
	move->count++;
}

/* Does the match have a line of a later time? */
static bool
is_late(const EntryRow *row)
{
	LineClock clock = line_clock_of(row);
	int64 match_id = DatumGetInt64(row->values[COL_MATCH_ID]);
	const OwnLines *own = own_lines_of(match_id);
	const RecentLines *recent;

	if (clock.minute == CLOCK_UNKNOWN && clock.period == CLOCK_UNKNOWN)
		return false;
	if (own != NULL && line_clock_compare(clock, own->latest) < 0)
		return true;
	recent = recent_lines(match_id);
	for (int i = 0; i < recent->count; i++)
	{
		if (!recent->lines[i].is_retracted && line_clock_compare(clock, recent->lines[i].clock) < 0)
			return true;
	}
	return false;
}

/* Is it the newest line with a score?  Compares the time in the match, then the seq. */
static bool
is_newest(const EntryRow *line, int64 seq)
{
	LineClock clock = line_clock_of(line);
	int64 match_id = DatumGetInt64(line->values[COL_MATCH_ID]);
	const OwnLines *own = own_lines_of(match_id);
	const RecentLines *recent = recent_lines(match_id);

	for (int i = 0; i < recent->count; i++)
	{
		const RecentLine *other = &recent->lines[i];
		int order = line_clock_compare(clock, other->clock);

		if (other->has_score && !other->is_retracted && other->seq != seq &&
			(order < 0 || (order == 0 && seq < other->seq)))
			return false;
	}
	return own == NULL || !own->has_score;
}

/* Withdrawing a line does not change the score; the NOTICE says so if the line carried it. */
static void
tell_retracted(const EntryRow *row)
{
	ScoreMove move = { .match_id = DatumGetInt64(row->values[COL_MATCH_ID]) };
	int64 seq = row->isnull[COL_REF_SEQ] ? 0 : DatumGetInt64(row->values[COL_REF_SEQ]);
	Standing standing;

	if (seq == 0 || !reference_read(move.match_id, seq, NULL, 0, &standing) ||
		standing.is_retracted || !recent_has_score(&standing.now) ||
		match_facts(move.match_id).translation_of != 0 || is_moved(&standing.now, &move))
		return;
	tell(move.match_id, "The retracted line carried it.");
}

static void
tell(int64 match_id, const char *detail)
{
	ereport(NOTICE,
			(errmsg("the score of match " INT64_FORMAT " stays as it is", match_id),
			 errdetail_internal("%s", detail),
			 errhint("To change it: UPDATE commentary.match SET home_score = ..., away_score = ... WHERE match_id = " INT64_FORMAT ".",
					 match_id)));
}

void
score_move(const ScoreMove *move)
{
	Relation match;
	Oid types[2 * NUM_SIDES + 1] = { INT8OID };
	Datum values[2 * NUM_SIDES + 1] = { Int64GetDatum(move->match_id) };
	char nulls[2 * NUM_SIDES + 1] = { ' ' };
	StringInfoData statement;

	if (likely(move->count == 0))
		return;
	initStringInfo(&statement);
	appendStringInfoString(&statement, "UPDATE commentary.match SET ");
	for (int i = 0; i < move->count; i++)
	{
		const Column *column = &entry_columns[move->columns[i]];

		appendStringInfo(&statement, "%s%s = $%d", i == 0 ? "" : ", ", column->name, i + 2);
		types[i + 1] = column->type;
		values[i + 1] = move->values[i];
		nulls[i + 1] = move->isnull[i] ? 'n' : ' ';
	}
	appendStringInfoString(&statement, " WHERE match_id OPERATOR(pg_catalog.=) $1");
	match = relations_open(relations_get()->match, RowExclusiveLock);
	SPI_connect();
	is_moving = true;
	PG_TRY();
	{
		owner_execute(match, statement.data, move->count + 1, types, values, nulls);
	}
	PG_FINALLY();
	{
		is_moving = false;
	}
	PG_END_TRY();
	if (SPI_processed == 0)
		tell(move->match_id, "A trigger of commentary.match prevents the change, or this transaction began before the match was made.");
	SPI_finish();
	table_close(match, NoLock);
}
