/*
 * match_default.c
 *		Fills in the defaults of a new match where null was given.
 *
 * A foreign table (postgres_fdw) and some ORMs send null for each column that the client has
 * not given, and then PostgreSQL applies no default.  These columns are NOT NULL, so null can
 * only mean the default of the table, which a DBA may have changed.
 */
#include "postgres.h"

#include "executor/executor.h"
#include "rewrite/rewriteHandler.h"

#include "match/match_default.h"

static bool default_of(Relation match, AttrNumber attno, EState *state, Datum *value);

HeapTuple
match_default_fill(Relation match, MatchRow row)
{
	static const MatchColumn columns[] = { MATCH_ID, MATCH_SPORT, MATCH_STATUS_WORD,
										   MATCH_CREATED_AT };
	int attnos[lengthof(columns)];
	Datum values[lengthof(columns)];
	bool isnull[lengthof(columns)] = { false };
	EState *state = NULL;
	int count = 0;

	for (int i = 0; i < lengthof(columns); i++)
	{
		AttrNumber attno = row.map->attnos[columns[i]];
		bool is_null;

		(void) match_row_get(row, columns[i], &is_null);
		if (!is_null || attno == InvalidAttrNumber)
			continue;
		if (state == NULL)
			state = CreateExecutorState();
		if (default_of(match, attno, state, &values[count]))
			attnos[count++] = attno;
	}
	if (count > 0)
		row.tuple = heap_modify_tuple_by_cols(row.tuple, row.desc, count, attnos, values, isnull);
	if (state != NULL)
		FreeExecutorState(state);
	return row.tuple;
}

/* The value lives as long as the state.  False: there is none, or it is null. */
static bool
default_of(Relation match, AttrNumber attno, EState *state, Datum *value)
{
	Node *expression = build_column_default(match, attno); /* nextval() for an identity */
	bool isnull;

	if (expression == NULL)
		return false;
	*value = ExecEvalExprSwitchContext(ExecPrepareExpr((Expr *) expression, state),
									   GetPerTupleExprContext(state), &isnull);
	return !isnull;
}
