/*
 * A source: where the hub gets entries from.
 *
 * A source gets new entries, and answers questions (reads). The hub does not depend on the kind of
 * the source. struct source_ops has the functions of a source: start, stop, check, newer, load,
 * history, list, report. A source calls these:
 *
 *     source_set_state()              its state: for the hub and for operators
 *     hub_notice(), hub_hint()        there are new entries, or there may be
 *     catchup_epoch(), _head()        the answer to a check
 *     catchup_state()                 the first answer to a load
 *     catchup_line()                  then its older lines, by seq
 *     catchup_row()                   an entry of newer, load or history
 *     catchup_match()                 a match of a list
 *     catchup_done()                  the end of each answer: whole, absent or broken
 *
 * One question at a time is under way: catchup.h decides which is next. All this runs in the
 * relay's only event loop, and must not block.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "source/acks.h"
#include "source/region.h"
#include "source/reports.h"

#define SOURCE_REASON_BYTES 384
#define SOURCE_ID_BYTES 17
/* The longest path: the names of the relays above this one, with blanks between them. */
#define SOURCE_HOPS_MAX 8
#define SOURCE_PATH_BYTES (SOURCE_HOPS_MAX * SOURCE_ID_BYTES)

struct catchup;
struct hub;
struct listing_wish;
struct source;

/* Their names, in this order: stats_feed_states in stats.h. */
enum source_state { SOURCE_DOWN, SOURCE_CONNECTING, SOURCE_CATCHING_UP, SOURCE_LIVE };

/*
 * The functions of each kind of source. A question returns false when it cannot be sent; then
 * broken() is called. Its answers come later. If the source loses its connection before the last
 * answer, it calls catchup_abort(), and the question is asked again.
 */
struct source_ops {
    /* Begins to connect. */
    void (*start)(struct source *source);

    /* Ends, and frees the source. */
    void (*stop)(struct source *source);

    /* Whether a question can be sent now. */
    bool (*is_free)(const struct source *source);

    /* The epoch, heads of these matches, and, if asked for, whether commits are acknowledged. */
    bool (*check)(struct source *source, const int64_t *match_ids, size_t count, bool asks_acks);

    /* Entries after that seq, the oldest first, at most so many. */
    bool (*newer)(struct source *source, int64_t match_id, int64_t after_seq, int64_t rows);

    /* Head, state and the newest entries of a match. */
    bool (*load)(struct source *source, int64_t match_id, int64_t rows);

    /* As newer, for entries that are older than what is in memory. */
    bool (*history)(struct source *source, int64_t match_id, int64_t after_seq, int64_t rows);

    /* Whether it can list matches that are not on the scoreboard. A version before 1.2 cannot. */
    bool (*can_list)(struct source *source);

    /* The matches of this list, the newest first. */
    bool (*list)(struct source *source, const struct listing_wish *wish);

    /* Sends a report of the relay, if one has been due for late_ms. False: none is. */
    bool (*report)(struct source *source, int64_t late_ms);

    /* All missed entries have been read: the source is live from now on. */
    void (*go_live)(struct source *source);

    /* The source cannot be live yet: source_waits_for() says why. */
    void (*wait)(struct source *source);

    /* Sends a question of the source's own, if one has been due for late_ms. False: none is. */
    bool (*rest)(struct source *source, int64_t late_ms);

    /* A question could not be sent. */
    void (*broken)(struct source *source);
};

/* Why a source that is connected cannot be live. */
enum source_obstacle {
    SOURCE_FREE,      /* nothing */
    SOURCE_NO_EPOCH,  /* the database has no epoch yet: its flusher has not begun one */
    SOURCE_OLD_EPOCH, /* a standby is still in an epoch that the relay has left */
};

/* The first member of each kind of source. */
struct source {
    const struct source_ops *ops;
    struct hub *hub;
    struct catchup *catchup; /* takes what it answers */
    enum source_state state;
    enum source_obstacle obstacle;
    struct acks acks;
    struct region region;
    int64_t heartbeat_ms;
    int64_t check_due_ms;             /* the next heartbeat */
    int64_t heard_ms;                 /* when it last said something; 0: not yet */
    bool was_live;                    /* ever */
    bool is_feeder;                   /* of the workers of this relay, which are no edges */
    bool has_feeder;                  /* it is a worker whose upstream is that */
    struct reports reports;           /* of relays below, to be passed on */
    char relay_id[SOURCE_ID_BYTES];   /* a name that no other relay has */
    char path[SOURCE_PATH_BYTES];     /* of the relays above, the first first; "": there is none */
    char reason[SOURCE_REASON_BYTES]; /* why it is not live */
};

/* What all kinds begin with. */
void source_init(struct source *source, const struct source_ops *ops, struct hub *hub,
                 int64_t heartbeat_ms);

void source_set_state(struct source *source, enum source_state state);

/* Connected, but not live: what is waited for, and what to do. NULL: for nothing. */
const char *source_waits_for(const struct source *source, const char **hint);

/* ---- for health checks and metrics ---- */

/* down, connecting, catching_up or live. */
const char *source_state_name(const struct source *source);

/* How long ago it was last heard; -1: not yet. */
int64_t source_heard_ms(const struct source *source);

/* Live? If not, *reason is one line that says why, for operators. */
bool source_is_live(const struct source *source, const char **reason);

/* Does the database acknowledge commits, as far as is known? The same. */
bool source_is_acknowledged(const struct source *source, const char **reason);

/* How long the oldest commit has waited for its acknowledgement; -1: that is not known. */
int64_t source_ack_ms(const struct source *source);

#endif
