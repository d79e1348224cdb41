/*
 * feed_insert.c
 *		INSERT INTO commentary.feed on behalf of post(), amend() and retract().
 *
 * These functions stage a row without an INSERT into the view, which is faster.  But a DBA
 * may have put a trigger, a rule or a default on the view.  It must take effect for every
 * row, however the row comes in.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "rewrite/prs2lock.h"
#include "utils/rel.h"

#include "tables/column_map.h"
#include "tables/relations.h"
#include "write/feed_insert.h"

static bool has_more(Relation feed, PGFunction our_trigger);
static bool has_trigger_of_others(const TriggerDesc *triggers, PGFunction our_trigger);
static bool has_insert_rule(const RuleLock *rules);
static bool calls(const Trigger *trigger, PGFunction function);

bool
feed_insert_is_needed(PGFunction our_trigger)
{
	static uint64 known = 0; /* the generation of the view that is_needed was found for */
	static bool is_needed = false;
	Relation feed;

	if (likely(known != 0 && known == column_map_generation(MAP_FEED, relations_get()->feed)))
		return is_needed;
	feed = relations_open(relations_get()->feed, AccessShareLock);
	(void) column_map(MAP_FEED, feed);
	known = column_map_generation(MAP_FEED, RelationGetRelid(feed));
	is_needed = has_more(feed, our_trigger);
	table_close(feed, AccessShareLock);
	return is_needed;
}

void
feed_insert(const EntryRow *row)
{
	StringInfoData columns;
	StringInfoData parameters;
	Oid types[NUM_ENTRY_COLUMNS];
	Datum values[NUM_ENTRY_COLUMNS];
	int count = 0;

	initStringInfo(&columns);
	initStringInfo(&parameters);
	for (int i = 0; i < NUM_ENTRY_COLUMNS; i++)
	{
		if (row->isnull[i])
			continue;
		types[count] = entry_columns[i].feed_type;
		values[count++] = row->values[i];
		appendStringInfo(&columns, "%s%s", count == 1 ? "" : ", ", entry_columns[i].name);
		appendStringInfo(&parameters, "%s$%d", count == 1 ? "" : ", ", count);
	}
	SPI_connect();
	SPI_execute_with_args(psprintf("INSERT INTO commentary.feed (%s) VALUES (%s)", columns.data,
								   parameters.data),
						  count, types, values, NULL, false, 0);
	SPI_finish();
}

static bool
has_more(Relation feed, PGFunction our_trigger)
{
	const TupleConstr *constraints = RelationGetDescr(feed)->constr;

	return has_trigger_of_others(feed->trigdesc, our_trigger) || has_insert_rule(feed->rd_rules) ||
		   (constraints != NULL && constraints->num_defval > 0);
}

/* True also when our trigger is missing: then the INSERT reports it. */
static bool
has_trigger_of_others(const TriggerDesc *triggers, PGFunction our_trigger)
{
	bool has_ours = false;

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		const Trigger *trigger = &triggers->triggers[i];

		if (!TRIGGER_FOR_INSERT(trigger->tgtype))
			continue;
		if (!calls(trigger, our_trigger))
			return true;
		has_ours = trigger->tgenabled != TRIGGER_DISABLED;
	}
	return !has_ours;
}

static bool
calls(const Trigger *trigger, PGFunction function)
{
	FmgrInfo info;

	fmgr_info(trigger->tgfoid, &info);
	return info.fn_addr == function;
}

static bool
has_insert_rule(const RuleLock *rules)
{
	for (int i = 0; rules != NULL && i < rules->numLocks; i++)
	{
		if (rules->rules[i]->event == CMD_INSERT)
			return true;
	}
	return false;
}
