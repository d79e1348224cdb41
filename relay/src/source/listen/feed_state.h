/*
 * What the files of the feed share, and no other file uses: feed_connect.c makes the
 * connection, feed_listen.c makes it hear of new entries, feed_session.c gives it its
 * settings, feed_read.c asks what catching up wants to know, feed.c talks on it, and
 * feed_state.c has the states and the only way down.
 *
 * One query at most is under way. One timer serves all waiting; what it means
 * depends on the state: the end of a pause, of patience, or the next heartbeat.
 */
#ifndef FEED_STATE_H
#define FEED_STATE_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/backoff.h"
#include "source/catchup.h"
#include "source/listen/feed_settings.h"
#include "source/listen/probe.h"
#include "source/listen/report.h"
#include "source/poll/poll.h"
#include "source/search/diagnosis.h"
#include "source/source.h"

struct event;
struct refusal;
struct search;

enum feed_state { FEED_DOWN, FEED_CONNECTING, FEED_PROBING, FEED_CATCHING_UP, FEED_LIVE };
enum feed_query { FEED_IDLE, FEED_ASK, FEED_LISTEN, FEED_SET, FEED_READ, FEED_REPORT, FEED_POLL };

struct feed {
    struct source source; /* the first member: see feed_of() */
    struct event_base *base;
    struct feed_settings settings;
    enum feed_state state;
    enum feed_query query;
    struct search *search; /* for the host that serves; NULL: it is found, or there is a pause */
    PGconn *conn;          /* to that */
    struct event *io;      /* of the connection's socket */
    struct event *timer;   /* see above */
    struct backoff backoff;
    struct catchup catchup;
    struct report report;
    bool passes_on;      /* FEED_REPORT: of another relay */
    struct probe *probe; /* FEED_PROBING */
    bool is_polling;     /* a standby, or we are told to */
    struct poll poll;
    bool must_poll, may_poll;          /* as the server said, when it was asked */
    bool may_read_lines;               /* the same, of commentary.lines() */
    bool has_lineage;                  /* the same: it tells the branches of earlier epochs */
    bool may_list;                     /* the same, of commentary.matches() */
    bool is_list_wanted;               /* though it may not: it is asked again whether it may now */
    enum catchup_outcome list_outcome; /* of a list, as far as it is known */
    int64_t list_logged_ms;            /* when a list that failed was last logged; 0: not yet */
    bool is_cancelled;                 /* the query under way: it is asked again */
    bool is_locked_out;                /* for it would have waited for a lock for too long */
    int64_t locked_ms;  /* when that was so first, since the last answer; 0: it is not */
    bool is_probe_sent; /* and if a session is ours, we shall hear it */
    char probe_channel[PROBE_CHANNEL_BYTES];
    const struct refusal *refusal; /* why it hears hints only; NULL: it hears entries */
    const struct refusal *refusal_logged;
    int64_t ask_due_ms; /* when it is asked again whether that is still so */
    int session_pid;    /* of the process that answers us; 0: not known */
    int64_t rows;       /* of the answer so far */
    int64_t logged_ms;  /* when the reason was last logged; 0: not yet */
    bool has_news;      /* it is another one since */
};

static inline struct feed *feed_of(struct source *source)
{
    return (struct feed *)source;
}

/* ---- feed_state.c ---- */

void feed_set_state(struct feed *feed, enum feed_state state);

/* Sets the timer, whatever it was set to. */
void feed_arm(struct feed *feed, int64_t delay_ms);

/* Why it is not live. Another reason than before is logged at once. */
void feed_set_reason(struct feed *feed, const char *message);

/* Logs it, if it is news, or was not said for a while. */
void feed_log_reason(struct feed *feed, const char *hint);

/* Ends the connection and what is under way on it; the state is for the caller to set. */
void feed_disconnect(struct feed *feed);

/*
 * The way down: the connection is gone on return, and another is tried after a pause.
 * The hint says what to do about it. feed_broken() takes both from what libpq says.
 */
void feed_lost(struct feed *feed, const char *reason, const char *hint);
void feed_broken(struct feed *feed);

/* For good, but only before the first success: a relay with viewers goes on trying. */
void feed_refused(struct feed *feed, const char *reason, const char *hint);

/* ---- feed_connect.c ---- */

/* Begins to search for a host that serves. */
void feed_connect(struct feed *feed);

/* It listens: the next is to see whether a pooler in between lets notifications through. */
void feed_probe(struct feed *feed);

/* FEED_PROBING: it has taken too long. */
void feed_probe_unheard(struct feed *feed);

/* It listens, and nothing is in the way: now all that was missed is read. */
void feed_begin_to_catch_up(struct feed *feed);

/* ---- feed_listen.c ---- */

/* The connection stands: listens. */
void feed_listen(struct feed *feed);

/* It has heard hints only for some time: asks whether it may hear the entries now. */
bool feed_must_ask_again(const struct feed *feed) MUST_CHECK;
void feed_ask_again(struct feed *feed);

/* A result of FEED_ASK or FEED_LISTEN. False: it failed, and there is no other way to listen. */
bool feed_take_listening(struct feed *feed, const PGresult *result) MUST_CHECK;

/* That query is done. False: another follows, or the feed goes on where it was. */
bool feed_is_listening(struct feed *feed, enum feed_query done) MUST_CHECK;

void feed_take_notifications(struct feed *feed);

/* ---- feed_poll.c ---- */

/* In place of listening, from now on. */
void feed_begin_to_poll(struct feed *feed, bool is_possible);

/* Polls, if that has been due for so long. False: it is not due. */
bool feed_polls(struct feed *feed, int64_t late_ms);

/* FEED_POLL: its answer is complete. */
void feed_poll_done(struct feed *feed);

/*
 * A query failed that may be asked again: on a standby, what is replayed goes before what is
 * read. False: it failed for another reason.
 */
bool feed_is_cancelled(struct feed *feed, const PGresult *result) MUST_CHECK;

/* FEED_READ or FEED_POLL, which was cancelled, has ended. */
void feed_cancelled_done(struct feed *feed, enum feed_query done);

/* ---- feed_session.c ---- */

/* What the first statements need, for their transaction alone: see feed_session.c. */
#define FEED_SET_FIRST "SET LOCAL ROLE NONE; SET LOCAL statement_timeout = 0; "

/* Sends statements without parameters. */
void feed_send(struct feed *feed, enum feed_query query, const char *sql);

/* FEED_SET: gives the session the settings that the feed needs, whatever it was given. */
void feed_set_session(struct feed *feed);

/* ---- feed_read.c ---- */

/*
 * Names a table so that PostgreSQL locks it before it takes the snapshot that it reads by; the
 * functions would lock it later. To a snapshot from before ALTER TABLE, CLUSTER or VACUUM FULL
 * a table that they have rewritten looks empty. In the order in which the flusher locks.
 */
#define FEED_LOCKED "WITH locked AS (SELECT FROM commentary.match, commentary.entry) "

/* FEED_READ was sent or not: its rows come one by one, so that memory is bounded. */
bool feed_sent(struct feed *feed, int is_sent) MUST_CHECK;

/* See struct source_ops. */
bool feed_check(struct source *source, const int64_t *match_ids, size_t count,
                bool asks_acks) MUST_CHECK;
bool feed_newer(struct source *source, int64_t match_id, int64_t after_seq,
                int64_t rows) MUST_CHECK;
bool feed_load(struct source *source, int64_t match_id, int64_t rows) MUST_CHECK;

/* One row of FEED_READ, and its end. */
void feed_take_row(struct feed *feed, const PGresult *row);
void feed_read_done(struct feed *feed);

/* ---- feed_list.c ---- */

/* See struct source_ops. */
bool feed_can_list(struct source *source) MUST_CHECK;
bool feed_list(struct source *source, const struct listing_wish *wish) MUST_CHECK;

/* One row of a list. */
void feed_take_match(struct feed *feed, const PGresult *row);

/*
 * A list failed, and not because of the connection: that goes on, and the clients that asked
 * are told. False: no list is being read, or the session is ending.
 */
bool feed_list_failed(struct feed *feed, const PGresult *result) MUST_CHECK;

/* ---- feed.c ---- */

/* A session that ends says so as an error of the query that is under way. */
bool feed_ends_session(const PGconn *conn, const PGresult *result) MUST_CHECK;

/* Waits for these events of the connection's socket. False: memory ran out. */
bool feed_watch(struct feed *feed, short events) MUST_CHECK;

/* Sets the timer for what is due next, while no query is under way. */
void feed_await(struct feed *feed);

#endif
