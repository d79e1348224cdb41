/*
 * identity.h
 *		Keeps the identity column of matches ahead of the numbers that clients give.
 */
#ifndef COMMENTARY_IDENTITY_H
#define COMMENTARY_IDENTITY_H

#include "utils/rel.h"

/* Call it for a match that was inserted with this number: later numbers will be larger. */
extern void identity_pass(Relation match, AttrNumber attno, int64 match_id);

/*
 * The same for all numbers in a column of a relation, for rows that came by logical
 * replication.  The relation must be locked; needs a snapshot.
 */
extern void identity_pass_all(Oid relation_id, const char *column);

#endif /* COMMENTARY_IDENTITY_H */
