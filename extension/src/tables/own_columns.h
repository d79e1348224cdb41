/*
 * own_columns.h
 *		The columns of our bookkeeping that our statements name: those of commentary.epoch and
 *		commentary.purging, and what commentary.rejected has beside a row.
 *
 * commentary.relay and commentary.relay_pass are used by functions in SQL alone, which
 * PostgreSQL keeps bound to the columns, whatever their names are.
 */
#ifndef COMMENTARY_OWN_COLUMNS_H
#define COMMENTARY_OWN_COLUMNS_H

typedef struct OwnColumn
{
	const char *name; /* NULL: the end */
	Oid type;
	bool is_newer; /* than version 1.1 */
} OwnColumn;

#define NUM_REJECTED_COLUMNS 7
#define NUM_RELAY_COLUMNS	 19

extern const OwnColumn epoch_columns[];
extern const OwnColumn purging_columns[];
extern const OwnColumn rejected_columns[NUM_REJECTED_COLUMNS + 1];

#endif /* COMMENTARY_OWN_COLUMNS_H */
