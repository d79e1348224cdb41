/*
 * blame.c
 *		What an error of a flush is about: a row, the structure, or the server.
 *
 * A row that violates a constraint is set aside, so that the others go on.  But
 * when the value that violates it does not come from the row (a column that a
 * DBA added NOT NULL without a default, a default that fails), every row would:
 * to set them aside one by one would empty the feed into commentary.rejected.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_index.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "flush/blame.h"
#include "log/log.h"
#include "tables/column_map.h"
#include "tables/relations.h"

static bool is_about_server(int category);
static bool violates_structure(const ErrorData *error);
static bool is_constant_violation(Relation entry, const ErrorData *error);
static bool constraint_is_constant(Relation entry, Oid constraint);
static bool index_is_constant(Relation entry, Oid index);
static bool is_constant(Relation entry, AttrNumber attno);

Blame
blame_for(const ErrorData *error, bool is_opening)
{
	int category = ERRCODE_TO_CATEGORY(error->sqlerrcode);

	/* PostgreSQL changes no row of a table that is published without a replica identity. */
	if (is_opening && error->sqlerrcode == ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE)
		return BLAME_STRUCTURE;
	if (is_about_server(category))
		return BLAME_SERVER;
	switch (category)
	{
		case ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION:
		case ERRCODE_FEATURE_NOT_SUPPORTED:
			return BLAME_STRUCTURE;
		case ERRCODE_INTERNAL_ERROR:
			return is_opening ? BLAME_SERVER : BLAME_ROW;
		default:
			break;
	}
	if (is_opening || log_was_at_default())
		return BLAME_STRUCTURE;
	if (category == ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION && violates_structure(error))
		return BLAME_STRUCTURE;
	return BLAME_ROW;
}

/* Errors that may be gone at the next attempt. */
static bool
is_about_server(int category)
{
	switch (category)
	{
		case ERRCODE_INSUFFICIENT_RESOURCES:
		case ERRCODE_OPERATOR_INTERVENTION:
		case ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE:
		case ERRCODE_TRANSACTION_ROLLBACK:
		case ERRCODE_INVALID_TRANSACTION_STATE:
		case ERRCODE_SYSTEM_ERROR:
			return true;
		default:
			return false;
	}
}

static bool
violates_structure(const ErrorData *error)
{
	Relation entry;
	bool result = false;

	StartTransactionCommand();
	entry = relations_open(relations_get()->entry, AccessShareLock);
	if (error->table_name != NULL && error->schema_name != NULL &&
		strcmp(error->table_name, RelationGetRelationName(entry)) == 0 &&
		strcmp(error->schema_name, "commentary") == 0)
		result = is_constant_violation(entry, error);
	table_close(entry, NoLock);
	CommitTransactionCommand();
	return result;
}

static bool
is_constant_violation(Relation entry, const ErrorData *error)
{
	Oid constraint;
	Oid index;

	if (error->column_name != NULL)
		return is_constant(entry, get_attnum(RelationGetRelid(entry), error->column_name));
	if (error->constraint_name == NULL)
		return false;
	constraint = get_relation_constraint_oid(RelationGetRelid(entry), error->constraint_name, true);
	if (OidIsValid(constraint))
		return constraint_is_constant(entry, constraint);
	index = get_relname_relid(error->constraint_name, RelationGetNamespace(entry));
	return OidIsValid(index) && index_is_constant(entry, index);
}

/* No column that it looks at comes from the row; perhaps it looks at none. */
static bool
constraint_is_constant(Relation entry, Oid constraint)
{
	HeapTuple tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));
	bool result = true;
	bool isnull;
	Datum keys;

	if (!HeapTupleIsValid(tuple))
		return false;
	keys = SysCacheGetAttr(CONSTROID, tuple, Anum_pg_constraint_conkey, &isnull);
	if (!isnull)
	{
		ArrayType *array = DatumGetArrayTypeP(keys);
		int16 *attnos = (int16 *) ARR_DATA_PTR(array);

		for (int i = 0; i < ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)) && result; i++)
			result = is_constant(entry, attnos[i]);
	}
	ReleaseSysCache(tuple);
	return result;
}

static bool
index_is_constant(Relation entry, Oid index)
{
	HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
	Form_pg_index form;
	bool result;

	if (!HeapTupleIsValid(tuple))
		return false;
	form = (Form_pg_index) GETSTRUCT(tuple);
	result = form->indrelid == RelationGetRelid(entry);
	for (int i = 0; i < form->indnkeyatts && result; i++)
		result = is_constant(entry, form->indkey.values[i]);
	ReleaseSysCache(tuple);
	return result;
}

/*
 * Does the value of a column not depend on the row?  A generated column may, an
 * expression of an index (0) as well, and a trigger may fill in any column.
 */
static bool
is_constant(Relation entry, AttrNumber attno)
{
	if (attno <= 0 || (entry->trigdesc != NULL && entry->trigdesc->trig_insert_before_row))
		return false;
	return !TupleDescAttr(RelationGetDescr(entry), attno - 1)->attgenerated &&
		   !shape_has(column_map(MAP_LOG, entry), attno);
}
