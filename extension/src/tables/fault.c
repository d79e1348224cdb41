/*
 * fault.c
 *		One thing that is wrong with a relation of ours.
 */
#include "postgres.h"

#include "tables/fault.h"

Fault *
fault_add(List **faults, FaultEffect effect, int sqlstate, MapPlace place, char *message)
{
	Fault *fault = palloc0(sizeof(Fault));

	fault->effect = effect;
	fault->stops = effect == FAULT_REFUSES;
	fault->sqlstate = sqlstate;
	fault->relation = shape_name(place);
	fault->message = message;
	*faults = lappend(*faults, fault);
	return fault;
}
