/*
 * A topic: one match inside the relay, or the lobby. It holds the newest entries as a run, the
 * state of the match, and one follow for each of its viewers.
 *
 * A viewer owns no queue: its place is the cursor of its follow, and the topic holds the bytes
 * of each entry once, for all viewers.
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
 *     READING -> REPLAY     the entry has been read
 *     READING -> LIVE       the entry is missing; the run begins after the hole (documents only)
 *     REPLAY -> READING     the history is sent, and the next entries have to be read
 *     REPLAY -> LIVE        the history is sent, and the run follows
 *     any -> WAITING        another epoch: it joins again, from its place if it has seen nothing
 *                           that was lost; or a hole in the log: it joins again, afresh
 *     any -> GONE           the viewer unfollows or closes
 */
enum follow_state {
    FOLLOW_GONE,    /* not in the topic's array: not yet, or not any more */
    FOLLOW_WAITING, /* not joined yet: the topic is being loaded, or the viewer cannot take more */
    FOLLOW_READING, /* joined; the entry with seq `cursor` has to be read from the table */
    FOLLOW_REPLAY,  /* joined; `cursor` is an offset in `replayed` */
    FOLLOW_LIVE,    /* joined; `cursor` is an offset in the topic's run */
    FOLLOW_STATES
};

/* One viewer that follows one topic. Lives in the topic's array and may move in it. */
struct follow {
    struct viewer *viewer;
    uint64_t cursor;          /* what it means depends on the state: see follow.h */
    struct history *replayed; /* FOLLOW_REPLAY: a use of it */
    struct wish *wish;        /* FOLLOW_WAITING: owned; NULL: a fresh start */
    uint16_t slot;            /* index of this follow in the viewer's slots */
    uint16_t history;         /* how many lines a fresh start begins with */
    enum follow_state state;
};

/*
 * What has to be read from the table, and for which purpose. The kinds take turns, so that many
 * reads of one kind do not hold up another kind.
 */
enum want {
    WANT_HEAD,     /* the head, to learn whether entries are missing here */
    WANT_NEWER,    /* entries after the head */
    WANT_RETURN,   /* the topic, or newer entries, for viewers that come back */
    WANT_HISTORY,  /* entries older than the run */
    WANT_LOAD,     /* the topic, for new viewers */
    WANT_DOCUMENT, /* the topic, or older entries, for requests over HTTP */
    WANT_KINDS
};

TAILQ_HEAD(topic_queue, topic);

/* All topics except the lobby, in two lists: those with viewers and those without. */
struct topic_shelf {
    struct topic_queue idle; /* the topic that has been without viewers for longest is first */
    struct topic_queue followed;
    size_t idle_count;
};

struct topic {
    int64_t match_id;
    struct run run; /* its newest entries */
    struct lines lines;
    bool is_loaded; /* run and state were read from the table, and have been kept current since */
    int64_t announced; /* the newest entry known to exist; if above the head, entries are missing */
    int64_t floor;     /* from this seq on the log is known to have no hole: see catchup_rows.c */
    char *state;       /* JSON; NULL before the first */
    size_t state_length;
    struct lobby *lobby; /* the lobby's topic: its state is this instead */
    struct lineage lineage;

    struct follow *follows; /* dense */
    uint32_t follow_count, follow_capacity;
    uint32_t edge_count;                /* how many of the follows are of relays */
    uint32_t follows_in[FOLLOW_STATES]; /* how many of them are in each state */
    LIST_HEAD(history_list, history) histories;

    struct buffer joined[2];     /* `subscribed`, indexed by its `recovered`: see topic_joined() */
    int64_t joined_head[2];      /* the head that it was made for */
    struct body *joined_body[2]; /* the same to share, if it is large; NULL: not made */

    int64_t fresh;          /* entries to send this turn whose time of flush is known … */
    int64_t fresh_since_us; /* … and the earliest of these times: see stats_observe() */

    int64_t audience_below;   /* viewers of relays below, as last summed: see audience.h */
    int64_t audience_told;    /* viewers of the whole tree, as a relay above last said … */
    int64_t audience_told_ms; /* … and when it said so; 0: never */

    size_t counted_bytes;    /* what hub.cached_bytes holds for this topic */
    int64_t head_when_asked; /* our head when the table was last asked for its head */
    int64_t checked_ms;      /* when the run last had all entries of the table */
    int64_t
        history_after; /* the next read of history is for viewers that wait for this seq or more */
    uint32_t reads_begun, reads_done; /* reads of newer entries */
    uint32_t looks;      /* how often the table was asked whether there is such a match */
    uint32_t slice;      /* the check that asked for it, until that is answered */
    bool is_known;       /* the match is known to exist */
    bool is_doubted;     /* the last read found fewer entries than the run: see catchup_rows.c */
    bool is_unsure;      /* is counted in hub.unsure_count */
    bool is_awaited;     /* a viewer waits for the end of a check of it */
    bool is_absent;      /* it does not exist yet, and a viewer waits for it: see topics_await() */
    uint8_t absent_lane; /* the lane of the viewer that waited first */
    int64_t ahead_seq;   /* the lowest seq beyond the head that a viewer has seen; 0: none */
    bool is_reading;     /* a query for it is under way: it must not be freed */
    bool is_dirty;
    bool is_wanted[WANT_KINDS];
    struct topic_shelf *shelf; /* NULL: it is the lobby */
    bool is_followed;          /* on which part of the shelf it stands */
    TAILQ_ENTRY(topic) shelf_link;
    TAILQ_ENTRY(topic) dirty_link;
    TAILQ_ENTRY(topic) absent_link;
    TAILQ_ENTRY(topic) want_links[WANT_KINDS];
    uint8_t want_lanes[WANT_KINDS]; /* the lanes in which it is wanted: see wants.h */
};

/* run_bytes limits its run. The lobby's topic gets the lobby, which it does not own; others get
   NULL. Returns NULL when memory ran out. */
struct topic *topic_new(int64_t match_id, size_t run_bytes, struct lobby *lobby);

/* Only a topic without follows may be freed. */
void topic_free(struct topic *topic);

/* Moves it to the right part of the shelf. Call it when the number of its follows has changed. */
void topic_shelve(struct topic *topic);

/* The seq of its newest entry, 0 when there is none. */
static inline int64_t topic_head(const struct topic *topic)
{
    return topic->run.next_seq - 1;
}

/* The seq at which a history of so many lines begins; with 0 lines, the seq after the head. */
int64_t topic_history(const struct topic *topic, int64_t lines);

enum published {
    PUBLISHED,
    PUBLISHED_BEFORE, /* the run has it, or had it, already */
    PUBLISHED_GAP,    /* not taken: entries before it are missing */
    PUBLISHED_FAILED, /* memory ran out */
};

/*
 * Adds one entry as the database wrote it: the body is a JSON object on one line, and is copied.
 * The topic looks only for the state in it, and whether it is a line.
 */
enum published topic_publish(struct topic *topic, int64_t seq, const char *body,
                             size_t length) MUST_CHECK;

/* Appends the next entry to its run, and does not look for a state. False: memory ran out. */
bool topic_append(struct topic *topic, const char *body, size_t length) MUST_CHECK;

/* So many of the entries that were just published were flushed at that time. */
static inline void topic_note_flush(struct topic *topic, int64_t entries, int64_t flushed_us)
{
    if (entries <= 0)
        return;
    if (topic->fresh == 0 || flushed_us < topic->fresh_since_us)
        topic->fresh_since_us = flushed_us;
    topic->fresh += entries;
}

/* Sets the state, as read from the table; it is copied. NULL: there is none. False: memory ran
   out, or it is not valid. */
bool topic_set_state(struct topic *topic, const char *state, size_t length) MUST_CHECK;

/* Forgets run and state, as before the first load. The follows stay. */
void topic_reset(struct topic *topic);

/*
 * Frees the memory of its entries; they are read from the table again when viewers need them.
 * False: it has no entries in memory, or a viewer has still to be sent some.
 */
bool topic_thin(struct topic *topic) MUST_CHECK;

/* What messages say of the topic. Valid as long as the topic and the epoch do not change. */
struct protocol_topic topic_describe(const struct topic *topic, const char *epoch);

/* The message `subscribed`, framed, for the current head. It is made once for each head, for all
   viewers that join there. Valid until the topic changes. Length 0: memory ran out. */
struct span topic_joined(struct topic *topic, const char *epoch, bool is_recovered);

/* The bytes of topic_joined() as a body to share, which the topic owns. NULL: they are few, or
   memory ran out. */
struct body *topic_joined_body(struct topic *topic, bool is_recovered);

/* Memory in use, in bytes, without the follows. */
size_t topic_memory(const struct topic *topic);

#endif
