/*
 * refuse.c
 *		The trigger that refuses changes of what only the flusher may change.
 *
 * Viewers have the entries of the log, and resume by their numbers: an entry that
 * somebody else adds, changes or removes is one that viewers never see, see
 * otherwise, or see for ever.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/guc.h"
#include "utils/rel.h"

#include "base/replication.h"
#include "base/settings.h"
#include "base/trigger.h"
#include "shared/change.h"
#include "tables/refuse.h"

PG_FUNCTION_INFO_V1(commentary_refuse_change);
PG_FUNCTION_INFO_V1(commentary_keep_out);

#define WAY_AROUND "A superuser who must repair the log by hand: SET commentary.allow_log_changes = on."

static bool is_inserting = false;
static bool is_deleting = false;

static bool is_ours(TriggerEvent event);
static bool is_restoring(TriggerEvent event);
static void note_change(void);
static void refuse_insert(void);
static void refuse_log(void);
static void refuse_match(void);
static void refuse_staging(const char *relation);

/* BEFORE, for each statement: of the log, of matches, of the staging segments. */
Datum
commentary_refuse_change(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = trigger_data(fcinfo, TRIGGER_EVENT_BEFORE,
										TRIGGER_ON(INSERT) | TRIGGER_ON(UPDATE) |
											TRIGGER_ON(DELETE) | TRIGGER_ON(TRUNCATE));
	const char *relation = RelationGetRelationName(trigger->tg_relation);

	if (is_ours(trigger->tg_event) || replication_is_applying())
		return PointerGetDatum(NULL);
	if (strncmp(relation, "staging_", strlen("staging_")) == 0)
		refuse_staging(relation);
	if (commentary_allow_log_changes || is_restoring(trigger->tg_event))
		note_change();
	else if (TRIGGER_FIRED_BY_INSERT(trigger->tg_event))
		refuse_insert();
	else if (strcmp(relation, "entry") == 0)
		refuse_log();
	else
		refuse_match();
	return PointerGetDatum(NULL);
}

/*
 * BEFORE INSERT, for each row of a logged segment: nothing enters there.  The flusher
 * and writers pass no trigger, and statements are refused; what is left is the initial
 * copy of a subscription to all tables, whose rows are the primary's to flush.
 */
Datum
commentary_keep_out(PG_FUNCTION_ARGS)
{
	(void) trigger_data(fcinfo, TRIGGER_EVENT_ROW | TRIGGER_EVENT_BEFORE,
						TRIGGER_ON(INSERT));
	return PointerGetDatum(NULL);
}

bool
refuse_is_called_by(const Trigger *trigger)
{
	FmgrInfo function;

	fmgr_info(trigger->tgfoid, &function);
	return function.fn_addr == commentary_refuse_change || function.fn_addr == commentary_keep_out;
}

void
refuse_no_insert(bool is_ours)
{
	is_inserting = is_ours;
}

void
refuse_no_delete(bool is_ours)
{
	is_deleting = is_ours;
}

static bool
is_ours(TriggerEvent event)
{
	return (is_inserting && TRIGGER_FIRED_BY_INSERT(event)) ||
		   (is_deleting && TRIGGER_FIRED_BY_DELETE(event));
}

/*
 * Every script of pg_dump, and every connection of pg_restore, begins with SET
 * check_function_bodies = false; hardly anything else ever does.
 */
static bool
is_restoring(TriggerEvent event)
{
	return TRIGGER_FIRED_BY_INSERT(event) && !check_function_bodies;
}

/* The flusher counts in memory (number.c), and must look again. */
static void
note_change(void)
{
	change_note_match();
	change_note_log();
}

static void
refuse_insert(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("cannot insert into commentary.entry"),
			 errdetail("The flusher numbers the entries of the log, and tells viewers of them."),
			 errhint("INSERT INTO commentary.feed, or call commentary.post(). " WAY_AROUND)));
}

static void
refuse_log(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("cannot change or remove rows of commentary.entry"),
			 errdetail("The log is append-only: viewers already have its entries, and resume by their numbers."),
			 errhint("Correct an entry with commentary.amend() or commentary.retract(). " WAY_AROUND)));
}

static void
refuse_match(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("cannot change or remove rows of commentary.match"),
			 errdetail("The log of a match outlives it, and viewers resume by its numbers."),
			 errhint("Set status to 'abandoned' instead, or remove the match and its log with commentary.purge().")));
}

/* A commit may be waiting for what is in there. */
static void
refuse_staging(const char *relation)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("cannot change rows of commentary.%s", relation),
			 errdetail("They are committed, and wait to be flushed; only the flusher takes them out."),
			 errhint("Run SELECT commentary.flush(), or see commentary.check() for what holds the flusher up.")));
}
