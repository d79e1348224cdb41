/*
 * A table that stands in for the database: the matches 1 to 9 have forty entries each, of
 * which a relay keeps the last ten in memory; there are no others.
 */
#ifndef TABLE_H
#define TABLE_H

#include <stdio.h>

#include "fuzz.h"
#include "hub/join.h"
#include "hub/replay.h"
#include "hub/topics.h"

#define TABLE_MATCHES 9
#define TABLE_ENTRIES 40
#define TABLE_KEPT 10

static inline size_t table_entry(char text[64], const struct topic *topic, int64_t seq)
{
    return (size_t)snprintf(text, 64, "{\"type\":\"commentary\",\"match\":%d,\"seq\":%d}",
                            (int)topic->match_id, (int)seq);
}

static inline void table_load(struct hub *hub, struct topic *topic)
{
    char text[64];

    topic->reads_done = ++topic->reads_begun;
    if (topic->match_id > TABLE_MATCHES) {
        join_fail(hub, topic, "unknown_match", "there is no match of that number");
        topics_drop(hub, topic);
        return;
    }
    run_reset(&topic->run, TABLE_ENTRIES - TABLE_KEPT + 1);
    for (int64_t seq = topic->run.next_seq; seq <= TABLE_ENTRIES; seq++)
        fuzz_expect(topic_append(topic, text, table_entry(text, topic, seq)));
    topic->is_loaded = true;
    topics_unwant(hub, topic, WANT_LOAD);
    topics_count(hub, topic);
    join_all(hub, topic);
}

static inline void table_history(struct hub *hub, struct topic *topic)
{
    int64_t wanted = replay_next_wanted(topic);
    struct history *history;
    char text[64];

    if (wanted <= 0)
        return;
    history = history_new(&hub->histories, topic, replay_history_begin(wanted));
    fuzz_expect(history != NULL);
    for (int64_t seq = history->run.next_seq; seq < topic->run.first_seq; seq++)
        fuzz_expect(history_append(history, text, table_entry(text, topic, seq)));
    replay_history_read(hub, topic, history);
    history_release(history);
}

/* All matches, however they are wished for. False: nobody wishes for a list. */
static inline bool table_list(struct hub *hub)
{
    char state[32];

    if (!listing_take(&hub->listings))
        return false;
    for (int match_id = TABLE_MATCHES; match_id > 0; match_id--)
        listing_add(&hub->listings, match_id, state,
                    (size_t)snprintf(state, sizeof(state), "{\"match\":%d}", match_id));
    listing_finish(&hub->listings, LISTING_WHOLE);
    return true;
}

/* A viewer that comes back, or begins with history, wants a match that is not loaded, too. */
static inline bool table_must_load(const struct topic *topic, enum want want)
{
    return want == WANT_LOAD || (want == WANT_RETURN && !topic->is_loaded);
}

/* Reads all that is wanted. False: nothing was. */
static inline bool table_turn(struct hub *hub)
{
    bool has_read = table_list(hub);
    struct topic *topic;

    for (unsigned want = 0; want < WANT_KINDS; want++)
        while ((topic = wants_first(&hub->wanted[want]))) {
            topics_unwant(hub, topic, (enum want)want);
            if (table_must_load(topic, (enum want)want))
                table_load(hub, topic);
            else if (want == WANT_HISTORY)
                table_history(hub, topic);
            has_read = true;
        }
    return has_read;
}

#endif
