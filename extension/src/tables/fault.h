/*
 * fault.h
 *		One thing that is wrong with a relation of ours.
 */
#ifndef COMMENTARY_FAULT_H
#define COMMENTARY_FAULT_H

#include "nodes/pg_list.h"

#include "tables/shape.h"

typedef enum FaultEffect
{
	FAULT_REFUSES, /* inserts fail, and the flusher waits */
	FAULT_HOLDS,   /* the flusher waits */
	FAULT_WARNS,   /* something else does not work as it should */
	FAULT_NOTED	   /* all works; it is good to know */
} FaultEffect;

typedef struct Fault
{
	FaultEffect effect;
	bool stops; /* what we do with the relation, so that it fails: always when inserts do */
	int sqlstate;
	const char *relation; /* of the schema commentary */
	const char *column;	  /* NULL: the relation as a whole */
	char *message;
	char *detail;
	char *hint;
} Fault;

/* Appends one to the list; palloc'd.  sqlstate 0: it is never raised. */
extern Fault *fault_add(List **faults, FaultEffect effect, int sqlstate, MapPlace place,
						char *message);

#endif /* COMMENTARY_FAULT_H */
