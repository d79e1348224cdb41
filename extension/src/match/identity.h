/*
 * identity.h
 *		The numbers that matches get by themselves.
 */
#ifndef COMMENTARY_IDENTITY_H
#define COMMENTARY_IDENTITY_H

#include "utils/rel.h"

/* A match was given this number: the numbers to come lie behind it. */
extern void identity_pass(Relation match, AttrNumber attno, int64 match_id);

/*
 * Passes all numbers that this column has, of a relation that is locked: for rows that came
 * by logical replication.  Needs a snapshot.
 */
extern void identity_pass_all(Oid relation_id, const char *column);

#endif /* COMMENTARY_IDENTITY_H */
