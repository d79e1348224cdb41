/*
 * head.c
 *		Heads: up to which seq the flusher has written the log of each match.
 *
 * Entries that somebody removes from the end of a log leave no hole.  Only the
 * flusher knows that they were there, so it notes here how far it has written.  There
 * is room for NUM_HEADS matches: another match takes the place of an older one.  The
 * heads are in memory only, and a restart of the server forgets them.
 */
#include "postgres.h"

#include "access/xact.h"

#include "shared/head.h"

static Head noted[NUM_HEADS];	/* by this transaction */
static int noted_at[NUM_HEADS]; /* the places of these, in no order */
static int num_noted = 0;
static Oid noted_log = InvalidOid;

static void on_xact_event(XactEvent event, void *arg);
static void publish(DatabaseState *db);
static int place_of(int64 match_id);

void
head_note(Oid log, int64 match_id, int64 seq)
{
	static bool is_registered = false;
	int place = place_of(match_id);

	if (!is_registered)
		RegisterXactCallback(on_xact_event, NULL);
	is_registered = true;
	if (noted[place].seq == 0)
		noted_at[num_noted++] = place;
	noted[place].match_id = match_id;
	noted[place].seq = seq;
	noted_log = log;
}

int64
head_of(DatabaseState *db, Oid log, int64 match_id)
{
	Head head;
	bool is_same;

	LWLockAcquire(CommentaryShared->lock, LW_SHARED);
	head = db->heads[place_of(match_id)];
	is_same = db->heads_log == log;
	LWLockRelease(CommentaryShared->lock);
	return is_same && head.match_id == match_id ? head.seq : 0;
}

void
head_forget(DatabaseState *db)
{
	LWLockAcquire(CommentaryShared->lock, LW_EXCLUSIVE);
	db->heads_log = InvalidOid;
	LWLockRelease(CommentaryShared->lock);
}

static void
on_xact_event(XactEvent event, void *arg)
{
	if (num_noted == 0 || (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT))
		return;
	if (event == XACT_EVENT_COMMIT)
		publish(shared_database_if_known());
	for (int i = 0; i < num_noted; i++)
		noted[noted_at[i]].seq = 0;
	num_noted = 0;
}

/* Heads of an extension that was dropped are not those of the next. */
static void
publish(DatabaseState *db)
{
	if (db == NULL)
		return;
	LWLockAcquire(CommentaryShared->lock, LW_EXCLUSIVE);
	if (db->heads_log != noted_log)
		memset(db->heads, 0, sizeof(db->heads));
	db->heads_log = noted_log;
	for (int i = 0; i < num_noted; i++)
		db->heads[noted_at[i]] = noted[noted_at[i]];
	LWLockRelease(CommentaryShared->lock);
}

static int
place_of(int64 match_id)
{
	return (int) ((uint64) match_id % NUM_HEADS);
}
