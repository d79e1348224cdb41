/*
 * channel.c
 *		The channel on which entries are announced: its name is a secret.
 *
 * Any role may NOTIFY a channel whose name it knows, and may LISTEN to it.  So the
 * name holds 128 random bits, which exist in shared memory only (shared.c): they
 * are made when a database gets its slot there, and are others after each start of
 * the server.  A relay never sends the name: listen() listens to it, so that it
 * stands in no query, and so in no log and no view.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "commands/async.h"
#include "commands/extension.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/guc.h"

#include "shared/channel.h"

PG_FUNCTION_INFO_V1(commentary_listen);

static void require_session(void);

/* listen() RETURNS void: like LISTEN, it takes effect when the transaction commits. */
Datum
commentary_listen(PG_FUNCTION_ARGS)
{
	require_session();

	/* To its end, so that trace_notify does not write the name to the log. */
	(void) set_config_option("trace_notify", "off", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, 0, false);
	Async_Listen(shared_database()->channel);
	PG_RETURN_VOID();
}

/* What LISTEN itself asks for (utility.c), with a hint for relays. */
static void
require_session(void)
{
	if (RecoveryInProgress())
		ereport(ERROR,
				(errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
				 errmsg("cannot listen to commentary during recovery"),
				 errdetail("A standby has no notifications."),
				 errhint("Connect to the primary, or read what is new from commentary.entry.")));
	if (InSecurityRestrictedOperation())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("cannot listen to commentary within a security-restricted operation")));
	if (MyBackendType != B_BACKEND)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot listen to commentary within a background process")));
}

void
channel_note_listen(const ListenStmt *statement)
{
	DatabaseState *db;

	if (strcmp(statement->conditionname, CHANNEL_PUBLIC) != 0 || CommentaryShared == NULL ||
		RecoveryInProgress() || !OidIsValid(get_extension_oid("commentary", true)))
		return;
	db = shared_database();
	pg_atomic_write_u32(&db->wants_hints, 1);
}

bool
channel_wants_hints(DatabaseState *db)
{
	return pg_atomic_read_u32(&db->wants_hints) != 0;
}
