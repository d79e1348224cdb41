/* A viewer: its cursors, and the one write that carries all it has not seen. */
#include "hub/viewer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "hub/follow.h"
#include "stats/stats.h"

#define TO(state) (1u << (state))

/* ---- its state ---- */

static const uint8_t legal[VIEWER_STATES] = {
    [VIEWER_READY] = TO(VIEWER_CHOKED) | TO(VIEWER_CLOSING) | TO(VIEWER_GONE),
    [VIEWER_CHOKED] = TO(VIEWER_READY) | TO(VIEWER_MUTED) | TO(VIEWER_CLOSING) | TO(VIEWER_GONE),
    [VIEWER_MUTED] = TO(VIEWER_READY) | TO(VIEWER_CLOSING) | TO(VIEWER_GONE),
    [VIEWER_CLOSING] = TO(VIEWER_GONE),
    [VIEWER_GONE] = 0,
};

bool viewer_may_change(enum viewer_state from, enum viewer_state to)
{
    return legal[from] & TO(to);
}

static void viewer_change(struct viewer *viewer, enum viewer_state state)
{
    assert(viewer_may_change((enum viewer_state)viewer->state, state));
    viewer->state = (uint8_t)state;
    if (!viewer->lists)
        return;
    LIST_REMOVE(viewer, link);
    if (state != VIEWER_GONE)
        LIST_INSERT_HEAD(&viewer->lists->in[state], viewer, link);
}

void viewer_enlist(struct viewer *viewer, struct viewer_lists *lists)
{
    viewer->lists = lists;
    LIST_INSERT_HEAD(&lists->in[viewer->state], viewer, link);
}

static void viewer_choke(struct viewer *viewer)
{
    if (viewer->state != VIEWER_READY)
        return;
    viewer_change(viewer, VIEWER_CHOKED);
    relay_stats.chokes++;
    viewer->ops->want_writable(viewer->wire);
}

void viewer_unchoke(struct viewer *viewer)
{
    bool was_muted = viewer->state == VIEWER_MUTED;

    if (!viewer_is_choked(viewer))
        return;
    viewer_change(viewer, VIEWER_READY);
    if (was_muted)
        viewer->ops->read(viewer->wire, true);
}

static void viewer_mute(struct viewer *viewer)
{
    viewer_change(viewer, VIEWER_MUTED);
    viewer->ops->read(viewer->wire, false);
}

/* ---- what is sent ---- */

/* One send of whole entries. False: the viewer is closing, and follows nothing any more. */
static bool viewer_send_entries(struct viewer *viewer, struct run *run, struct follow *follow)
{
    size_t length = run_span(run, follow->cursor, VIEWER_SEND_BYTES);

    if (!viewer_send(viewer, run_at(run, follow->cursor), length))
        return false;
    if (!viewer->is_edge) /* which counts its own */
        relay_stats.deliveries += run_entries(run, follow->cursor, follow->cursor + length);
    follow->cursor += length;
    return true;
}

/*
 * The hot path. For a viewer that keeps up, this is one send of everything that
 * was published in this turn of the loop: no copy, no allocation, no queue.
 */
void viewer_pump(struct viewer *viewer, struct topic *topic, struct follow *follow)
{
    struct run *run = &topic->run;

    if (follow->cursor < run->tail) {
        viewer_close(viewer, CLOSE_SLOW_CONSUMER);
        return;
    }
    for (int i = 0; i < VIEWER_SENDS && !viewer_is_choked(viewer) && follow->cursor < run->head;
         i++)
        if (!viewer_send_entries(viewer, run, follow))
            return;
    if (follow->cursor < run->head)
        viewer_choke(viewer); /* the rest when it is its turn again */
}

void viewer_init(struct viewer *viewer, const struct viewer_wire *ops, void *wire)
{
    *viewer = (struct viewer){.ops = ops, .wire = wire, .slot_capacity = VIEWER_SLOTS_INLINE};
    viewer->slots = viewer->inline_slots;
}

/* What a write came to. False: the viewer is closing. */
static bool viewer_sent(struct viewer *viewer, enum wire_result result, size_t length)
{
    relay_stats.sends++;
    relay_stats.sent_bytes += length;
    if (result == WIRE_CHOKED)
        viewer_choke(viewer);
    else if (result != WIRE_SENT)
        viewer_close(viewer, CLOSE_LOST);
    return result == WIRE_SENT || result == WIRE_CHOKED;
}

bool viewer_send(struct viewer *viewer, const uint8_t *bytes, size_t length)
{
    if (viewer_is_closing(viewer))
        return false;
    return viewer_sent(viewer, viewer->ops->send(viewer->wire, bytes, length), length);
}

bool viewer_send_body(struct viewer *viewer, struct body *body, size_t from, size_t length)
{
    if (!viewer->ops->send_body)
        return viewer_send(viewer, body->bytes + from, length);
    if (viewer_is_closing(viewer))
        return false;
    return viewer_sent(viewer, viewer->ops->send_body(viewer->wire, body, from, length), length);
}

void viewer_say(struct viewer *viewer, struct span message)
{
    if (message.length == 0) {
        viewer_close(viewer, CLOSE_TOO_MANY); /* out of memory: the fewer, the better */
        return;
    }
    if (!viewer_send(viewer, message.bytes, message.length))
        return;
    if (viewer->state == VIEWER_CHOKED)
        viewer_mute(viewer);
}

void viewer_refuse(struct viewer *viewer, struct buffer *scratch, const char *code,
                   const char *message, int64_t match_id)
{
    protocol_error(scratch, code, message, match_id);
    viewer_say(viewer, frame_end(scratch));
}

/* ---- its end ---- */

void viewer_close(struct viewer *viewer, enum close_code code)
{
    if (viewer_is_closing(viewer))
        return;
    viewer_change(viewer, VIEWER_CLOSING);
    viewer->close_code = (uint16_t)code;
    viewer_unfollow_all(viewer);
    viewer->ops->close(viewer->wire);
}

void viewer_end(struct viewer *viewer)
{
    viewer_unfollow_all(viewer);
    viewer_change(viewer, VIEWER_GONE);
}

void viewer_unfollow_all(struct viewer *viewer)
{
    while (viewer->slot_count > 0)
        viewer_unfollow(viewer, viewer->slot_count - 1);
    if (viewer->slots != viewer->inline_slots)
        free(viewer->slots);
    viewer->slots = viewer->inline_slots;
    viewer->slot_capacity = VIEWER_SLOTS_INLINE;
}

/* ---- what it follows ---- */

bool viewer_has_all(const struct viewer *viewer)
{
    for (int i = 0; i < viewer->slot_count; i++)
        if (viewer->slots[i].topic->follows[viewer->slots[i].follow].state != FOLLOW_LIVE)
            return false;
    return true;
}

int viewer_find(const struct viewer *viewer, const struct topic *topic)
{
    for (int i = 0; i < viewer->slot_count; i++)
        if (viewer->slots[i].topic == topic)
            return i;
    return -1;
}

static bool viewer_reserve(struct viewer *viewer)
{
    uint16_t capacity = (uint16_t)(viewer->slot_capacity * 2);
    bool is_inline = viewer->slots == viewer->inline_slots;
    struct viewer_slot *slots;

    if (viewer->slot_count < viewer->slot_capacity)
        return true;
    slots = realloc(is_inline ? NULL : viewer->slots, capacity * sizeof(*slots));
    if (!slots)
        return false;
    if (is_inline)
        memcpy(slots, viewer->inline_slots, sizeof(viewer->inline_slots));
    viewer->slots = slots;
    viewer->slot_capacity = capacity;
    return true;
}

static bool viewer_reserve_in(struct topic *topic)
{
    uint32_t capacity = topic->follow_capacity ? topic->follow_capacity * 2 : 4;
    struct follow *follows;

    if (topic->follow_count < topic->follow_capacity)
        return true;
    follows = realloc(topic->follows, capacity * sizeof(*follows));
    if (!follows)
        return false;
    topic->follows = follows;
    topic->follow_capacity = capacity;
    return true;
}

struct follow *viewer_follow(struct viewer *viewer, struct topic *topic, struct wish *wish)
{
    struct follow *follow;

    if (!viewer_reserve(viewer) || !viewer_reserve_in(topic)) {
        free(wish);
        return NULL;
    }
    follow = &topic->follows[topic->follow_count];
    *follow = (struct follow){.viewer = viewer, .wish = wish, .slot = viewer->slot_count};
    follow_wait(topic, follow);
    viewer->slots[viewer->slot_count++] = (struct viewer_slot){topic, topic->follow_count++};
    topic->edge_count += viewer->is_edge;
    topic_shelve(topic);
    return follow;
}

/* Both arrays stay dense: the last element moves into the hole, and is told. */
void viewer_unfollow(struct viewer *viewer, int slot)
{
    struct topic *topic = viewer->slots[slot].topic;
    uint32_t index = viewer->slots[slot].follow;
    struct follow *follow = &topic->follows[index];

    assert(follow->viewer == viewer && follow->slot == slot);
    follow_change(topic, follow, FOLLOW_GONE, 0, NULL);
    topic->edge_count -= viewer->is_edge;
    if (index != --topic->follow_count) {
        *follow = topic->follows[topic->follow_count];
        follow->viewer->slots[follow->slot].follow = index;
    }
    if (slot != --viewer->slot_count) {
        viewer->slots[slot] = viewer->slots[viewer->slot_count];
        viewer->slots[slot].topic->follows[viewer->slots[slot].follow].slot = (uint16_t)slot;
    }
    topic_shelve(topic);
}
