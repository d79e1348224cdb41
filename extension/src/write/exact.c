/*
 * exact.c
 *		Refuses numbers that PostgreSQL would round on their way into integer columns.
 *
 * PostgreSQL casts a value to the type of its column before our triggers see it, so
 * INSERT INTO commentary.feed (…, minute) VALUES (…, 19.6) would store 20.  Columns of type
 * numeric would prevent this, but would change the type that readers and binary COPY get.
 * So when a statement that writes to our relations is planned, its casts are wrapped:
 * commentary.exact() returns a whole number as it is, and refuses all others.
 *
 * Only implicit casts are wrapped.  Whoever writes 19.6::integer wants the rounding.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "parser/parse_func.h"
#include "parser/parsetree.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"

/* Before version 16 these declare functions without a prototype. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#include "nodes/nodeFuncs.h"
#include "optimizer/planner.h"
#pragma GCC diagnostic pop

#include "base/value.h"
#include "tables/columns.h"
#include "write/exact.h"

PG_FUNCTION_INFO_V1(commentary_exact);

static planner_hook_type previous_planner = NULL;

static Datum to_numeric(Oid type, Datum value);
static void fail_not_whole(Datum number, char *place);
static void fail_call(void);
static PlannedStmt *plan(Query *query, const char *statement, int options,
						 ParamListInfo parameters);
static void wrap_query(Query *query);
static const char *find_target(const Query *query);
static void wrap_targets(List *targets, const char *relation, Query *query);
static void wrap_rows(RangeTblEntry *rows, AttrNumber attno, const char *place);
static Expr *wrap(Expr *expression, const char *place);
static bool is_rounding(Oid function);
static const char *find_instead(const char *column);

void
exact_install_hook(void)
{
	previous_planner = planner_hook;
	planner_hook = plan;
}

/* exact(value anyelement, place text) RETURNS anyelement: place is 'relation.column' */
Datum
commentary_exact(PG_FUNCTION_ARGS)
{
	Datum value = PG_GETARG_DATUM(0);
	Datum number = to_numeric(get_fn_expr_argtype(fcinfo->flinfo, 0), value);
	Datum whole;

	/* The cast itself refuses these. */
	if (numeric_is_nan(DatumGetNumeric(number)) || numeric_is_inf(DatumGetNumeric(number)))
		PG_RETURN_DATUM(value);
	whole = DirectFunctionCall2(numeric_round, number, Int32GetDatum(0));
	if (DatumGetBool(DirectFunctionCall2(numeric_eq, number, whole)))
		PG_RETURN_DATUM(value);
	fail_not_whole(number, text_to_cstring(PG_GETARG_TEXT_PP(1)));
	PG_RETURN_NULL(); /* not reached */
}

/* A cast takes a domain as it is, so the type may be a domain over one of these. */
static Datum
to_numeric(Oid type, Datum value)
{
	switch (getBaseType(type))
	{
		case NUMERICOID:
			return value;
		case FLOAT8OID:
			return DirectFunctionCall1(float8_numeric, value);
		case FLOAT4OID:
			return DirectFunctionCall1(float4_numeric, value);
		default:
			fail_call();
			return (Datum) 0; /* not reached */
	}
}

static void
fail_not_whole(Datum number, char *place)
{
	char *dot = strchr(place, '.');
	const char *instead;

	if (dot == NULL)
	{
		fail_call();
		return; /* not reached */
	}
	*dot = '\0';
	instead = find_instead(dot + 1);
	ereport(ERROR,
			(value_column_context(place, dot + 1),
			 errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("%s %s is not a whole number", dot + 1,
					DatumGetCString(DirectFunctionCall1(numeric_out, number))),
			 errdetail("It would be rounded."),
			 instead == NULL ? errhint("Give a whole number.")
							 : errhint("Give a whole number, or write it as a text in %s.", instead)));
}

/* Any role may call exact(), because the planner's calls have the rights of the writer. */
static void
fail_call(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("commentary.exact() takes a numeric, real or double precision, and the name of its column"),
			 errhint("Do not call it: the extension does so in each statement that needs it.")));
}

static PlannedStmt *
plan(Query *query, const char *statement, int options, ParamListInfo parameters)
{
	if (query->commandType != CMD_SELECT || query->hasModifyingCTE)
		wrap_query(query);
	return previous_planner != NULL ? previous_planner(query, statement, options, parameters)
									: standard_planner(query, statement, options, parameters);
}

static void
wrap_query(Query *query)
{
	const char *relation = find_target(query);
	ListCell *cell;

	foreach (cell, query->cteList)
	{
		Node *inner = ((CommonTableExpr *) lfirst(cell))->ctequery;

		if (IsA(inner, Query) && ((Query *) inner)->commandType != CMD_SELECT)
			wrap_query((Query *) inner);
	}
	if (relation == NULL)
		return;
	wrap_targets(query->targetList, relation, query);
	if (query->onConflict != NULL)
		wrap_targets(query->onConflict->onConflictSet, relation, query);
	foreach (cell, query->mergeActionList)
	{
		wrap_targets(((MergeAction *) lfirst(cell))->targetList, relation, query);
	}
}

/*
 * Which of our relations the query writes to; NULL: none.  Two names are compared first, so
 * that statements on other relations cost no search for our schema.
 */
static const char *
find_target(const Query *query)
{
	static const char *const names[] = { "feed", "match" };
	RangeTblEntry *target;
	char *name;

	if (query->resultRelation == 0)
		return NULL;
	target = rt_fetch(query->resultRelation, query->rtable);
	if (target->relid < FirstNormalObjectId)
		return NULL;
	name = get_rel_name(target->relid);
	for (int i = 0; name != NULL && i < lengthof(names); i++)
	{
		if (strcmp(name, names[i]) == 0 &&
			get_rel_namespace(target->relid) == get_namespace_oid("commentary", true))
			return names[i];
	}
	return NULL;
}

static void
wrap_targets(List *targets, const char *relation, Query *query)
{
	Oid relation_id = rt_fetch(query->resultRelation, query->rtable)->relid;
	ListCell *cell;

	foreach (cell, targets)
	{
		TargetEntry *target = lfirst(cell);
		char *place;

		if (target->resjunk)
			continue;
		place = psprintf("%s.%s", relation, get_attname(relation_id, target->resno, false));
		target->expr = wrap(target->expr, place);

		/* VALUES with several rows is a relation of its own, which has the casts. */
		if (IsA(target->expr, Var))
		{
			Var *var = (Var *) target->expr;
			RangeTblEntry *source = rt_fetch(var->varno, query->rtable);

			if (var->varlevelsup == 0 && source->rtekind == RTE_VALUES)
				wrap_rows(source, var->varattno, place);
		}
	}
}

static void
wrap_rows(RangeTblEntry *rows, AttrNumber attno, const char *place)
{
	ListCell *cell;

	foreach (cell, rows->values_lists)
	{
		ListCell *value = list_nth_cell(lfirst(cell), attno - 1);

		lfirst(value) = wrap(lfirst(value), place);
	}
}

/* An implicit int4(numeric) becomes int4(exact(numeric, place)). */
static Expr *
wrap(Expr *expression, const char *place)
{
	FuncExpr *cast = (FuncExpr *) expression;
	Oid types[] = { ANYELEMENTOID, TEXTOID };
	Oid function;
	Oid type;
	FuncExpr *wrapped;

	if (!IsA(expression, FuncExpr) || cast->funcformat != COERCE_IMPLICIT_CAST ||
		!is_rounding(cast->funcid))
		return expression;
	function = LookupFuncName(list_make2(makeString("commentary"), makeString("exact")), 2, types,
							  true);
	if (!OidIsValid(function))
		return expression; /* an older version of the extension */
	type = exprType(linitial(cast->args));
	wrapped = makeFuncExpr(function, type,
						   list_make2(linitial(cast->args),
									  makeConst(TEXTOID, -1, get_typcollation(TEXTOID), -1,
												CStringGetTextDatum(place), false, false)),
						   InvalidOid, InvalidOid, COERCE_IMPLICIT_CAST);
	cast->args = list_make1(wrapped);
	return expression;
}

static bool
is_rounding(Oid function)
{
	switch (function)
	{
		case F_INT2_NUMERIC:
		case F_INT2_FLOAT4:
		case F_INT2_FLOAT8:
		case F_INT4_NUMERIC:
		case F_INT4_FLOAT4:
		case F_INT4_FLOAT8:
		case F_INT8_NUMERIC:
		case F_INT8_FLOAT4:
		case F_INT8_FLOAT8:
			return true;
		default:
			return false;
	}
}

/*
 * The column for the value in words; NULL: none.  For a score, commentary.feed and
 * commentary.match have the same names.
 */
static const char *
find_instead(const char *column)
{
	for (int i = 0; i < NUM_ENTRY_COLUMNS; i++)
	{
		if (strcmp(entry_columns[i].name, column) == 0)
			return entry_columns[i].instead;
	}
	return NULL;
}
