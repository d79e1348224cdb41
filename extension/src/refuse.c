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
#include "utils/rel.h"

#include "refuse.h"
#include "replication.h"
#include "trigger.h"

PG_FUNCTION_INFO_V1(commentary_refuse_change);

static bool is_inserting = false;
static bool is_deleting = false;

static bool is_allowed(TriggerEvent event);
static void refuse_log(void);
static void refuse_match(void);
static void refuse_staging(const char *relation);

/* BEFORE, for each statement: of the log, of matches, of the staging segments. */
Datum
commentary_refuse_change(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = trigger_data(fcinfo);
	const char *relation = RelationGetRelationName(trigger->tg_relation);

	if (is_allowed(trigger->tg_event))
		return PointerGetDatum(NULL);
	if (strcmp(relation, "entry") == 0)
		refuse_log();
	if (strncmp(relation, "staging_", strlen("staging_")) == 0)
		refuse_staging(relation);
	refuse_match();
	return PointerGetDatum(NULL); /* not reached */
}

bool
refuse_is_called_by(const Trigger *trigger)
{
	FmgrInfo function;

	fmgr_info(trigger->tgfoid, &function);
	return function.fn_addr == commentary_refuse_change;
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
is_allowed(TriggerEvent event)
{
	return replication_is_applying() || (is_inserting && TRIGGER_FIRED_BY_INSERT(event)) ||
		   (is_deleting && TRIGGER_FIRED_BY_DELETE(event));
}

static void
refuse_log(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("cannot change or remove rows of commentary.entry"),
			 errdetail("The log is append-only: viewers already have its entries, and resume by their numbers."),
			 errhint("Correct an entry with commentary.amend() or commentary.retract().")));
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
