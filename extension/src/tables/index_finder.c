/*
 * index_finder.c
 *		Finds the indexes that we look things up with.
 *
 * The owner of a table may drop its indexes and make others, under the same
 * names.  So an index is known by its columns, operator families and predicate:
 * what we read through it is then right, and no code but PostgreSQL's runs.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_index.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_type.h"
#include "nodes/primnodes.h"
#include "nodes/readfuncs.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/relcache.h"
#include "utils/syscache.h"

#include "tables/index_finder.h"

/* What the catalogs say of an index; no lock is needed for that. */
typedef struct IndexFacts
{
	HeapTuple tuple;
	Form_pg_index form;
	oidvector *operator_classes;
	oidvector *collations;
	int2vector *options;
	bool is_btree;
} IndexFacts;

static bool read_facts(Oid index, IndexFacts *facts);
static bool is_wanted(MapIndex number, const IndexFacts *facts, const ColumnMap *map, int num_keys);
static bool has_keys(MapIndex number, const IndexFacts *facts, const ColumnMap *map, int num_keys);
static bool is_plain_key(const IndexFacts *facts, int key, Oid type);
static bool has_predicate(MapIndex number, const IndexFacts *facts, const ColumnMap *map);
static Node *predicate_of(const IndexFacts *facts);
static bool is_not_null(Node *predicate, AttrNumber client_ref);
static bool is_state_predicate(Node *predicate, AttrNumber op);
static bool is_column(Node *node, AttrNumber attno);
static bool is_match_word(Node *node);

void
index_finder_find(MapPlace place, Relation relation, ColumnMap *map)
{
	List *indexes;
	ListCell *cell;

	memset(map->indexes, 0, sizeof(map->indexes));
	if (!index_finder_wants(place, INDEX_KEY))
		return;
	indexes = RelationGetIndexList(relation);
	foreach (cell, indexes)
	{
		IndexFacts facts;

		if (!read_facts(lfirst_oid(cell), &facts))
			continue;
		for (int i = 0; i < NUM_MAP_INDEXES; i++)
		{
			if (index_finder_wants(place, i) && !OidIsValid(map->indexes[i]) &&
				is_wanted(i, &facts, map, place == MAP_MATCH ? 1 : 2))
				map->indexes[i] = lfirst_oid(cell);
		}
		ReleaseSysCache(facts.tuple);
	}
	list_free(indexes);
}

bool
index_finder_wants(MapPlace place, MapIndex number)
{
	return place == MAP_LOG || (place == MAP_MATCH && number == INDEX_KEY);
}

char *
index_finder_statement(MapPlace place, MapIndex number)
{
	switch (number)
	{
		case INDEX_CLIENT_REF:
			return "CREATE UNIQUE INDEX ON commentary.entry (match_id, client_ref) WHERE client_ref IS NOT NULL";
		case INDEX_STATE:
			return "CREATE INDEX ON commentary.entry (match_id, seq) WHERE op = 'match'";
		default:
			return place == MAP_MATCH ? "ALTER TABLE commentary.match ADD PRIMARY KEY (match_id)"
									  : "ALTER TABLE commentary.entry ADD PRIMARY KEY (match_id, seq)";
	}
}

/* False when it was dropped meanwhile. */
static bool
read_facts(Oid index, IndexFacts *facts)
{
	HeapTuple relation = SearchSysCache1(RELOID, ObjectIdGetDatum(index));
	HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
	bool isnull;

	facts->is_btree = HeapTupleIsValid(relation) &&
					  ((Form_pg_class) GETSTRUCT(relation))->relam == BTREE_AM_OID;
	if (HeapTupleIsValid(relation))
		ReleaseSysCache(relation);
	if (!HeapTupleIsValid(tuple))
		return false;
	facts->tuple = tuple;
	facts->form = (Form_pg_index) GETSTRUCT(tuple);
	facts->operator_classes = (oidvector *) DatumGetPointer(
		SysCacheGetAttr(INDEXRELID, tuple, Anum_pg_index_indclass, &isnull));
	facts->collations = (oidvector *) DatumGetPointer(
		SysCacheGetAttr(INDEXRELID, tuple, Anum_pg_index_indcollation, &isnull));
	facts->options = (int2vector *) DatumGetPointer(
		SysCacheGetAttr(INDEXRELID, tuple, Anum_pg_index_indoption, &isnull));
	return true;
}

static bool
is_wanted(MapIndex number, const IndexFacts *facts, const ColumnMap *map, int num_keys)
{
	return facts->form->indisvalid && facts->form->indisready && facts->is_btree &&
		   (facts->form->indisunique || number == INDEX_STATE) &&
		   has_keys(number, facts, map, num_keys) && has_predicate(number, facts, map);
}

static bool
has_keys(MapIndex number, const IndexFacts *facts, const ColumnMap *map, int num_keys)
{
	const int16 *keys = facts->form->indkey.values;
	EntryColumn second = number == INDEX_CLIENT_REF ? COL_CLIENT_REF : COL_SEQ;

	/* In the map of a match the first column is its match_id as well. */
	if (facts->form->indnkeyatts != num_keys || keys[0] == 0 ||
		keys[0] != map->attnos[COL_MATCH_ID] || !is_plain_key(facts, 0, INT8OID))
		return false;
	return num_keys == 1 ||
		   (keys[1] != 0 && keys[1] == map->attnos[second] &&
			is_plain_key(facts, 1, entry_columns[second].type));
}

/* Ascending, and in PostgreSQL's own order. */
static bool
is_plain_key(const IndexFacts *facts, int key, Oid type)
{
	Oid family = type == TEXTOID ? TEXT_BTREE_FAM_OID : INTEGER_BTREE_FAM_OID;
	Oid collation = type == TEXTOID ? DEFAULT_COLLATION_OID : InvalidOid;
	Oid operator_class = facts->operator_classes->values[key];

	return get_opclass_family(operator_class) == family &&
		   get_opclass_input_type(operator_class) == type &&
		   facts->collations->values[key] == collation && facts->options->values[key] == 0;
}

static bool
has_predicate(MapIndex number, const IndexFacts *facts, const ColumnMap *map)
{
	Node *predicate = predicate_of(facts);

	switch (number)
	{
		case INDEX_STATE:
			return is_state_predicate(predicate, map->attnos[COL_OP]);
		case INDEX_CLIENT_REF:
			return predicate == NULL || is_not_null(predicate, map->attnos[COL_CLIENT_REF]);
		default:
			return predicate == NULL;
	}
}

/* As it is stored: the relcache would evaluate what is constant in it, as us. */
static Node *
predicate_of(const IndexFacts *facts)
{
	bool isnull;
	Datum stored = SysCacheGetAttr(INDEXRELID, facts->tuple, Anum_pg_index_indpred, &isnull);

	return isnull ? NULL : stringToNode(TextDatumGetCString(stored));
}

/* client_ref IS NOT NULL */
static bool
is_not_null(Node *predicate, AttrNumber client_ref)
{
	NullTest *test = (NullTest *) predicate;

	return IsA(predicate, NullTest) && test->nulltesttype == IS_NOT_NULL &&
		   is_column((Node *) test->arg, client_ref);
}

/* op = 'match' */
static bool
is_state_predicate(Node *predicate, AttrNumber op)
{
	OpExpr *expression = (OpExpr *) predicate;

	return predicate != NULL && IsA(predicate, OpExpr) && expression->opfuncid == F_TEXTEQ &&
		   list_length(expression->args) == 2 && is_column(linitial(expression->args), op) &&
		   is_match_word(lsecond(expression->args));
}

static bool
is_column(Node *node, AttrNumber attno)
{
	return IsA(node, Var) && attno != 0 && ((Var *) node)->varattno == attno;
}

static bool
is_match_word(Node *node)
{
	Const *constant = (Const *) node;

	return IsA(node, Const) && constant->consttype == TEXTOID && !constant->constisnull &&
		   strcmp(TextDatumGetCString(constant->constvalue), OP_MATCH) == 0;
}
