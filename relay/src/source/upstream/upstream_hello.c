/* What the upstream says of itself: its name, those of the relays before it, and how it is. */
#include <stdio.h>
#include <string.h>

#include "hub/hub.h"
#include "source/upstream/upstream_state.h"

struct hello {
    struct span relay, path, state;
    int64_t late_ms; /* how late its database is; -1: it is not */
    bool may_list;   /* it knows the question `list` */
};

static bool span_is(struct span span, const char *text)
{
    return span.length == strlen(text) && memcmp(span.bytes, text, span.length) == 0;
}

static bool is_id(struct span span)
{
    if (span.length != SOURCE_ID_BYTES - 1)
        return false;
    for (size_t i = 0; i < span.length; i++)
        if (!strchr("0123456789abcdef", span.bytes[i]) || !span.bytes[i])
            return false;
    return true;
}

/* Ids with one blank between them; the last is the relay's own. 0: it is none. */
static size_t count_hops(struct span path, struct span relay)
{
    const size_t step = SOURCE_ID_BYTES;
    size_t hops = (path.length + 1) / step;

    if (hops < 1 || (path.length + 1) % step != 0)
        return 0;
    for (size_t i = 0; i < hops; i++) {
        struct span id = {path.bytes + i * step, step - 1};

        if (!is_id(id) || (i + 1 < hops && id.bytes[step - 1] != ' '))
            return 0;
        if (i + 1 == hops && memcmp(id.bytes, relay.bytes, step - 1) != 0)
            return 0;
    }
    return hops;
}

static bool read_hello(struct hello *hello, struct link_message *message)
{
    static const uint8_t nothing[1];
    struct link_line line;

    *hello = (struct hello){{nothing, 0}, {nothing, 0}, {nothing, 0}, -1, false};
    while (link_next(message, &line)) {
        if (span_is(line.key, "relay"))
            hello->relay = line.text;
        else if (span_is(line.key, "path"))
            hello->path = line.text;
        else if (span_is(line.key, "state"))
            hello->state = line.text;
        else if (span_is(line.key, "late"))
            hello->late_ms = link_number(line.text);
        else if (span_is(line.key, "lists"))
            hello->may_list = link_number(line.text) > 0;
    }
    return is_id(hello->relay) && count_hops(hello->path, hello->relay) > 0 &&
           (span_is(hello->state, "live") || span_is(hello->state, "stale"));
}

/* A relay that follows itself would wait for its own entries for ever. */
static bool path_is_right(struct upstream *upstream, const struct hello *hello)
{
    const char *relay_id = upstream->source.relay_id;

    if (memmem(hello->path.bytes, hello->path.length, relay_id, strlen(relay_id)))
        upstream_lost(upstream, "the upstream follows this relay, or is this relay itself",
                      "relays may not follow each other in a circle: see --upstream");
    else if (count_hops(hello->path, hello->relay) > SOURCE_HOPS_MAX)
        upstream_lost(upstream, "the upstream is too far from the database",
                      "at most 8 relays may stand between: see --upstream");
    else
        return true;
    return false;
}

void upstream_hello(struct upstream *upstream, struct link_message *message)
{
    struct hello hello;

    if (!read_hello(&hello, message)) {
        upstream_refuse(upstream);
        return;
    }
    if (!path_is_right(upstream, &hello))
        return;
    snprintf(upstream->source.path, sizeof(upstream->source.path), "%.*s", (int)hello.path.length,
             (const char *)hello.path.bytes);
    upstream->may_list = hello.may_list;
    upstream_is_up(upstream, span_is(hello.state, "live"));
    if (upstream->state == UPSTREAM_UP)
        region_take(&upstream->source.region, upstream->source.hub, hello.late_ms >= 0,
                    hello.late_ms >= 0, hello.late_ms >= 0 ? hello.late_ms : 0);
}
