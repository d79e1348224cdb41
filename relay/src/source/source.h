/*
 * A source: what feeds the hub.
 *
 * A source finds out what is new, and reads what it is asked for. The hub does not know
 * which kind of source that is. What goes out to a source is struct source_ops: start, stop,
 * check, newer, load, history, list, report. What comes in from one:
 *
 *     source_set_state()              away, trying or live: for the hub and for operators
 *     hub_notice(), hub_hint()        something is new
 *     catchup_epoch(), _head()        the answer to a check
 *     catchup_state()                 the first answer to a load
 *     catchup_line()                  then its older lines, by seq
 *     catchup_row()                   an entry of newer, load or history
 *     catchup_match()                 a match of a list
 *     catchup_done()                  the end of each answer: whole, absent or broken
 *
 * One question at a time is under way: catchup.h decides which is next. All of it happens on
 * the relay's only loop, and nothing here blocks it.
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
/* Relays above this one, at most, with blanks between them. */
#define SOURCE_HOPS_MAX 8
#define SOURCE_PATH_BYTES (SOURCE_HOPS_MAX * SOURCE_ID_BYTES)

struct catchup;
struct hub;
struct listing_wish;
struct source;

/* Their names, in this order: stats_feed_states in stats.h. */
enum source_state { SOURCE_DOWN, SOURCE_CONNECTING, SOURCE_CATCHING_UP, SOURCE_LIVE };

/*
 * What each kind of source does. A question returns false when it cannot be sent; then
 * broken() is called. Its answers come later. When the source goes away before the last of
 * them, it calls catchup_abort(), and the question will be asked again.
 */
struct source_ops {
    /* Begins to connect. */
    void (*start)(struct source *source);

    /* Ends, and frees the source. */
    void (*stop)(struct source *source);

    /* Can a question be sent now? */
    bool (*is_free)(const struct source *source);

    /* The epoch, heads of these matches, and, if asked for, whether commits are acknowledged. */
    bool (*check)(struct source *source, const int64_t *match_ids, size_t count, bool asks_acks);

    /* Entries after that seq, the oldest first, at most so many. */
    bool (*newer)(struct source *source, int64_t match_id, int64_t after_seq, int64_t rows);

    /* Head, state and the newest entries of a match. */
    bool (*load)(struct source *source, int64_t match_id, int64_t rows);

    /* As newer, for entries that are older than what is in memory. */
    bool (*history)(struct source *source, int64_t match_id, int64_t after_seq, int64_t rows);

    /* Can it tell of matches that are not on the scoreboard? An older one cannot. */
    bool (*can_list)(struct source *source);

    /* The matches that are wished for, the newest first. */
    bool (*list)(struct source *source, const struct listing_wish *wish);

    /* Tells how the relay is, if that has been due for so long. False: it is not due. */
    bool (*report)(struct source *source, int64_t late_ms);

    /* All is read that was missed: the source is live from now on. */
    void (*go_live)(struct source *source);

    /* It cannot be live yet: source_waits_for() says why. */
    void (*wait)(struct source *source);

    /* Asks what else it has to ask, if that has been due for so long. False: nothing is due. */
    bool (*rest)(struct source *source, int64_t late_ms);

    /* A question could not be sent. */
    void (*broken)(struct source *source);
};

/* What the source is connected to, and what keeps it from being live all the same. */
enum source_obstacle {
    SOURCE_FREE,      /* nothing */
    SOURCE_NO_EPOCH,  /* the database is new: its flusher has not begun yet */
    SOURCE_OLD_EPOCH, /* a standby has not come as far as viewers have */
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
