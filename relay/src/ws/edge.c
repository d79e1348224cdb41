/* An edge's connection: its handshake, its messages, and the messages to it. */
#include "ws/edge.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "door/head.h"
#include "door/peer.h"
#include "hub/audience.h"
#include "hub/hub.h"
#include "net/network.h"
#include "source/catchup.h"
#include "source/source.h"
#include "stats/stats.h"
#include "wire/message.h"
#include "ws/edge_state.h"
#include "ws/handshake.h"
#include "ws/state.h"

#define CLOSE_PATIENCE_MS 5000
/* So many parts have their turn at once: an edge must not hold up viewers. */
#define PARTS_A_TURN 256

/* ---- sending ---- */

struct buffer *edge_begin(struct edge *edge)
{
    frame_begin(&edge->server->out);
    return &edge->server->out;
}

enum wire_result edge_send(struct edge *edge, struct buffer *message)
{
    struct span frame = frame_end(message);

    if (frame.length > 0)
        return peer_send(edge->peer, frame.bytes, frame.length);
    peer_kill(edge->peer); /* memory ran out: it comes back */
    return WIRE_BROKEN;
}

/* `hello`: the name of this relay, the relays above it, and their state. */
static enum wire_result send_hello(struct edge *edge)
{
    const struct hub *hub = edge->server->hub;
    const struct source *source = edge->server->settings.http.source;
    struct buffer *out = edge_begin(edge);

    link_add_word(out, LINK_HELLO);
    link_add_text(out, "relay", source->relay_id);
    buffer_add_text(out, "\npath ");
    buffer_add_text(out, source->path);
    if (*source->path)
        buffer_add(out, " ", 1);
    buffer_add_text(out, source->relay_id);
    link_add_text(out, "epoch", *hub->epoch ? hub->epoch : "-");
    link_add_text(out, "state", hub->feed == HUB_LIVE ? "live" : "stale");
    link_add_value(out, "lag", catchup_lag(source->catchup));
    link_add_value(out, "lists", 1);
    if (hub->is_late)
        link_add_value(out, "late", clock_ms() - hub->late_ms);
    return edge_send(edge, out);
}

static enum wire_result send_bye(struct edge *edge, const struct message *bye)
{
    struct buffer *out = edge_begin(edge);

    link_add_word(out, LINK_BYE);
    link_add_number(out, message_number(bye, "\"retry_after_ms\":"));
    return edge_send(edge, out);
}

/* ---- the wire of the viewer that stands for all of it ---- */

static enum wire_result wire_send(void *wire, const uint8_t *bytes, size_t length)
{
    struct edge *edge = wire;
    struct span frames = {bytes, length}, text;
    enum wire_result result = WIRE_SENT;
    struct message message;

    while (result != WIRE_BROKEN && frame_take(&frames, &text)) {
        message_read(&message, text);
        if (message_is(&message, "welcome") || message_is(&message, "live") ||
            message_is(&message, "stale"))
            result = send_hello(edge);
        else if (message_is(&message, "bye"))
            result = send_bye(edge, &message);
    }
    return result;
}

static void wire_want_writable(void *wire)
{
    struct edge *edge = wire;

    peer_want_writable(edge->peer);
}

static void wire_close(void *wire)
{
    struct edge *edge = wire;
    enum close_code code = (enum close_code)edge->viewer.close_code;
    uint8_t frame[FRAME_CONTROL_MAX];
    size_t length =
        frame_put_close(frame, protocol_close_number(code), protocol_close_reason(code));

    if (code == CLOSE_LOST || peer_send(edge->peer, frame, length) == WIRE_BROKEN) {
        peer_kill(edge->peer);
        return;
    }
    peer_set_deadline(edge->peer, CLOSE_PATIENCE_MS);
}

static void wire_read(void *wire, bool is_wanted)
{
    struct edge *edge = wire;

    peer_read(edge->peer, is_wanted);
}

static const struct viewer_wire wire_ops = {
    .send = wire_send,
    .want_writable = wire_want_writable,
    .close = wire_close,
    .read = wire_read,
};

/* ---- parts ---- */

void edge_part_init(struct edge_part *part, struct edge *edge, enum edge_part_kind kind,
                    int64_t match_id, const struct viewer_wire *ops)
{
    *part = (struct edge_part){.edge = edge, .match_id = match_id, .kind = kind};
    viewer_init(&part->viewer, ops, part);
    part->viewer.lane = edge->lane;
    part->viewer.is_edge = true;
}

void edge_part_end(struct edge_part *part)
{
    viewer_unfollow_all(&part->viewer);
    if (part->is_waiting)
        TAILQ_REMOVE(&part->edge->waiting, part, waiting_link);
    part->is_waiting = false;
}

void edge_wait(struct edge_part *part)
{
    if (!part->is_waiting)
        TAILQ_INSERT_TAIL(&part->edge->waiting, part, waiting_link);
    part->is_waiting = true;
    peer_want_writable(part->edge->peer);
}

void edge_part_want_writable(void *wire)
{
    edge_wait(wire);
}

/* From within the hub: what follows is done at the part's turn. */
void edge_part_close(void *wire)
{
    struct edge_part *part = wire;

    part->is_over = true;
    edge_wait(part);
}

/* Parts say nothing that could be read. */
void edge_part_read(void *wire, bool is_wanted)
{
    (void)wire;
    (void)is_wanted;
}

static void part_go_on(struct edge_part *part)
{
    TAILQ_REMOVE(&part->edge->waiting, part, waiting_link);
    part->is_waiting = false;
    if (!part->is_over)
        hub_writable(part->edge->server->hub, &part->viewer);
    else if (part->kind == EDGE_FOLLOW)
        edge_follow_over(part);
    else
        edge_read_over(part);
}

/* ---- what it says ---- */

static void refuse(struct edge *edge, enum close_code code)
{
    log_warn("a relay that follows this one says what is no message: closing it",
             LOG_TEXT("hint", "is one of the two of another version?"));
    viewer_close(&edge->viewer, code);
}

static void hear_message(struct edge *edge, struct span text)
{
    struct link_message message;
    bool is_right = link_parse(&message, text) && message.kind <= LINK_REPORT;

    if (is_right && message.kind == LINK_REPORT)
        is_right = edge_report_hear(edge, &message);
    if (is_right && message.kind == LINK_FOLLOW)
        edge_follow_hear(edge, &message);
    else if (is_right && message.kind == LINK_UNFOLLOW)
        edge_unfollow_hear(edge, &message);
    else if (!is_right || (message.kind != LINK_REPORT && !edge_question_hear(edge, &message)))
        refuse(edge, CLOSE_BAD_REQUEST);
}

static void answer_ping(struct edge *edge, const struct frames_event *ping)
{
    uint8_t frame[FRAME_CONTROL_MAX];
    size_t length = frame_put_header(frame, FRAME_PONG, ping->length);

    memcpy(frame + length, ping->bytes, ping->length);
    viewer_say(&edge->viewer, (struct span){frame, length + ping->length});
}

static void take_close(struct edge *edge, const struct frames_event *close)
{
    uint8_t frame[FRAME_CONTROL_MAX];
    size_t length = close->code ? frame_put_close(frame, close->code, "")
                                : frame_put_header(frame, FRAME_CLOSE, 0);

    if (viewer_is_closing(&edge->viewer) || peer_send(edge->peer, frame, length) != WIRE_BROKEN)
        peer_finish(edge->peer);
}

static void take(struct edge *edge, enum frames_result what, const struct frames_event *event)
{
    if (what == FRAMES_CLOSE)
        take_close(edge, event);
    else if (what == FRAMES_VIOLATION)
        peer_kill(edge->peer);
    else if (viewer_is_closing(&edge->viewer))
        return;
    else if (what == FRAMES_PING)
        answer_ping(edge, event);
    else if (what == FRAMES_TEXT)
        hear_message(edge, (struct span){event->bytes, event->length});
    else if (what == FRAMES_BINARY)
        refuse(edge, CLOSE_UNSUPPORTED);
}

static void on_hear(struct peer *peer, char *text, size_t length)
{
    struct edge *edge = peer->owner;
    uint8_t *bytes = (uint8_t *)text;
    struct frames_event event;
    enum frames_result what;

    edge->heard_ms = clock_ms();
    do {
        what = frames_read(&edge->frames, &bytes, &length, &event);
        if (what != FRAMES_MORE)
            take(edge, what, &event);
    } while (what != FRAMES_MORE && peer->state == PEER_OPEN);
}

/* ---- time ---- */

/* An edge pings more often than that: one that is silent is gone. */
static void on_late(struct peer *peer)
{
    static const uint8_t ping[] = {0x80 | FRAME_PING, 0};
    struct edge *edge = peer->owner;
    int64_t interval_ms = edge->server->settings.ping_interval_ms;

    if (viewer_is_closing(&edge->viewer) || clock_ms() - edge->heard_ms > 2 * interval_ms ||
        (peer->outbox && !peer_takes_enough(peer))) {
        peer_kill(peer);
        return;
    }
    peer_set_deadline(peer, interval_ms);
    if (!viewer_is_choked(&edge->viewer) && !viewer_send(&edge->viewer, ping, sizeof(ping)))
        log_debug("an edge is gone");
}

/* The first part that waits has its turn, and then waits after the others again. */
static void on_writable(struct peer *peer)
{
    struct edge *edge = peer->owner;
    struct edge_part *part;

    hub_writable(edge->server->hub, &edge->viewer);
    for (int i = 0; i < PARTS_A_TURN && peer->state == PEER_OPEN && !peer->is_choked &&
                    (part = TAILQ_FIRST(&edge->waiting));
         i++)
        part_go_on(part);
    if (!TAILQ_EMPTY(&edge->waiting))
        peer_want_writable(peer);
}

static void on_gone(struct peer *peer)
{
    struct edge *edge = peer->owner;

    edge_follow_end_all(edge);
    edge_read_end_all(edge);
    hub_remove_viewer(edge->server->hub, &edge->viewer);
    reports_end_part(edge->server->settings.reports, &edge->part);
    audience_disown(edge->server->hub, edge);
    frames_clear(&edge->frames);
    free(edge);
    log_info("a relay that followed this one is gone");
}

static const struct peer_ops edge_ops = {
    .hear = on_hear,
    .writable = on_writable,
    .late = on_late,
    .gone = on_gone,
};

/* ---- the handshake ---- */

bool edge_is_meant(const struct head *head)
{
    return head_lists_exactly(head, "sec-websocket-protocol", LINK_PROTOCOL);
}

/* The address of the connection itself: what a proxy tells of another one is not believed. */
static bool is_listed(const struct server *server, const struct peer *peer)
{
    struct in6_addr address;

    return peer_address(peer, &address) && networks_have(&server->edges, &address);
}

static struct refusal judge(struct server *server, const struct peer *peer, const struct head *head,
                            struct grant **grant)
{
    struct refusal refusal = handshake_read_token(head, server->hub->gate.auth, grant);

    if (refusal.status)
        return refusal;
    if (peer->is_local)
        return refusal;
    if (*grant ? (*grant)->is_for_edge && (*grant)->is_for_all : is_listed(server, peer))
        return refusal;
    relay_stats.refusals[REFUSED_TOKEN]++;
    return handshake_refuse(403,
                            "relays that follow this one need a token with the claim edge for all "
                            "matches, or an address of --edges\n",
                            0);
}

static void begin(struct edge *edge, const struct head *head, struct grant *grant)
{
    struct server *server = edge->server;

    frame_begin(&server->out);
    buffer_clear(&server->held);
    viewer_init(&edge->viewer, &wire_ops, edge);
    edge->viewer.is_edge = true;
    peer_give(edge->peer, &edge_ops, edge);
    peer_set_deadline(edge->peer, server->settings.ping_interval_ms);
    if (!handshake_answer(&server->held, head, LINK_PROTOCOL) ||
        peer_send(edge->peer, server->held.bytes, server->held.length) == WIRE_BROKEN)
        peer_kill(edge->peer);
    if (grant)
        gate_admit(&server->hub->gate, &edge->viewer, grant);
    hub_add_viewer(server->hub, &edge->viewer);
    log_info("a relay follows this one");
}

struct refusal edge_upgrade(struct peer *peer, const struct head *head, struct server *server)
{
    struct grant *grant = NULL;
    struct refusal refusal = judge(server, peer, head, &grant);
    struct edge *edge = refusal.status ? NULL : calloc(1, sizeof(*edge));

    if (!edge) {
        grant_free(grant);
        return refusal.status ? refusal
                              : handshake_refuse(503, "the relay has no memory left\n", 0);
    }
    edge->server = server;
    edge->peer = peer;
    edge->lane = wants_lane(peer_client(peer, head));
    edge->heard_ms = clock_ms();
    edge->frames.bytes_max = LINK_SAID_BYTES_MAX;
    TAILQ_INIT(&edge->waiting);
    begin(edge, head, grant);
    return (struct refusal){0};
}
