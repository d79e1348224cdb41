/*
 * commentary.c
 *		Live match commentary: loading, settings, hooks.
 *
 * README.md has the way of a row, and which file does what.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/guc.h"

#include "admin/ddl.h"
#include "admin/guard.h"
#include "base/settings.h"
#include "flush/publish.h"
#include "log/epoch.h"
#include "shared/ack.h"
#include "shared/change.h"
#include "shared/mark.h"
#include "shared/shared.h"
#include "staging/pending.h"
#include "worker/launcher.h"
#include "write/exact.h"
#include "write/feed_query.h"
#include "write/overlay.h"
#include "write/own_lines.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

int commentary_ack = ACK_DURABLE;
bool commentary_allow_log_changes = false;
int commentary_ack_timeout_ms = 30000;
int commentary_chunk_rows = 4096;
int commentary_max_databases = 16;
int commentary_max_message_bytes = 10000;
int commentary_max_staged = 1000000;
double commentary_notify_queue_limit = 50;
int commentary_region_lag_limit_ms = 10000;
int commentary_role = ROLE_PRIMARY;
bool commentary_score_follows = true;
int commentary_segment_blocks = 256;
int commentary_staging_full = FULL_WAIT;
int commentary_staging_timeout_ms = 10000;

static const struct config_enum_entry ack_modes[] = {
	{ "staged", ACK_STAGED, false },
	{ "durable", ACK_DURABLE, false },
	{ NULL, 0, false }
};

static const struct config_enum_entry full_modes[] = {
	{ "wait", FULL_WAIT, false },
	{ "error", FULL_ERROR, false },
	{ NULL, 0, false }
};

static const struct config_enum_entry roles[] = {
	{ "primary", ROLE_PRIMARY, false },
	{ "follower", ROLE_FOLLOWER, false },
	{ NULL, 0, false }
};

static void define_settings(void);
static void define_limits(void);

/*
 * Without shared_preload_libraries there is neither shared memory nor a
 * flusher: the library then loads, so that reading works, and an
 * INSERT is an error that says so (shared_require).
 */
void
_PG_init(void)
{
	if (!process_shared_preload_libraries_in_progress)
		return;

	define_settings();
	define_limits();
	MarkGUCPrefixReserved("commentary");
	shared_install_hooks();
	ack_install_callbacks();
	pending_install_callbacks();
	change_install_callbacks();
	mark_install_callbacks();
	epoch_install_callbacks(publish_epoch);
	ddl_install_hook();
	guard_install_hook();
	exact_install_hook();
	feed_query_install_hook();
	overlay_install_callbacks();
	own_lines_install_callbacks();
	launcher_register();
}

static void
define_settings(void)
{
	DefineCustomEnumVariable("commentary.ack",
							 "What COMMIT promises about the commentary that it staged.",
							 "durable: it is on disk and has its seq. staged: it will be flushed, unless the server crashes before that.",
							 &commentary_ack, ACK_DURABLE, ack_modes,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("commentary.ack_timeout",
							"How long COMMIT waits for the flush of its commentary, at most.",
							"Then it returns with a warning that says what holds the flusher up. 0: as long as it takes.",
							&commentary_ack_timeout_ms, 30000, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomBoolVariable("commentary.allow_log_changes",
							 "Lets statements change commentary.entry, and remove matches, past the flusher.",
							 "For a repair by hand. Relays are not told, and viewers keep what they have; the next seq is max + 1.",
							 &commentary_allow_log_changes, false,
							 PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("commentary.chunk_rows",
							"Rows that the flusher writes in one transaction, at most.",
							"More is faster when much is staged, and makes others wait longer for their commit.",
							&commentary_chunk_rows, 4096, 1, 1000000,
							PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("commentary.max_databases",
							"Databases of this server that can have commentary.",
							NULL,
							&commentary_max_databases, 16, 1, 1024,
							PGC_POSTMASTER, 0, NULL, NULL, NULL);
	DefineCustomEnumVariable("commentary.role",
							 "What this database is for its commentary; set it for a database.",
							 "follower: its log comes from a primary by logical replication; it refuses writes, and begins no epoch.",
							 &commentary_role, ROLE_PRIMARY, roles,
							 PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("commentary.score_follows",
							 "Lets an entry that carries a score move that of its match.",
							 "In the same transaction, the entry before the state; not for what is told again, late, or not the newest.",
							 &commentary_score_follows, true,
							 PGC_USERSET, 0, NULL, NULL, NULL);
}

/* What is bounded, and by how much. */
static void
define_limits(void)
{
	DefineCustomIntVariable("commentary.max_message_bytes",
							"Length of a message, at most.",
							NULL,
							&commentary_max_message_bytes, 10000, 1, 100000,
							PGC_SUSET, GUC_UNIT_BYTE, NULL, NULL, NULL);
	DefineCustomIntVariable("commentary.max_staged",
							"Rows that may wait in staging, and that one transaction may stage.",
							"Beyond it, commentary.staging_full decides.",
							&commentary_max_staged, 1000000, 100, INT_MAX,
							PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomRealVariable("commentary.notify_queue_limit",
							 "How full the server's notification queue may be, in per cent, before the flusher stops to NOTIFY.",
							 "A session that LISTENs and stays in a transaction fills it. Relays then find new entries in the table, a heartbeat later.",
							 &commentary_notify_queue_limit, 50, 0, 100,
							 PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("commentary.region_lag_limit",
							"How late a follower may be before its viewers are told that it is.",
							"Relays ask with each heartbeat. 0: never.",
							&commentary_region_lag_limit_ms, 10000, 0, INT_MAX,
							PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("commentary.segment_size",
							"Size at which writers move on to the next staging segment.",
							"There are four; a drained one is truncated.",
							&commentary_segment_blocks, 256, 8, 131072,
							PGC_SIGHUP, GUC_UNIT_BLOCKS, NULL, NULL, NULL);
	DefineCustomEnumVariable("commentary.staging_full",
							 "What an insert does when commentary.max_staged rows wait.",
							 "wait: until there is room, at most commentary.staging_timeout. error: fail at once.",
							 &commentary_staging_full, FULL_WAIT, full_modes,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("commentary.staging_timeout",
							"How long an insert waits for room in staging before it fails.",
							NULL,
							&commentary_staging_timeout_ms, 10000, 1, INT_MAX,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
}
