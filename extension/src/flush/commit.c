/*
 * commit.c
 *		The flusher's commits, and what happens when one fails.
 *
 * With synchronous replication a commit waits for a standby.  SIGTERM asks the
 * flusher to end when it has flushed all staged rows.  If the standby is away, it
 * would never end, and the server could not be stopped.  So in that wait SIGTERM
 * ends the process, as it ends a backend.  The committed rows are not
 * acknowledged then; the next flusher does that, once the standby has confirmed them.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "miscadmin.h"
#include "postmaster/interrupt.h"
#include "replication/syncrep.h"
#include "replication/walsender.h"
#include "utils/memutils.h"

#include "flush/commit.h"
#include "log/number.h"
#include "staging/scan.h"

static volatile sig_atomic_t may_wait_for_standby = false;

static void begin_wait(void);
static void end_wait(void);
static void cut_wait_short(void);

void
commit_handle_sigterm(int signal_number)
{
	SignalHandlerForShutdownRequest(signal_number);
	if (may_wait_for_standby)
		cut_wait_short();
}

void
commit_durably(void)
{
	begin_wait();
	CommitTransactionCommand();
	end_wait();
}

ErrorData *
commit_fail(void)
{
	ErrorData *error;

	MemoryContextSwitchTo(TopMemoryContext);
	error = CopyErrorData();
	HOLD_INTERRUPTS();
	FlushErrorState();
	AbortCurrentTransaction();
	scan_lost_locks();
	number_forget();
	RESUME_INTERRUPTS();
	return error;
}

void
commit_confirm_earlier(void)
{
	begin_wait();
	HOLD_INTERRUPTS();
	SyncRepWaitForLSN(GetFlushRecPtr(NULL), true);
	RESUME_INTERRUPTS();
	end_wait();
}

static void
begin_wait(void)
{
	may_wait_for_standby = SyncRepRequested() && SyncRepStandbyNames != NULL &&
						   SyncRepStandbyNames[0] != '\0';
	if (may_wait_for_standby && ShutdownRequestPending)
		cut_wait_short();
}

/* The death of the postmaster ends the wait as well; it sets ProcDiePending alone. */
static void
end_wait(void)
{
	may_wait_for_standby = false;
	if (ProcDiePending)
		InterruptPending = true;
	CHECK_FOR_INTERRUPTS();
}

/* SyncRepWaitForLSN() looks at this, and so does the next CHECK_FOR_INTERRUPTS(). */
static void
cut_wait_short(void)
{
	ProcDiePending = true;
	InterruptPending = true;
}
