/*
 * arguments.h
 *		The arguments of a function that has the columns of an entry as its own.
 */
#ifndef COMMENTARY_ARGUMENTS_H
#define COMMENTARY_ARGUMENTS_H

#include "fmgr.h"

#include "tables/columns.h"

/*
 * Reads the arguments into the columns that have their names; the other columns
 * of the row become null.  ERROR for an argument that is none of our columns.
 */
extern void arguments_read(FunctionCallInfo fcinfo, EntryRow *row);

#endif /* COMMENTARY_ARGUMENTS_H */
