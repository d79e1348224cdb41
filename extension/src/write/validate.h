/*
 * validate.h
 *		Checks the rows that clients write, before they are staged.
 */
#ifndef COMMENTARY_VALIDATE_H
#define COMMENTARY_VALIDATE_H

#include "tables/columns.h"

/*
 * Checks a row that a client wrote, and fills in what it may leave out (op,
 * kind, created_at).  ERROR with SQLSTATE, column, detail and hint when it may
 * not be staged; nothing has been stored then.
 */
extern void validate_row(EntryRow *row);

#endif /* COMMENTARY_VALIDATE_H */
