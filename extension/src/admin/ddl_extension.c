/*
 * ddl_extension.c
 *		Commands that drop or update the extension, or give it to another owner, while
 *		others write.
 *
 * PostgreSQL locks the objects of the extension one after the other, in an order of its
 * own, and the sequence of an identity before its table.  Writers and the flusher hold
 * locks on some of these objects while they wait for others.  To avoid a deadlock, the
 * tables are locked first, in the order in which writers and the flusher lock them.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "admin/ddl.h"
#include "base/compat.h"
#include "shared/shared.h"
#include "tables/relations.h"

#define EXTENSION "commentary"
#define SCHEMA	  "commentary"
#define LANGUAGE  "plpgsql"

static const char *name_at(int place);
static Oid find_relation(const char *name);
static bool is_about_extension(Node *command);
static bool drops_extension(DropStmt *command);
static bool owns_extension(void);
static bool own_tables(List *roles);
static bool owns_table(Oid role);

bool
ddl_lock_extension(Node *command)
{
	const char *name;

	if (!is_about_extension(command))
		return false;
	for (int i = 0; (name = name_at(i)) != NULL; i++)
	{
		Oid relation = find_relation(name);

		if (OidIsValid(relation))
			LockRelationOid(relation, AccessExclusiveLock);
	}
	return true;
}

/* In the order of their locks.  NULL: there are no more. */
static const char *
name_at(int place)
{
	static const char *const before[] = { "feed", "match" };
	static const char *const behind[] = { "epoch", "entry", "rejected", "purging" };

	if (place < lengthof(before))
		return before[place];
	place -= lengthof(before);
	if (place < NUM_SEGMENTS)
		return relations_staging_name(place);
	place -= NUM_SEGMENTS;
	return place < lengthof(behind) ? behind[place] : NULL;
}

/* InvalidOid for a missing table: an extension without it can be dropped as well. */
static Oid
find_relation(const char *name)
{
	Oid schema = get_namespace_oid(SCHEMA, true);

	return OidIsValid(schema) ? get_relname_relid(name, schema) : InvalidOid;
}

/* False also when the role may not do it: PostgreSQL then refuses the command. */
static bool
is_about_extension(Node *command)
{
	switch (nodeTag(command))
	{
		case T_AlterExtensionStmt:
			return strcmp(((AlterExtensionStmt *) command)->extname, EXTENSION) == 0 &&
				   owns_extension();
		case T_DropStmt:
			return drops_extension((DropStmt *) command) && owns_extension();
		case T_DropOwnedStmt:
			return own_tables(((DropOwnedStmt *) command)->roles);
		case T_ReassignOwnedStmt:
			return own_tables(((ReassignOwnedStmt *) command)->roles);
		default:
			return false;
	}
}

/* By its name, or with CASCADE by the language of its functions. */
static bool
drops_extension(DropStmt *command)
{
	ListCell *cell;

	if (command->removeType != OBJECT_EXTENSION)
		return false;
	foreach (cell, command->objects)
	{
		const char *name = strVal(lfirst(cell));

		if (strcmp(name, EXTENSION) == 0 ||
			(command->behavior == DROP_CASCADE && strcmp(name, LANGUAGE) == 0))
			return true;
	}
	return false;
}

static bool
owns_extension(void)
{
	Oid extension = get_extension_oid(EXTENSION, true);

	return OidIsValid(extension) && OwnsExtension(extension, GetUserId());
}

static bool
own_tables(List *roles)
{
	ListCell *cell;

	foreach (cell, roles)
	{
		Oid role = get_rolespec_oid(lfirst(cell), true);

		if (OidIsValid(role) && has_privs_of_role(GetUserId(), role) && owns_table(role))
			return true;
	}
	return false;
}

static bool
owns_table(Oid role)
{
	const char *name;
	bool is_owner = false;

	for (int i = 0; !is_owner && (name = name_at(i)) != NULL; i++)
	{
		HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(find_relation(name)));

		if (!HeapTupleIsValid(tuple))
			continue;
		is_owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner == role;
		ReleaseSysCache(tuple);
	}
	return is_owner;
}
