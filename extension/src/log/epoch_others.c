/*
 * epoch_others.c
 *		In a follower: epochs of this server beside those of its primary.
 *
 * CREATE EXTENSION begins an epoch, unless the database has the role of a follower already.
 * Then the epochs of the primary come, with numbers of their own.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"

#include "base/owner.h"
#include "base/place.h"
#include "log/epoch_origin.h"
#include "log/epoch_others.h"
#include "tables/relations.h"

static bool is_made_here(HeapTuple tuple, const EpochOrigin *here);
static void disown_from(Relation epoch, const char *name, int64 foreign_no);

/*
 * Without an epoch of another server the primary's have not come yet, or never will.  The
 * system may be the same in both: a subscriber may have begun as a copy of its primary.
 */
void
epoch_disown_unused(Relation epoch)
{
	EpochOrigin here = epoch_origin_here();
	List *own = NIL;
	ListCell *cell;
	int64 foreign_no = 0;

	if (!epoch_has_column("epoch_no") || !epoch_has_column("place"))
		return;
	owner_execute(epoch,
				  "SELECT epoch, system_identifier, epoch_no, place FROM commentary.epoch"
				  " WHERE epoch_no IS NOT NULL",
				  0, NULL, NULL, NULL);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		char *number = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 3);

		if (is_made_here(SPI_tuptable->vals[i], &here))
			own = lappend(own, SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1));
		else
			foreign_no = Max(foreign_no, strtoll(number, NULL, 10));
	}
	foreach (cell, own)
	{
		disown_from(epoch, lfirst(cell), foreign_no);
	}
}

/* The row of SPI has system_identifier and place as its second and fourth column. */
static bool
is_made_here(HeapTuple tuple, const EpochOrigin *here)
{
	char *system = SPI_getvalue(tuple, SPI_tuptable->tupdesc, 2);
	char *place = SPI_getvalue(tuple, SPI_tuptable->tupdesc, 4);

	return strcmp(system, here->system) == 0 &&
		   (place == NULL || place_difference(place, here->place) == NULL);
}

/*
 * This epoch loses its number, unless it is below that of an epoch of another server
 * (foreign_no; 0: none).
 */
static void
disown_from(Relation epoch, const char *name, int64 foreign_no)
{
	Oid types[] = { TEXTOID, INT8OID };
	Datum values[] = { CStringGetTextDatum(name), Int64GetDatum(foreign_no) };

	if (foreign_no == 0)
		return;
	owner_execute(epoch,
				  "UPDATE commentary.epoch AS own SET epoch_no = NULL WHERE own.epoch OPERATOR(pg_catalog.=) $1"
				  " AND (own.epoch_no OPERATOR(pg_catalog.>=) $2 OR EXISTS (SELECT FROM commentary.epoch AS e"
				  " WHERE e.epoch OPERATOR(pg_catalog.<>) $1 AND e.epoch_no OPERATOR(pg_catalog.=) own.epoch_no))",
				  2, types, values, NULL);
}

/*
 * Reads all of the log, once at a promotion: a publication may have left out
 * commentary.epoch, whose numbers are above all that its entries have.
 */
int64
epoch_newest_in_log(void)
{
	Relation entry;
	int64 number = 0;

	if (!epoch_has_column("epoch_no"))
		return 0;
	entry = relations_open(relations_get()->entry, AccessShareLock);
	owner_execute(entry, "SELECT pg_catalog.max(epoch_no) FROM commentary.entry", 0, NULL, NULL, NULL);
	if (SPI_processed > 0 && SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1) != NULL)
		number = strtoll(SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1), NULL, 10);
	table_close(entry, NoLock);
	return number;
}
