/*
 * relations.c
 *		Where the extension's own relations are in this database.
 *
 * They are found through pg_extension first: only then is the schema surely
 * ours. A schema of that name that a user made would have the flusher, which
 * runs with high privileges, work on tables of the user's making.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/extension.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"

#include "tables/relations.h"

#define EXTENSION "commentary"

static Relations relations;
static bool is_known = false;
static bool has_changed = false;

static bool find_relations(void);
static void find_logged_ring(Oid schema);
static Oid find_relation(const char *name, Oid schema);
static Oid find_newer_relation(const char *name, Oid schema);
static void check_membership(const char *name, Oid relation);
static bool is_member(Oid relation);
static void on_relcache_change(Datum arg, Oid relation);

bool
relations_installed(void)
{
	return OidIsValid(get_extension_oid(EXTENSION, true));
}

Oid
relations_known_log(void)
{
	return is_known ? relations.entry : InvalidOid;
}

const Relations *
relations_get(void)
{
	if (unlikely(!is_known) && !relations_exist())
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("extension \"commentary\" is not installed in this database"),
				 errhint("Run CREATE EXTENSION commentary.")));
	return &relations;
}

bool
relations_exist(void)
{
	static bool is_registered = false;

	if (!is_registered)
	{
		CacheRegisterRelcacheCallback(on_relcache_change, (Datum) 0);
		is_registered = true;
	}
	if (!is_known)
	{
		/* DDL may commit while we look: then look again the next time. */
		has_changed = false;
		if (!find_relations())
			return false;
		is_known = !has_changed;
	}
	return true;
}

static bool
find_relations(void)
{
	Oid schema;

	if (!relations_installed())
		return false;
	schema = get_namespace_oid("commentary", true);
	if (!OidIsValid(schema))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_SCHEMA),
				 errmsg("schema \"commentary\" is missing, while the extension of that name is there"),
				 errhint("If it was renamed, give it its name back: ALTER SCHEMA ... RENAME TO commentary.")));

	relations.match = find_relation("match", schema);
	relations.entry = find_relation("entry", schema);
	relations.epoch = find_relation("epoch", schema);
	relations.feed = find_newer_relation("feed", schema); /* only writers need it */
	relations.rejected = find_newer_relation("rejected", schema);
	relations.purging = find_newer_relation("purging", schema);
	for (int i = 0; i < RING_SEGMENTS; i++)
		relations.staging[i] = find_relation(relations_staging_name(i), schema);
	find_logged_ring(schema);
	return true;
}

/* All of it or nothing: rows may wait in one that is missing now. */
static void
find_logged_ring(Oid schema)
{
	bool is_there = false;

	for (int i = FIRST_SEGMENT(RING_LOGGED); i < NUM_SEGMENTS; i++)
	{
		relations.staging[i] = find_newer_relation(relations_staging_name(i), schema);
		is_there |= OidIsValid(relations.staging[i]);
	}
	for (int i = FIRST_SEGMENT(RING_LOGGED); i < NUM_SEGMENTS && is_there; i++)
		relations.staging[i] = find_relation(relations_staging_name(i), schema);
}

char *
relations_staging_name(int segment)
{
	return RING_OF(segment) == RING_LOGGED
			   ? psprintf("staging_logged_%d", segment - FIRST_SEGMENT(RING_LOGGED))
			   : psprintf("staging_%d", segment);
}

/* Before version 1.2 there is no logged ring. */
uint32
relations_num_segments(void)
{
	for (uint32 i = FIRST_SEGMENT(RING_LOGGED); i < NUM_SEGMENTS; i++)
	{
		if (OidIsValid(relations_segment(i)))
			return NUM_SEGMENTS;
	}
	return RING_SEGMENTS;
}

Oid
relations_segment(uint32 number)
{
	Oid schema = get_namespace_oid("commentary", true);
	Oid segment = OidIsValid(schema) ? get_relname_relid(relations_staging_name(number), schema)
									 : InvalidOid;

	return OidIsValid(segment) && is_member(segment) ? segment : InvalidOid;
}

Oid
relations_find(const char *name)
{
	return find_relation(name, get_namespace_oid("commentary", false));
}

Relation
relations_open(Oid relation_id, LOCKMODE mode)
{
	Relation relation = try_table_open(relation_id, mode);

	if (relation == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("extension \"commentary\" was dropped"),
				 errdetail("Somebody else did it, while this waited for a lock."),
				 errhint("Run CREATE EXTENSION commentary.")));
	return relation;
}

static Oid
find_relation(const char *name, Oid schema)
{
	Oid relation = get_relname_relid(name, schema);

	if (!OidIsValid(relation))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation \"commentary.%s\" is missing", name),
				 errdetail("It was renamed, moved to another schema, or dropped."),
				 errhint("Bring it back under this name: ALTER TABLE … RENAME TO %s, or SET SCHEMA commentary.", name)));
	check_membership(name, relation);
	return relation;
}

/* A relation that older versions of the extension do not have: InvalidOid then. */
static Oid
find_newer_relation(const char *name, Oid schema)
{
	Oid relation = get_relname_relid(name, schema);

	if (OidIsValid(relation))
		check_membership(name, relation);
	return relation;
}

/* Another relation under our name has another content, and numbers would begin again. */
static void
check_membership(const char *name, Oid relation)
{
	if (is_member(relation))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE),
			 errmsg("relation \"commentary.%s\" does not belong to the extension", name),
			 errdetail("It stands in the place of the one that the extension made."),
			 errhint("Bring back that one under this name; ALTER EXTENSION commentary ADD makes one of your own belong to it.")));
}

static bool
is_member(Oid relation)
{
	Oid extension = get_extension_oid(EXTENSION, true);

	return OidIsValid(extension) && getExtensionOfObject(RelationRelationId, relation) == extension;
}

static void
on_relcache_change(Datum arg, Oid relation)
{
	bool is_ours = !OidIsValid(relation) || relation == relations.match ||
				   relation == relations.entry || relation == relations.feed ||
				   relation == relations.rejected || relation == relations.purging ||
				   !OidIsValid(relations.feed) || !OidIsValid(relations.rejected) ||
				   !OidIsValid(relations.purging) || /* a newer version brings it */
				   !OidIsValid(relations.staging[FIRST_SEGMENT(RING_LOGGED)]);

	for (int i = 0; i < NUM_SEGMENTS && !is_ours; i++)
		is_ours = (relation == relations.staging[i]);
	if (is_ours)
	{
		is_known = false;
		has_changed = true;
	}
}
