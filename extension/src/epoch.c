/*
 * epoch.c
 *		The epoch: the name of this history of the log.
 *
 * After a failover or a point-in-time recovery the same seq may mean another
 * entry.  The server is then on a timeline of its own, and that is how we tell.
 * The name is random, and not a count: of two servers that were promoted from
 * one primary each would count to the same number.
 */
#include "postgres.h"

#include <inttypes.h>

#include "access/table.h"
#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "epoch.h"
#include "owner.h"
#include "relations.h"

static char current[EPOCH_BYTES] = "";

static bool find_epoch(Relation epoch, const char *system_identifier, int64 timeline);
static bool add_epoch(Relation epoch, const char *system_identifier, int64 timeline);
static void make_name(char *name);

bool
epoch_ensure(void)
{
	/* A copy of a database on the same system (TEMPLATE) goes on by itself as well. */
	char *system_identifier = psprintf(UINT64_FORMAT "/%u", GetSystemIdentifier(), MyDatabaseId);
	int64 timeline = (int64) GetWALInsertionTimeLine();
	Relation epoch = relations_open(relations_get()->epoch, RowExclusiveLock);
	bool has_past;

	SPI_connect();
	has_past = find_epoch(epoch, system_identifier, timeline) ||
			   add_epoch(epoch, system_identifier, timeline);
	SPI_finish();
	table_close(epoch, NoLock);
	return has_past;
}

const char *
epoch_current(void)
{
	return current;
}

static bool
find_epoch(Relation epoch, const char *system_identifier, int64 timeline)
{
	Oid types[] = { TEXTOID, INT8OID };
	Datum values[] = { CStringGetTextDatum(system_identifier), Int64GetDatum(timeline) };

	owner_execute(epoch,
				  "SELECT epoch FROM (SELECT * FROM commentary.epoch"
				  " ORDER BY epoch_id DESC LIMIT 1) AS newest"
				  " WHERE system_identifier = $1 AND timeline = $2",
				  2, types, values, NULL);
	if (SPI_processed == 0)
		return false;
	strlcpy(current, SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1),
			sizeof(current));
	return true;
}

/* Whether there was one before it. */
static bool
add_epoch(Relation epoch, const char *system_identifier, int64 timeline)
{
	Oid types[] = { TEXTOID, TEXTOID, INT8OID };
	Datum values[3];
	char name[EPOCH_BYTES];
	bool isnull;

	make_name(name);
	values[0] = CStringGetTextDatum(name);
	values[1] = CStringGetTextDatum(system_identifier);
	values[2] = Int64GetDatum(timeline);
	owner_execute(epoch,
				  "INSERT INTO commentary.epoch (epoch, system_identifier, timeline)"
				  " VALUES ($1, $2, $3)"
				  " RETURNING EXISTS (SELECT FROM commentary.epoch), epoch",
				  3, types, values, NULL);
	if (SPI_processed != 1 ||
		strcmp(SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2), name) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
				 errmsg("a trigger on commentary.epoch suppressed or changed the new epoch"),
				 errdetail("Without an epoch of its own, one number could stand for two entries."),
				 errhint("Drop the trigger.")));
	strlcpy(current, name, sizeof(current));
	ereport(LOG,
			(errmsg("commentary begins epoch %s", current),
			 errdetail("System and database %s, timeline " INT64_FORMAT ".", system_identifier, timeline)));
	return DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
}

static void
make_name(char *name)
{
	uint64 random;

	if (!pg_strong_random(&random, sizeof(random)))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not generate random bits for a new epoch")));
	snprintf(name, EPOCH_BYTES, "%016" PRIx64, random);
}
