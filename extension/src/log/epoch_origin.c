/*
 * epoch_origin.c
 *		Which server, database and table an epoch belongs to.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"

#include "base/place.h"
#include "log/epoch_origin.h"
#include "tables/column_map.h"
#include "tables/relations.h"

/*
 * A copy of a database on the same system (TEMPLATE) goes on by itself as well, and so does
 * what is restored from a dump: its table is another one.
 */
EpochOrigin
epoch_origin_here(void)
{
	EpochOrigin here = {
		.system = psprintf(UINT64_FORMAT "/%u", GetSystemIdentifier(), MyDatabaseId),
		.timeline = (int64) GetWALInsertionTimeLine(),
		.place = place_here()
	};

	if (epoch_has_column("epoch_no")) /* not in version 1.1 */
		here.system = psprintf("%s/%u", here.system, relations_get()->epoch);
	return here;
}

/* Before version 1.2 there was neither a place nor a number. */
bool
epoch_has_column(const char *name)
{
	return get_attnum(relations_get()->epoch, name) != InvalidAttrNumber;
}

Relation
epoch_open(LOCKMODE mode)
{
	Relation epoch = relations_open(relations_get()->epoch, mode);

	(void) column_map(MAP_EPOCH, epoch);
	return epoch;
}
