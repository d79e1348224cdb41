/*
 * owner.h
 *		Acting on a table with the rights of its owner.
 */
#ifndef COMMENTARY_OWNER_H
#define COMMENTARY_OWNER_H

#include "utils/rel.h"

/* What owner_leave() restores. */
typedef struct OwnerContext
{
	Relation relation;
	Oid user;
	int security;
	int settings; /* nest level of the settings */
} OwnerContext;

/*
 * From here to owner_leave() the process has the rights of the owner of a table
 * that is open, in a security-restricted operation, as VACUUM has (vacuum.c).
 * An ERROR ends it too.
 */
extern void owner_enter(OwnerContext *context, Relation relation);

/* Restores what was before, settings included.  No trigger of the table is pending. */
extern void owner_leave(OwnerContext *context);

/*
 * Runs one SQL statement on a table that is open, with the rights of its owner.
 * Needs SPI_connect(); the result is in SPI's variables.  Names in the statement
 * are looked up with the rights, and the search_path, that were before: qualify functions
 * and operators (IN and IS DISTINCT FROM are some) where a client's may be in force.
 */
extern void owner_execute(Relation relation, const char *statement, int num_values,
						  Oid *types, Datum *values, const char *nulls);

#endif /* COMMENTARY_OWNER_H */
