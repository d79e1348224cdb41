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

/* Of an index of ours. */
#define MAX_KEYS 3

/* The catalogs describe the index, so no lock is needed. */
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
static bool is_wanted(MapPlace place, MapIndex number, const IndexFacts *facts,
					  const ColumnMap *map);
static bool has_keys(MapPlace place, MapIndex number, const IndexFacts *facts,
					 const ColumnMap *map);
static int find_keys(MapPlace place, MapIndex number, EntryColumn *keys);
static bool is_plain_key(const IndexFacts *facts, int key, Oid type);
static bool has_predicate(MapIndex number, const IndexFacts *facts, const ColumnMap *map);
static Node *predicate_of(const IndexFacts *facts);
static bool is_not_null(Node *predicate, AttrNumber attno);
static bool is_insert_with_ref(Node *predicate, const ColumnMap *map);
static bool is_op(Node *predicate, AttrNumber op, const char *word);
static bool is_column(Node *node, AttrNumber attno);
static bool is_word(Node *node, const char *word);

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
				is_wanted(place, i, &facts, map))
			{
				map->indexes[i] = lfirst_oid(cell);
				map->is_partial[i] = !heap_attisnull(facts.tuple, Anum_pg_index_indpred, NULL);
			}
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
			return "CREATE UNIQUE INDEX ON commentary.entry (match_id, client_ref) WHERE client_ref IS NOT NULL AND op = 'insert'";
		case INDEX_CORRECTION:
			return "CREATE INDEX ON commentary.entry (match_id, ref_seq, seq) WHERE ref_seq IS NOT NULL";
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
is_wanted(MapPlace place, MapIndex number, const IndexFacts *facts, const ColumnMap *map)
{
	bool is_unique = number == INDEX_KEY || number == INDEX_CLIENT_REF;

	return facts->form->indisvalid && facts->form->indisready && facts->is_btree &&
		   (facts->form->indisunique || !is_unique) && has_keys(place, number, facts, map) &&
		   has_predicate(number, facts, map);
}

static bool
has_keys(MapPlace place, MapIndex number, const IndexFacts *facts, const ColumnMap *map)
{
	const int16 *found = facts->form->indkey.values;
	EntryColumn keys[MAX_KEYS];
	int num_keys = find_keys(place, number, keys);

	if (facts->form->indnkeyatts != num_keys)
		return false;
	for (int i = 0; i < num_keys; i++)
	{
		if (found[i] == 0 || found[i] != map->attnos[keys[i]] ||
			!is_plain_key(facts, i, entry_columns[keys[i]].type))
			return false;
	}
	return true;
}

/* In the map of a match the first column is its match_id as well. */
static int
find_keys(MapPlace place, MapIndex number, EntryColumn *keys)
{
	keys[0] = COL_MATCH_ID;
	if (place == MAP_MATCH)
		return 1;
	switch (number)
	{
		case INDEX_CLIENT_REF:
			keys[1] = COL_CLIENT_REF;
			return 2;
		case INDEX_CORRECTION:
			keys[1] = COL_REF_SEQ;
			keys[2] = COL_SEQ;
			return 3;
		default:
			keys[1] = COL_SEQ;
			return 2;
	}
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
			return is_op(predicate, map->attnos[COL_OP], OP_MATCH);
		case INDEX_CLIENT_REF:
			return is_insert_with_ref(predicate, map);
		case INDEX_CORRECTION:
			return predicate == NULL || is_not_null(predicate, map->attnos[COL_REF_SEQ]);
		default:
			return predicate == NULL;
	}
}

/* The stored form: the relcache would evaluate constants in it with our rights. */
static Node *
predicate_of(const IndexFacts *facts)
{
	bool isnull;
	Datum stored = SysCacheGetAttr(INDEXRELID, facts->tuple, Anum_pg_index_indpred, &isnull);

	return isnull ? NULL : stringToNode(TextDatumGetCString(stored));
}

static bool
is_not_null(Node *predicate, AttrNumber attno)
{
	NullTest *test = (NullTest *) predicate;

	return predicate != NULL && IsA(predicate, NullTest) && test->nulltesttype == IS_NOT_NULL &&
		   is_column((Node *) test->arg, attno);
}

/*
 * client_ref IS NOT NULL AND op = 'insert': the amendments of an entry may carry its
 * client_ref.  That of 1.1 had only the first half, and no column for what was said.
 */
static bool
is_insert_with_ref(Node *predicate, const ColumnMap *map)
{
	BoolExpr *both = (BoolExpr *) predicate;
	AttrNumber op = map->attnos[COL_OP];
	AttrNumber client_ref = map->attnos[COL_CLIENT_REF];
	Node *first;
	Node *second;

	if (map->is_older)
		return predicate == NULL || is_not_null(predicate, client_ref);
	if (predicate == NULL || !IsA(predicate, BoolExpr) || both->boolop != AND_EXPR ||
		list_length(both->args) != 2)
		return false;
	first = linitial(both->args);
	second = lsecond(both->args);
	return (is_not_null(first, client_ref) && is_op(second, op, OP_INSERT)) ||
		   (is_op(first, op, OP_INSERT) && is_not_null(second, client_ref));
}

/* op = 'word' */
static bool
is_op(Node *predicate, AttrNumber op, const char *word)
{
	OpExpr *expression = (OpExpr *) predicate;

	return predicate != NULL && IsA(predicate, OpExpr) && expression->opfuncid == F_TEXTEQ &&
		   list_length(expression->args) == 2 && is_column(linitial(expression->args), op) &&
		   is_word(lsecond(expression->args), word);
}

static bool
is_column(Node *node, AttrNumber attno)
{
	return IsA(node, Var) && attno != 0 && ((Var *) node)->varattno == attno;
}

static bool
is_word(Node *node, const char *word)
{
	Const *constant = (Const *) node;

	return IsA(node, Const) && constant->consttype == TEXTOID && !constant->constisnull &&
		   strcmp(TextDatumGetCString(constant->constvalue), word) == 0;
}
