/*
 * fault.h
 *		A fault: one thing that is wrong with a relation of ours.
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
	FAULT_NOTED	   /* everything works; it is only worth knowing */
} FaultEffect;

typedef struct Fault
{
	FaultEffect effect;
	bool stops; /* our use of the relation fails with this fault: always when inserts fail */
	int sqlstate;
	const char *relation; /* of the schema commentary */
	const char *column;	  /* NULL: the relation as a whole */
	char *message;
	char *detail;
	char *hint;
} Fault;

/* Appends a fault to the list; palloc'd.  sqlstate 0: it is never raised as an error. */
extern Fault *fault_add(List **faults, FaultEffect effect, int sqlstate, MapPlace place,
						char *message);

#endif /* COMMENTARY_FAULT_H */
