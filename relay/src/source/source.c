/* What all sources have in common: their states, and how operators read them. */
#include "source/source.h"

#include <event2/util.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "hub/hub.h"
#include "stats/stats.h"

void source_init(struct source *source, const struct source_ops *ops, struct hub *hub,
                 int64_t heartbeat_ms)
{
    uint64_t random;

    source->ops = ops;
    source->hub = hub;
    source->heartbeat_ms = heartbeat_ms;
    reports_init(&source->reports);
    evutil_secure_rng_get_bytes(&random, sizeof(random));
    snprintf(source->relay_id, sizeof(source->relay_id), "%016" PRIx64, random);
    hub->fresh_for_ms = 2 * heartbeat_ms;
}

void source_set_state(struct source *source, enum source_state state)
{
    static const enum hub_feed seen[] = {[SOURCE_DOWN] = HUB_AWAY,
                                         [SOURCE_CONNECTING] = HUB_TRYING,
                                         [SOURCE_CATCHING_UP] = HUB_TRYING,
                                         [SOURCE_LIVE] = HUB_LIVE};

    source->state = state;
    hub_set_feed(source->hub, seen[state]);
}

/* ---- how it is ---- */

const char *source_waits_for(const struct source *source, const char **hint)
{
    switch (source->obstacle) {
    case SOURCE_NO_EPOCH:
        *hint = "the flusher begins one when it starts: see commentary.check()";
        return "the database has no epoch yet";
    case SOURCE_OLD_EPOCH:
        *hint = "it has still to receive or replay it";
        return "what the relay follows is behind the epoch that viewers are in";
    case SOURCE_FREE:
        break;
    }
    return NULL;
}

const char *source_state_name(const struct source *source)
{
    _Static_assert(SOURCE_LIVE + 1 == STATS_FEED_STATES, "each state has a name, in its order");

    return stats_feed_states[source->state];
}

int64_t source_heard_ms(const struct source *source)
{
    return source->heard_ms ? clock_ms() - source->heard_ms : -1;
}

bool source_is_live(const struct source *source, const char **reason)
{
    *reason = source->reason;
    return source->state == SOURCE_LIVE;
}

bool source_is_acknowledged(const struct source *source, const char **reason)
{
    *reason = source->acks.reason;
    return acks_are_fine(&source->acks);
}

int64_t source_ack_ms(const struct source *source)
{
    return source->acks.is_known ? source->acks.oldest_ms : -1;
}
