/*
 * epoch_name.c
 *		What an epoch may be called.
 *
 * The name stands in notifications, between blanks, and in JSON, between quotes.  A relay
 * that reads one name in the table and another one in a notification would send its
 * viewers back to the start again and again.
 */
#include "postgres.h"

#include <inttypes.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/rel.h"

#include "base/value.h"
#include "log/epoch_name.h"

static void check_number(TupleDesc desc, HeapTuple tuple);

void
epoch_name_make(char *name)
{
	uint64 random;

	if (!pg_strong_random(&random, sizeof(random)))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not generate random bits for a new epoch")));
	snprintf(name, EPOCH_BYTES, "%016" PRIx64, random);
}

bool
epoch_name_is_right(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length < EPOCH_BYTES &&
		   strspn(name, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == length;
}

/* The next epoch has a higher one, and must find room for it. */
static void
check_number(TupleDesc desc, HeapTuple tuple)
{
	int attno = SPI_fnumber(desc, "epoch_no");
	bool isnull;
	Datum number;

	if (attno <= 0 || SPI_gettypeid(desc, attno) != INT8OID)
		return;
	number = SPI_getbinval(tuple, desc, attno, &isnull);
	if (isnull || (DatumGetInt64(number) > 0 && DatumGetInt64(number) < MAX_WHOLE_NUMBER))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_CHECK_VIOLATION),
			 errmsg(INT64_FORMAT " cannot be the number of an epoch", DatumGetInt64(number)),
			 errdetail("Numbers rise with each epoch, from 1, and there must be one above."),
			 errhint("Leave the numbers as they are: commentary.begin_epoch() begins an epoch, and numbers it.")));
}

/* By name: somebody may have renamed the column, which is told elsewhere. */
void
epoch_name_check(const TriggerData *trigger)
{
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	int attno = SPI_fnumber(desc, "epoch");
	bool is_update = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event);
	char *name;

	if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event) || attno <= 0)
		return;
	name = SPI_getvalue(is_update ? trigger->tg_newtuple : trigger->tg_trigtuple, desc, attno);
	if (name != NULL && epoch_name_is_right(name))
	{
		check_number(desc, is_update ? trigger->tg_newtuple : trigger->tg_trigtuple);
		return;
	}
	ereport(ERROR,
			(errcode(ERRCODE_CHECK_VIOLATION),
			 errmsg("\"%s\" cannot be the name of an epoch", name == NULL ? "" : name),
			 errdetail("A name has 1 to %d letters and digits.", EPOCH_BYTES - 1),
			 errhint("Leave the names as they are: commentary.begin_epoch() begins an epoch, and names it.")));
}
