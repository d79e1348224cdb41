/*
 * arguments.c
 *		The arguments of post(), amend(), retract() and body().
 *
 * The order of a function's arguments is what its users are used to, and no other
 * order follows it.  So each is found by its name, once for a statement.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_proc.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/syscache.h"

#include "tables/arguments.h"

/* What a retraction says instead of a message is why. */
#define REASON "reason"

typedef struct ArgumentMap
{
	int count;
	EntryColumn columns[FUNC_MAX_ARGS];
} ArgumentMap;

static ArgumentMap *make_map(FmgrInfo *function);
static EntryColumn find_column(const char *name, Oid type);

void
arguments_read(FunctionCallInfo fcinfo, EntryRow *row)
{
	ArgumentMap *map = fcinfo->flinfo->fn_extra;

	if (map == NULL)
		fcinfo->flinfo->fn_extra = map = make_map(fcinfo->flinfo);

	memset(row->values, 0, sizeof(row->values));
	memset(row->isnull, true, sizeof(row->isnull));
	for (int i = 0; i < map->count; i++)
	{
		row->values[map->columns[i]] = PG_GETARG_DATUM(i);
		row->isnull[map->columns[i]] = PG_ARGISNULL(i);
	}
}

static ArgumentMap *
make_map(FmgrInfo *function)
{
	ArgumentMap *map = MemoryContextAlloc(function->fn_mcxt, sizeof(ArgumentMap));
	HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function->fn_oid));
	Oid *types;
	char **names;
	char *modes;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", function->fn_oid);
	map->count = get_func_arg_info(tuple, &types, &names, &modes);
	for (int i = 0; i < map->count; i++)
		map->columns[i] = find_column(names == NULL ? "" : names[i], types[i]);
	ReleaseSysCache(tuple);
	return map;
}

static EntryColumn
find_column(const char *name, Oid type)
{
	for (int i = 0; i < NUM_ENTRY_COLUMNS; i++)
	{
		const Column *column = &entry_columns[i];

		if (strcmp(name, column->name) == 0 && (type == column->type || type == column->feed_type))
			return i;
	}
	if (strcmp(name, REASON) == 0 && type == entry_columns[COL_MESSAGE].type)
		return COL_MESSAGE;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_FUNCTION_DEFINITION),
			 errmsg("argument \"%s\" is no column of an entry", name),
			 errhint("Run ALTER EXTENSION commentary UPDATE.")));
	return COL_MESSAGE; /* not reached */
}
