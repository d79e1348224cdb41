/*
 * ddl_extension.c
 *		What drops the extension, and ALTER EXTENSION UPDATE, while there is writing.
 *
 * All of them lock the objects of the extension one after the other, in an order of
 * PostgreSQL's own, and an identity's sequence before its table.  Writers and the
 * flusher hold some of these objects while they wait for others.  To avoid a
 * deadlock, the tables are locked first, in the order in which writers and the
 * flusher lock them.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"

#include "admin/ddl.h"
#include "base/compat.h"
#include "shared/shared.h"
#include "tables/relations.h"

#define EXTENSION "commentary"
#define SCHEMA	  "commentary"
#define LANGUAGE  "plpgsql"

static void lock_relation(const char *name);
static bool is_about_extension(Node *command, Oid extension);
static bool drops_extension(DropStmt *command, Oid extension);
static bool drops_owned(DropOwnedStmt *command, Oid extension);

bool
ddl_lock_extension(Node *command)
{
	Oid extension;

	if (!IsA(command, AlterExtensionStmt) && !IsA(command, DropStmt) &&
		!IsA(command, DropOwnedStmt))
		return false;
	extension = get_extension_oid(EXTENSION, true);
	if (!OidIsValid(extension) || !is_about_extension(command, extension))
		return false;

	lock_relation("feed");
	lock_relation("match");
	for (int i = 0; i < NUM_SEGMENTS; i++)
		lock_relation(relations_staging_name(i));
	lock_relation("epoch");
	lock_relation("entry");
	lock_relation("rejected");
	lock_relation("purging");
	return true;
}

/* An extension that has lost one of its tables can be dropped none the less. */
static void
lock_relation(const char *name)
{
	Oid schema = get_namespace_oid(SCHEMA, true);
	Oid relation = OidIsValid(schema) ? get_relname_relid(name, schema) : InvalidOid;

	if (OidIsValid(relation))
		LockRelationOid(relation, AccessExclusiveLock);
}

/* False, too, for a role that may not do it: PostgreSQL says what is wrong. */
static bool
is_about_extension(Node *command, Oid extension)
{
	if (IsA(command, DropOwnedStmt))
		return drops_owned((DropOwnedStmt *) command, extension);
	if (IsA(command, DropStmt))
		return drops_extension((DropStmt *) command, extension);
	return strcmp(((AlterExtensionStmt *) command)->extname, EXTENSION) == 0 &&
		   OwnsExtension(extension, GetUserId());
}

/* By its name, or with CASCADE by the language of its functions. */
static bool
drops_extension(DropStmt *command, Oid extension)
{
	ListCell *cell;

	if (command->removeType != OBJECT_EXTENSION || !OwnsExtension(extension, GetUserId()))
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

/* A role that may drop what another one owns is a member of it. */
static bool
drops_owned(DropOwnedStmt *command, Oid extension)
{
	ListCell *cell;

	foreach (cell, command->roles)
	{
		Oid role = get_rolespec_oid(lfirst(cell), true);

		if (OidIsValid(role) && OwnsExtension(extension, role) &&
			has_privs_of_role(GetUserId(), role))
			return true;
	}
	return false;
}
