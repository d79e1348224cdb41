/*
 * worker.c
 *		What the launcher and the flushers have in common: how they connect, and
 *		which settings are pinned for them.
 *
 * ALTER DATABASE, ALTER ROLE and ALTER SYSTEM change settings for all sessions, also for our
 * workers, and the owner of a database may change some of them.  A setting is pinned here if it
 * could end a worker, run its statements as another role or in another way, or make it wait
 * without a limit.  Settings are pinned before the worker connects, so that no other value ever
 * takes effect.
 *
 * All other settings of PostgreSQL 15 to 18 were checked as well (regress/t/settings.t sets each
 * of them).  They change plans, costs, logging or the format of output, on which the workers do
 * not depend.  TimeZone and similar settings must reach the flusher, since the defaults and
 * constraints of a DBA may use them.
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
	const char *value; /* NULL: the value that the whole server has */
} Pin;

static const Pin pins[] = {
	/* Settings that end a session, or limit what it may use. */
	{ "exit_on_error", "off" }, /* one bad row would end the flusher, for ever */
	{ "statement_timeout", "0" },
	{ "transaction_timeout", "0" },
	{ "lock_timeout", "0" },
	{ "idle_in_transaction_session_timeout", "0" },
	{ "idle_session_timeout", "0" },
	{ "post_auth_delay", "0" },
	{ "temp_file_limit", "-1" },
	{ "max_stack_depth", NULL },

	/* Settings that decide which role acts, and on which objects. */
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

	/* Settings that hide damage, or show what is secret. */
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
 * Names the file that is loaded already, because dynamic_library_path may not lead to it any
 * more; from PostgreSQL 18 on not even with $libdir (dfmgr.c).
 */
static void
name_library(BackgroundWorker *worker)
{
	const char *file = loaded_file();

	if (strlen(file) >= sizeof(worker->bgw_library_name))
		file = "$libdir/commentary";
	strlcpy(worker->bgw_library_name, file, sizeof(worker->bgw_library_name));
}

/* Puts our library first, so that our SQL functions find it; other libraries are still found. */
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
 * The postmaster writes its shutdown into its lock file before it sends the first SIGTERM.  If
 * the file cannot be read, a shutdown is assumed.
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

/* PGC_S_OVERRIDE has precedence over all sources that other roles can set. */
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
