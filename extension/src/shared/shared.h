/*
 * shared.h
 *		The shared memory of backends, flushers and launcher: a slot for each
 *		database.
 */
#ifndef COMMENTARY_SHARED_H
#define COMMENTARY_SHARED_H

#include "port/atomics.h"
#include "storage/condition_variable.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "storage/spin.h"
#include "utils/timestamp.h"

/*
 * Rows wait for the flusher in segments, which are filled in turn.  The segments of the
 * unlogged ring have the numbers from 0 on; those of the logged ring follow.
 */
typedef enum Ring
{
	RING_UNLOGGED, /* rows of transactions that wrote nothing else */
	RING_LOGGED,   /* rows of transactions that also wrote other tables */
	NUM_RINGS
} Ring;

#define RING_SEGMENTS		4
#define NUM_SEGMENTS		(NUM_RINGS * RING_SEGMENTS)
#define FIRST_SEGMENT(ring) ((ring) *RING_SEGMENTS)
#define RING_OF(segment)	((Ring) ((segment) / RING_SEGMENTS))
#define SEGMENT_BIT(number) ((uint32) 1 << (number))
#define ALL_SEGMENTS		(SEGMENT_BIT(NUM_SEGMENTS) - 1)

/* The channel of a database is named by so many random bytes, as hexadecimal digits. */
#define CHANNEL_PREFIX		 "commentary_"
#define CHANNEL_RANDOM_BYTES 16
#define CHANNEL_BYTES		 (sizeof(CHANNEL_PREFIX) + 2 * CHANNEL_RANDOM_BYTES)

typedef enum FlusherState
{
	FLUSHER_STOPPED, /* none runs */
	FLUSHER_STARTING,
	FLUSHER_IDLE, /* sleeps until a commit sets its latch */
	FLUSHER_FLUSHING,
	FLUSHER_BLOCKED, /* it waits: see Obstacle */
	FLUSHER_PAUSED	 /* by commentary.pause(); writers go on staging */
} FlusherState;

/* Counters since the server started or reset_stats(). */
typedef struct FlushStats
{
	int64 flushes; /* transactions that wrote entries */
	int64 entries;
	int64 notifications;
	int64 unannounced; /* entries for which there was no NOTIFY */
	int64 duplicates;  /* rows whose client_ref was there already */
	int64 rejected;
	int64 waits; /* for room in staging */
	int64 last_rows;
	int64 total_us; /* from the beginning of a flush to its commit */
	int64 max_us;
	TimestampTz last_at;
	TimestampTz since;
} FlushStats;

/* What the flusher waits for. */
typedef enum ObstacleKind
{
	OBSTACLE_NONE,
	OBSTACLE_LOCK,	   /* another session has the lock, or waits for it */
	OBSTACLE_ERROR,	   /* the flush was tried, and failed */
	OBSTACLE_NO_WORKER /* max_worker_processes are in use */
} ObstacleKind;

#define MAX_BLOCKERS   8 /* more are not named */
#define OBSTACLE_BYTES 256

typedef struct Obstacle
{
	ObstacleKind kind;
	TimestampTz since;
	int num_blockers;
	int blockers[MAX_BLOCKERS]; /* pids; 0 is a prepared transaction */
	char text[OBSTACLE_BYTES];	/* what is locked, or the error */
} Obstacle;

typedef enum FailureKind
{
	FAILED_ROW,	   /* a row was set aside */
	FAILED_REPLAY, /* a row in commentary.rejected failed again */
	FAILED_PURGE
} FailureKind;

/* What the flusher could not do for a client that waits for its commit. */
typedef struct Failure
{
	FailureKind kind;
	TransactionId xid; /* of the (sub)transaction that staged the row */
	int sqlerrcode;
	int64 number; /* rejected_id; for FAILED_PURGE the match_id */
	char error[OBSTACLE_BYTES];
} Failure;

/* Staged rows that went away without being flushed, for some of these tickets. */
typedef struct Loss
{
	uint64 first_ticket;
	uint64 last_ticket;
	int64 rows;
} Loss;

/* The newest of each are kept: see outcome.c for what happens when there are more. */
#define MAX_FAILURES 32
#define MAX_LOSSES	 8

/* Written by the flusher, under Shared.lock; the counts are read without. */
typedef struct Outcomes
{
	pg_atomic_uint64 failures; /* so far; the newest is failed[(n - 1) % MAX_FAILURES] */
	pg_atomic_uint64 losses;
	Failure failed[MAX_FAILURES];
	Loss lost[MAX_LOSSES];
} Outcomes;

/* The newest entry of a match, as the flusher has written it; all 0: not used. */
typedef struct Head
{
	int64 match_id;
	int64 seq;
} Head;

/* Entries that a subscription has applied, and that are still to be announced. */
typedef struct AppliedRange
{
	int64 match_id;
	int64 first_seq;
	int64 last_seq; /* 0: not used */
} AppliedRange;

/* Matches with such entries: see mark.c for what happens when there are more. */
#define NUM_MARKS 512

/* Where the log of a database comes from, as its flusher has found out. */
typedef enum Following
{
	FOLLOWING_UNKNOWN,		   /* no flusher has looked yet */
	FOLLOWING_NOBODY,		   /* the flusher writes it */
	FOLLOWING_BY_ROLE,		   /* a primary: commentary.role says so */
	FOLLOWING_BY_SUBSCRIPTION, /* a primary: the log is a subscription's */
	FOLLOWING_BY_ORIGIN		   /* a primary: another replication system has applied entries */
} Following;

/* Matches whose head is known: see head.c for what happens when there are more. */
#define NUM_HEADS 512

/*
 * One database. A slot is taken by the first process that needs it and stays
 * where it is, so that a backend may keep a pointer to the slot of its own
 * database for life.
 */
typedef struct DatabaseState
{
	Oid database; /* InvalidOid: free; guarded by Shared.lock */

	pg_atomic_uint64 next_stage_no;
	pg_atomic_uint32 is_numbered;				/* it is above all that an earlier run has left */
	pg_atomic_uint32 active_segment[NUM_RINGS]; /* where writers stage now */
	pg_atomic_uint32 segments_used;				/* since they were emptied: a bit for each */

	/*
	 * What was staged and committed up to here has been flushed.  The distance to
	 * next_stage_no is an upper bound of what waits (room.c).
	 */
	pg_atomic_uint64 drained_stage_no;
	ConditionVariable room; /* drained_stage_no has moved */

	/*
	 * Each commit with staged rows takes a ticket, after its rows became
	 * visible. All commits whose ticket is <= flushed have been flushed.
	 */
	pg_atomic_uint64 tickets;
	pg_atomic_uint64 flushed;
	pg_atomic_uint64 oldest_at; /* a time before which no waiting commit came; 0: none waits */

	/*
	 * Rows that were committed to staging, and rows that the flusher's commits
	 * took out of it, in this run of the server.  What an earlier run left has
	 * stage numbers up to leftover_stage_no, and is not counted.
	 */
	pg_atomic_uint64 rows_committed;
	pg_atomic_uint64 rows_moved;
	uint64 leftover_stage_no; /* does not change once is_numbered is set */
	Outcomes outcomes;

	/* Where entries are announced; does not change while the slot is this database's. */
	char channel[CHANNEL_BYTES];
	pg_atomic_uint32 wants_hints; /* somebody listens to the public channel */

	/* Bumped by every committed change of commentary.match. */
	pg_atomic_uint64 match_generation;

	/* Bumped by every commit that changed the log without the flusher: what it knew is void. */
	pg_atomic_uint64 log_changes;

	/* Committed purge()s so far; the entries of the first `purged` of them are removed. */
	pg_atomic_uint64 purges;
	pg_atomic_uint64 purged;

	pg_atomic_uint32 following;			   /* Following */
	pg_atomic_uint32 was_following;		   /* and has not begun its own epoch since */
	pg_atomic_uint32 is_applied_by_others; /* another replication system than PostgreSQL's */

	/* Of a follower: when its primary was last heard, and what was applied last (region.c). */
	pg_atomic_uint64 heard_at;
	pg_atomic_uint64 applied_at;
	pg_atomic_uint64 applied_flushed_at; /* by the clock of the primary */

	/* Guarded by Shared.lock; the flag is read without. */
	AppliedRange marks[NUM_MARKS];
	pg_atomic_uint32 has_marks;
	pg_atomic_uint32 has_lost_marks; /* there were more than there is room for */

	Oid heads_log; /* the log that these are heads of; guarded by Shared.lock, as they are */
	Head heads[NUM_HEADS];

	/* Bumped by every committed begin_epoch(). */
	pg_atomic_uint64 epochs;

	pg_atomic_uint32 is_paused;
	pg_atomic_uint64 paused_at;
	pg_atomic_uint32 wants_replay; /* a rejected row is to be tried again */
	pg_atomic_uint32 wants_look;   /* at the extension: it may have been dropped */

	pg_atomic_uint32 flusher_state; /* FlusherState */
	pg_atomic_uint64 state_since;	/* when it entered that state */
	pg_atomic_uint32 flusher_slot;	/* of its PGPROC, or NO_PROC */
	int flusher_pid;				/* guarded by Shared.lock; 0: none */
	bool wants_flusher;				/* asks the launcher; guarded by Shared.lock */
	int holds;						/* above 0 no flusher may start; guarded by Shared.lock */
	TimestampTz last_start_at;		/* of a flusher; the launcher's own */

	slock_t lock; /* of what follows */
	Obstacle obstacle;
	TimestampTz standby_away_since; /* when the synchronous ones were first missing; 0: not so */
	FlushStats stats;
} DatabaseState;

#define NO_PROC PG_UINT32_MAX

/* What a backend waits for after a durable commit; one for each PGPROC. */
typedef struct Waiter
{
	pg_atomic_uint64 ticket;   /* 0: not waiting */
	pg_atomic_uint32 database; /* index of its DatabaseState */
} Waiter;

typedef struct Shared
{
	LWLock *lock;
	Latch *launcher_latch; /* guarded by lock; NULL: none runs */
	int num_databases;
	int num_waiters;
	Waiter *waiters;
	DatabaseState databases[FLEXIBLE_ARRAY_MEMBER];
} Shared;

/* NULL without shared_preload_libraries. */
extern Shared *CommentaryShared;

extern void shared_install_hooks(void);

/* ERROR, with a hint, when the library was not preloaded. */
extern void shared_require(void);

/*
 * The state of this process's database, made when it is new. ERROR when the
 * library was not preloaded, or all commentary.max_databases slots are taken.
 */
extern DatabaseState *shared_database(void);

/* The same, but asks for no flusher: the extension is only being created. */
extern DatabaseState *shared_claim_database(void);

/* The same, or NULL where shared_database() would make one or fail. */
extern DatabaseState *shared_database_if_known(void);

extern void shared_wake_flusher(DatabaseState *db);

/* The flusher notes what it does from now on. */
extern void shared_set_state(DatabaseState *db, FlusherState state);

/* Asks the launcher to see to it that the database has a flusher. */
extern void shared_request_flusher(DatabaseState *db);

/* Call it with the lock held. */
extern void shared_wake_launcher(void);

/* The state of another database, or NULL. */
extern DatabaseState *shared_find_database(Oid database);

/*
 * Frees the slots of databases that were dropped; true if there was one.  Needs
 * a transaction.
 */
extern bool shared_reclaim_slots(void);

/* Keeps flushers out of a database, until each hold is released. */
extern void shared_hold_flusher(DatabaseState *db);
extern void shared_release_flusher(DatabaseState *db);

/* Asks the flusher to flush what is there and end.  False: none runs. */
extern bool shared_stop_flusher(DatabaseState *db);

#endif /* COMMENTARY_SHARED_H */
