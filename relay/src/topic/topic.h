/*
 * A topic: one match inside the relay, or the lobby. It holds the newest entries
 * as a run, the state of the match, and its follows: one for each viewer.
 *
 * A viewer owns no queue. What it has seen is a cursor in the follow below, and
 * the bytes are here once, for all.
 */
#ifndef TOPIC_H
#define TOPIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/attr.h"
#include "base/body.h"
#include "base/buffer.h"
#include "topic/lineage.h"
#include "topic/lines.h"
#include "topic/lobby.h"
#include "wire/frame.h"
#include "wire/protocol.h"
#include "wire/run.h"

struct history;
struct viewer;
struct wish;

/*
 * The life of a follow. Only follow_change() moves it from one state to another.
 *
 *     GONE -> WAITING -> READING <-> REPLAY -> LIVE
 *
 *     GONE -> WAITING       the viewer subscribes
 *     WAITING -> LIVE       it joins, and its first entry is in the run
 *     WAITING -> REPLAY     it joins, and its first entry is in a history in memory
 *     WAITING -> READING    it joins, and its first entry has to be read from the table
 *     READING -> REPLAY     that has been read
 *     READING -> LIVE       that is a hole, behind which the run begins (documents only)
 *     REPLAY -> READING     the history is sent, and what follows has to be read
 *     REPLAY -> LIVE        the history is sent, and the run follows
 *     any -> WAITING        another epoch, where it joins again from its place if nothing of it
 *                           was lost; or a hole in the log, and it joins afresh
 *     any -> GONE           the viewer unfollows or closes
 */
enum follow_state {
    FOLLOW_GONE,    /* not in the topic's array (any more) */
    FOLLOW_WAITING, /* not joined yet: the topic is being loaded, or the viewer cannot take more */
    FOLLOW_READING, /* joined; needs entry `cursor`, which has to be read from the table */
    FOLLOW_REPLAY,  /* joined; `cursor` is an offset in `replayed` */
    FOLLOW_LIVE,    /* joined; `cursor` is an offset in the topic's run */
    FOLLOW_STATES
};

/* One viewer that follows one topic. Lives in the topic's array and may move in it. */
struct follow {
    struct viewer *viewer;
    uint64_t cursor;
    struct history *replayed; /* FOLLOW_REPLAY: counted */
    struct wish *wish;        /* FOLLOW_WAITING: owned; NULL wishes for nothing */
    uint16_t slot;            /* where the viewer notes this follow */
    uint16_t history;         /* lines that a fresh start begins with */
    enum follow_state state;
};

/*
 * What is to be read from the table, and for which purpose. Each kind gets its turn, so that
 * many reads of one kind do not hold up another kind.
 */
enum want {
    WANT_HEAD,     /* is what we have all that there is? */
    WANT_NEWER,    /* entries after the head */
    WANT_RETURN,   /* the topic, or what is newer, for viewers that come back */
    WANT_HISTORY,  /* entries older than the run */
    WANT_LOAD,     /* the topic, for new viewers */
    WANT_DOCUMENT, /* the topic or older entries, for requests of HTTP */
    WANT_KINDS
};

TAILQ_HEAD(topic_queue, topic);

/* All topics but the lobby, by whether anybody follows them. */
struct topic_shelf {
    struct topic_queue idle; /* the topic that was left first is first */
    struct topic_queue followed;
    size_t idle_count;
};

struct topic {
    int64_t match_id;
    struct run run; /* its newest entries */
    struct lines lines;
    bool is_loaded;    /* run and state are what the table held, and have been kept up since */
    int64_t announced; /* the newest entry known to exist; above the head, some are missing */
    int64_t floor;     /* from here on the run is known to have no hole: see catchup_rows.c */
    char *state;       /* JSON; NULL before the first */
    size_t state_length;
    struct lobby *lobby; /* the lobby's topic: its state is this instead */
    struct lineage lineage;

    struct follow *follows; /* dense */
    uint32_t follow_count, follow_capacity;
    uint32_t edge_count;                /* of the follows: those of relays */
    uint32_t follows_in[FOLLOW_STATES]; /* how many of them are in each state */
    LIST_HEAD(history_list, history) histories;

    struct buffer joined[2]; /* `subscribed` for this head, by recovered: made once for a herd */
    int64_t joined_head[2];
    struct body *joined_body[2]; /* the same where it is large: NULL: not made */

    int64_t fresh; /* entries that this turn has to send and that were told with a time … */
    int64_t fresh_since_us; /* … the earliest of which is this: see stats_observe */

    int64_t audience_below;   /* viewers of relays below, as last summed: see audience.h */
    int64_t audience_told;    /* viewers of the whole tree, as a relay above says … */
    int64_t audience_told_ms; /* … and when it did; 0: never */

    size_t counted_bytes;    /* what the cache's sum holds for this topic */
    int64_t head_when_asked; /* the head when the table was last asked for it */
    int64_t checked_ms;      /* when it was last known to be all that there is */
    int64_t
        history_after; /* the next read of history is for viewers that wait for this seq or more */
    uint32_t reads_begun, reads_done; /* of what is newer in the table */
    uint32_t slice;                   /* the check that asked for it, until that is answered */
    bool is_known;                    /* there is such a match */
    bool is_doubted;     /* the last read found less than we have: see catchup_rows.c */
    bool is_unsure;      /* is counted in hub.unsure_count */
    bool is_awaited;     /* a viewer waits for the end of a check of it */
    bool is_absent;      /* it is not there yet, and a viewer waits for it: see topics_await() */
    uint8_t absent_lane; /* of the viewer that waited for it first */
    int64_t ahead_seq;   /* the first seq that a viewer waits for who is ahead; 0: none does */
    bool is_reading;     /* a query for it is under way: it must stay */
    bool is_dirty;
    bool is_wanted[WANT_KINDS];
    struct topic_shelf *shelf; /* NULL: it is the lobby */
    bool is_followed;          /* on which part of the shelf it stands */
    TAILQ_ENTRY(topic) shelf_link;
    TAILQ_ENTRY(topic) dirty_link;
    TAILQ_ENTRY(topic) absent_link;
    TAILQ_ENTRY(topic) want_links[WANT_KINDS];
    uint8_t want_lanes[WANT_KINDS]; /* where it is wanted: see wants.h */
};

/* NULL when memory ran out. A topic is freed without followers only. */
struct topic *topic_new(int64_t match_id, size_t run_bytes, struct lobby *lobby);
void topic_free(struct topic *topic);

/* The number of its followers has changed. */
void topic_shelve(struct topic *topic);

/* The seq of its newest entry, 0 when there is none. */
static inline int64_t topic_head(const struct topic *topic)
{
    return topic->run.next_seq - 1;
}

/* Where a history of so many lines begins; at the latest behind the newest entry. */
int64_t topic_history(const struct topic *topic, int64_t lines);

enum published {
    PUBLISHED,
    PUBLISHED_BEFORE, /* it is in already */
    PUBLISHED_GAP,    /* not taken: entries before it are missing */
    PUBLISHED_FAILED, /* memory ran out */
};

/*
 * Takes one entry as the database wrote it: the body is a JSON object on one
 * line. Nothing in it is looked at but whether it carries the state.
 */
enum published topic_publish(struct topic *topic, int64_t seq, const char *body,
                             size_t length) MUST_CHECK;

/* Appends the next entry of its run, and nothing else. False: memory ran out. */
bool topic_append(struct topic *topic, const char *body, size_t length) MUST_CHECK;

/* So many entries that were just published had been flushed at that time. */
static inline void topic_note_flush(struct topic *topic, int64_t entries, int64_t flushed_us)
{
    if (entries <= 0)
        return;
    if (topic->fresh == 0 || flushed_us < topic->fresh_since_us)
        topic->fresh_since_us = flushed_us;
    topic->fresh += entries;
}

/* Takes over the state as read from the table; NULL: there is none. */
bool topic_set_state(struct topic *topic, const char *state, size_t length) MUST_CHECK;

/* Forgets run and state, as before the first load. The follows stay. */
void topic_reset(struct topic *topic);

/*
 * Gives back the memory of its entries; viewers that want them get them from the table.
 * False: it has no entries in memory, or a viewer has still to be sent some.
 */
bool topic_thin(struct topic *topic) MUST_CHECK;

/* What messages tell of it. Good as long as the topic and the epoch do not change. */
struct protocol_topic topic_describe(const struct topic *topic, const char *epoch);

/* `subscribed`, framed, for the current head. Length 0: memory ran out. */
struct span topic_joined(struct topic *topic, const char *epoch, bool is_recovered);

/* The same bytes as a body to share. NULL: it is small, or memory ran out. */
struct body *topic_joined_body(struct topic *topic, bool is_recovered);

/* Memory in use, but for followers. */
size_t topic_memory(const struct topic *topic);

#endif
