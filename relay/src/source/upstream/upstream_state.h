/*
 * What the files of the upstream share: upstream.c has its states and its time,
 * upstream_socket.c the connection, upstream_hello.c who it is, upstream_hear.c what it tells,
 * upstream_ask.c what catching up asks, and upstream_report.c what this relay tells of itself.
 */
#ifndef UPSTREAM_STATE_H
#define UPSTREAM_STATE_H

#include <sys/queue.h>

#include "base/backoff.h"
#include "base/buffer.h"
#include "base/map.h"
#include "net/resolve.h"
#include "net/url.h"
#include "source/catchup.h"
#include "source/listen/report.h"
#include "source/source.h"
#include "source/upstream/upstream_settings.h"
#include "wire/link.h"

struct event;
struct lws;
struct lws_vhost;

#define UPSTREAM_TOKEN_BYTES 3073
#define UPSTREAM_QUEUE_BYTES ((size_t)16 * 1024 * 1024)

enum upstream_state {
    UPSTREAM_DOWN,       /* a pause */
    UPSTREAM_CONNECTING, /* from the look-up of its name to its hello */
    UPSTREAM_UP,         /* it has said hello */
};

/* A message that is to be sent. */
struct upstream_message {
    STAILQ_ENTRY(upstream_message) link;
    size_t length;
    uint8_t bytes[]; /* with room before the text: see upstream_socket.c */
};

STAILQ_HEAD(upstream_queue, upstream_message);

/* A match that it is asked to tell us of. */
struct upstream_follow {
    int64_t match_id;
    int idle_checks; /* in so many checks in a row no viewer has followed it */
};

struct upstream {
    struct source source; /* the first member: see upstream_of() */
    struct event_base *base;
    struct evloop *loop;
    struct upstream_settings settings;
    struct url *urls;
    size_t url_count, url_at; /* the one that is tried, or followed */
    size_t attempts;          /* of all of them */
    struct lws_vhost *vhost;
    struct lws_context *context;
    struct lws *wsi; /* NULL: none */
    struct resolve *resolve;
    struct resolved addresses;
    char token[UPSTREAM_TOKEN_BYTES];
    struct event *tick;
    struct backoff backoff;
    struct catchup catchup;
    struct report report;
    enum upstream_state state;
    int64_t due_ms;   /* DOWN: the next attempt; CONNECTING: the end of patience */
    int64_t up_ms;    /* since when it is up, and … */
    int64_t stuck_ms; /* … since when it is, without being live */
    int64_t live_ms;  /* since when it is live */
    int64_t ping_ms;  /* when it was last pinged */
    bool must_ping;
    struct upstream_queue queue; /* in the order in which they go out */
    size_t queue_bytes;
    struct buffer heard; /* the message that is coming in */
    struct map follows;  /* struct upstream_follow by match */
    int64_t question;    /* the number of the one under way; 0: none */
    int64_t last_question;
    int64_t asked_ms;
    int64_t rest_until_ms; /* a question could not be answered: none before that */
    int64_t loading_id;    /* of the question, if it is a load; -1: it is not */
    struct buffer loaded;  /* the state so far */
    int64_t loaded_head;
    bool has_begun;    /* the answer: the epoch, or the whole state, has come */
    uint32_t told;     /* which kinds of message it has had, as bits; each comes once, … */
    int64_t rows_left; /* … but for pieces of the state, and for rows: so many may come */
    bool may_list;     /* as its hello says: it knows the question `list` */
    int64_t logged_ms;
};

static inline struct upstream *upstream_of(struct source *source)
{
    return (struct upstream *)source;
}

/* ---- upstream.c ---- */

/* The way down: another attempt comes after a pause, at the next address. */
void upstream_lost(struct upstream *upstream, const char *reason, const char *hint);

/* The upstream stops, and can be reached again after this time. */
void upstream_says_bye(struct upstream *upstream, int64_t retry_ms);

/* It has said hello, and is live or not. */
void upstream_is_up(struct upstream *upstream, bool is_live);

/* ---- upstream_socket.c ---- */

/* Connects to the address. False: it cannot. */
bool upstream_open(struct upstream *upstream, const char *address) MUST_CHECK;

/* At once; nothing of it is heard any more. */
void upstream_close(struct upstream *upstream);

/* The text goes out when it is its turn. False: too much waits already, or memory ran out. */
bool upstream_say(struct upstream *upstream, struct buffer *text) MUST_CHECK;

void upstream_ping(struct upstream *upstream);

/* ---- upstream_hear.c ---- */

/* One whole message. False: the upstream has been left for it. */
void upstream_hear(struct upstream *upstream, struct span text);

/* The upstream is left for what it has said. */
void upstream_refuse(struct upstream *upstream);

/* ---- upstream_hello.c ---- */

void upstream_hello(struct upstream *upstream, struct link_message *message);

/* ---- upstream_report.c ---- */

/* A report that is due. False: it waits for nothing, the next question can be asked at once. */
bool upstream_report(struct source *source, int64_t late_ms) MUST_CHECK;

/* ---- upstream_ask.c ---- */

bool upstream_check(struct source *source, const int64_t *match_ids, size_t count,
                    bool asks_acks) MUST_CHECK;
bool upstream_page(struct source *source, int64_t match_id, int64_t after_seq,
                   int64_t rows) MUST_CHECK;
bool upstream_load(struct source *source, int64_t match_id, int64_t rows) MUST_CHECK;

bool upstream_can_list(struct source *source) MUST_CHECK;
bool upstream_list(struct source *source, const struct listing_wish *wish) MUST_CHECK;

/* From now on the upstream tells of this match what is newer than what is here. */
void upstream_follow(struct upstream *upstream, struct topic *topic);
void upstream_forget_follow(struct upstream *upstream, int64_t match_id);
void upstream_forget_follows(struct upstream *upstream);

#endif
