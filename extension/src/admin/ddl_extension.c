/*
 * ddl_extension.c
 *		DROP EXTENSION and ALTER EXTENSION UPDATE while there is writing.
 *
 * Both lock the objects of the extension one after the other, in an order of
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

static void lock_relation(const char *name);
static bool is_about_extension(Node *command);

bool
ddl_lock_extension(Node *command)
{
	Oid extension;

	if (!is_about_extension(command))
		return false;
	extension = get_extension_oid(EXTENSION, true);
	if (!OidIsValid(extension) || !OwnsExtension(extension, GetUserId()))
		return false; /* PostgreSQL says what is wrong */

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

static bool
is_about_extension(Node *command)
{
	ListCell *cell;

	if (IsA(command, AlterExtensionStmt))
		return strcmp(((AlterExtensionStmt *) command)->extname, EXTENSION) == 0;
	if (!IsA(command, DropStmt) || ((DropStmt *) command)->removeType != OBJECT_EXTENSION)
		return false;
	foreach (cell, ((DropStmt *) command)->objects)
	{
		if (strcmp(strVal(lfirst(cell)), EXTENSION) == 0)
			return true;
	}
	return false;
}
