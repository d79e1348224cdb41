/*
 * exact.c
 *		No number is rounded on its way into our columns.
 *
 * INSERT INTO commentary.feed (…, minute) VALUES (…, 19.6) is rounded by PostgreSQL: it
 * casts what is assigned to the type of the column, and only the result reaches our
 * triggers.  Columns of type numeric would hand readers and binary COPY another type than
 * before.  So the casts of a statement that writes to our relations are wrapped when it is
 * planned: commentary.exact() lets a whole number through and refuses any other.
 *
 * Only casts that nobody wrote are wrapped: 19.6::integer is a wish.
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
	Oid type = get_fn_expr_argtype(fcinfo->flinfo, 0);
	Datum value = PG_GETARG_DATUM(0);
	char *place = text_to_cstring(PG_GETARG_TEXT_PP(1));
	const char *column = strchr(place, '.') + 1;
	const char *instead;
	Datum number = type == NUMERICOID  ? value
				   : type == FLOAT8OID ? DirectFunctionCall1(float8_numeric, value)
									   : DirectFunctionCall1(float4_numeric, value);
	Datum whole;

	/* The cast itself says what is wrong with these. */
	if (numeric_is_nan(DatumGetNumeric(number)) || numeric_is_inf(DatumGetNumeric(number)))
		PG_RETURN_DATUM(value);
	whole = DirectFunctionCall2(numeric_round, number, Int32GetDatum(0));
	if (DatumGetBool(DirectFunctionCall2(numeric_eq, number, whole)))
		PG_RETURN_DATUM(value);
	*strchr(place, '.') = '\0';
	instead = find_instead(column);
	ereport(ERROR,
			(value_column_context(place, column),
			 errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("%s %s is not a whole number", column,
					DatumGetCString(DirectFunctionCall1(numeric_out, number))),
			 errdetail("It would be rounded."),
			 instead == NULL ? errhint("Give a whole number.")
							 : errhint("Give a whole number, or write it as a text in %s.", instead)));
	PG_RETURN_NULL(); /* not reached */
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

/* The relation of ours that it writes to, without a look into the catalog for all others. */
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

		/* Several rows of VALUES are a relation of their own, with the casts inside. */
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

/* int4(numeric), which nobody wrote, becomes int4(exact(numeric, place)). */
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

/* The feed and the match call alike what says a score in words. */
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
