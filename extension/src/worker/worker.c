/*
 * worker.c
 *		What the launcher and the flushers have in common: how they connect, and
 *		which settings of others do not reach them.
 *
 * ALTER DATABASE, ALTER ROLE and ALTER SYSTEM set things for every session, ours
 * among them, and the owner of a database may set some of them.  A setting is
 * pinned here when it could end a worker, run its statements as somebody else or
 * otherwise than meant, or make it wait without an end.  Pinned before connecting,
 * it is never applied.  All other settings of PostgreSQL 15 to 18 were looked at as
 * well (regress/t/settings.t sets each of them): they change plans, costs, logging or
 * the form of output, on which nothing of ours depends; and TimeZone and its like
 * must reach the flusher, since the defaults and constraints of a DBA may use them.
 */
#include "postgres.h"

#include <dlfcn.h>

#include "catalog/pg_authid.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/guc.h"
#include "utils/pidfile.h"

#include "worker/worker.h"

typedef struct Pin
{
	const char *name;
	const char *value; /* NULL: what it is for the whole server */
} Pin;

static const Pin pins[] = {
	/* What ends a session, or waits. */
	{ "exit_on_error", "off" }, /* one bad row would end the flusher, for ever */
	{ "statement_timeout", "0" },
	{ "transaction_timeout", "0" },
	{ "lock_timeout", "0" },
	{ "idle_in_transaction_session_timeout", "0" },
	{ "idle_session_timeout", "0" },
	{ "post_auth_delay", "0" },
	{ "temp_file_limit", "-1" },
	{ "max_stack_depth", NULL },

	/* Which role acts, and on which objects. */
	{ "role", "none" },
	{ "row_security", "off" },
	{ "search_path", "pg_catalog, pg_temp" },
	{ "session_replication_role", "origin" },
	{ "restrict_nonsystem_relation_kind", "" },

	/* How a transaction runs. */
	{ "default_transaction_isolation", "read committed" },
	{ "default_transaction_read_only", "off" },
	{ "default_transaction_deferrable", "off" },

	/* How a statement runs: ours are few and small. */
	{ "max_parallel_workers_per_gather", "0" },
	{ "jit", "off" },
	{ "enable_indexscan", "on" },
	{ "ignore_system_indexes", "off" },

	/* What must not happen unseen. */
	{ "zero_damaged_pages", "off" },
	{ "trace_notify", "off" }, /* would write the name of the channel to the log */
};

static void name_library(BackgroundWorker *worker);
static void pin_library_path(void);
static const char *loaded_file(void);
static void pin_settings(void);

void
worker_describe(BackgroundWorker *worker, const char *function, const char *name)
{
	memset(worker, 0, sizeof(*worker));
	worker->bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker->bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker->bgw_restart_time = BGW_NEVER_RESTART;
	name_library(worker);
	strlcpy(worker->bgw_function_name, function, sizeof(worker->bgw_function_name));
	strlcpy(worker->bgw_name, name, sizeof(worker->bgw_name));
	strlcpy(worker->bgw_type, name, sizeof(worker->bgw_type));
}

/*
 * The file that is loaded already: dynamic_library_path may no longer lead to it, from
 * PostgreSQL 18 on not even by $libdir (dfmgr.c).
 */
static void
name_library(BackgroundWorker *worker)
{
	const char *file = loaded_file();

	if (strlen(file) >= sizeof(worker->bgw_library_name))
		file = "$libdir/commentary";
	strlcpy(worker->bgw_library_name, file, sizeof(worker->bgw_library_name));
}

/* Makes the library findable for our SQL functions; other libraries stay findable too. */
static void
pin_library_path(void)
{
	char *folder = pstrdup(loaded_file());
	const char *now = GetConfigOption("dynamic_library_path", false, false);

	get_parent_directory(folder);
	SetConfigOption("dynamic_library_path",
					*now == '\0' ? folder : psprintf("%s:%s", folder, now), PGC_POSTMASTER,
					PGC_S_OVERRIDE);
}

/* The absolute path of the library. */
static const char *
loaded_file(void)
{
	Dl_info library;

	if (dladdr((void *) loaded_file, &library) == 0 || library.dli_fname == NULL)
		return psprintf("%s/commentary", pkglib_path);
	return library.dli_fname;
}

void
worker_connect(Oid database, uint32 flags)
{
	pin_settings();
	pin_library_path();
	BackgroundWorkerInitializeConnectionByOid(database, InvalidOid, flags);

	/* session_authorization cannot be pinned before there are catalogs to look in. */
	SetSessionAuthorization(BOOTSTRAP_SUPERUSERID, true);
}

/*
 * The postmaster says so in its lock file before it sends the first SIGTERM.  A file
 * that cannot be read is taken for a shutdown.
 */
bool
worker_server_is_stopping(void)
{
	FILE *file = AllocateFile("postmaster.pid", "r");
	char line[MAXPGPATH];
	bool is_stopping = true;

	if (file == NULL)
		return true;
	for (int number = 1; fgets(line, sizeof(line), file) != NULL; number++)
	{
		if (number == LOCK_FILE_LINE_PM_STATUS)
			is_stopping = strncmp(line, PM_STATUS_STOPPING, strlen(PM_STATUS_STOPPING)) == 0;
	}
	FreeFile(file);
	return is_stopping;
}

/* PGC_S_OVERRIDE is stronger than all that others can set. */
static void
pin_settings(void)
{
	for (int i = 0; i < lengthof(pins); i++)
	{
		const char *now = GetConfigOption(pins[i].name, true, false);

		if (now == NULL)
			continue; /* this version of PostgreSQL does not have it */
		SetConfigOption(pins[i].name, pins[i].value == NULL ? pstrdup(now) : pins[i].value,
						PGC_POSTMASTER, PGC_S_OVERRIDE);
	}
}
