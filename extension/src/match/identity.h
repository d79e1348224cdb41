/*
 * identity.h
 *		The numbers that matches get by themselves.
 */
#ifndef COMMENTARY_IDENTITY_H
#define COMMENTARY_IDENTITY_H

#include "utils/rel.h"

/* A match was given this number: the numbers to come lie behind it. */
extern void identity_pass(Relation match, AttrNumber attno, int64 match_id);

#endif /* COMMENTARY_IDENTITY_H */
