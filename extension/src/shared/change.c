/*
 * change.c
 *		What a transaction changes that others keep in memory.
 *
 * Other processes see it by counters in shared memory.  Only a commit moves the
 * counters: what is rolled back concerns no other process.
 */
#include "postgres.h"

#include "access/xact.h"

#include "shared/change.h"
#include "shared/shared.h"

static bool has_changed_match = false;
static bool has_changed_log = false;

static void on_xact_event(XactEvent event, void *arg);

void
change_install_callbacks(void)
{
	RegisterXactCallback(on_xact_event, NULL);
}

void
change_note_match(void)
{
	has_changed_match = true;
}

bool
change_has_match(void)
{
	return has_changed_match;
}

void
change_note_log(void)
{
	has_changed_log = true;
}

static void
on_xact_event(XactEvent event, void *arg)
{
	DatabaseState *db;

	if (!has_changed_match && !has_changed_log)
		return;
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_PREPARE)
	{
		db = shared_database_if_known();
		if (db != NULL && has_changed_match)
			pg_atomic_fetch_add_u64(&db->match_generation, 1);
		if (db != NULL && has_changed_log)
			pg_atomic_fetch_add_u64(&db->log_changes, 1);
	}
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT ||
		event == XACT_EVENT_PREPARE)
		has_changed_match = has_changed_log = false;
}
