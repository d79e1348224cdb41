/* The rules of a handshake, and the refusal when a client breaks one. */
#include "ws/handshake.h"

#include <string.h>

#include "door/bearer.h"
#include "door/head.h"
#include "door/origins.h"
#include "stats/stats.h"
#include "wire/link.h"
#include "wire/protocol.h"
#include "ws/accept.h"

/* The key is that of RFC 6455, section 1.3. */
bool handshake_begin(void)
{
    char accept[ACCEPT_BYTES];

    return accept_answer("dGhlIHNhbXBsZSBub25jZQ==", accept);
}

struct refusal handshake_refuse(unsigned status, const char *text, int retry_after_s)
{
    return (struct refusal){.status = status, .text = text, .retry_after_s = retry_after_s};
}

static bool has_key(const struct head *head)
{
    return head_count(head, "sec-websocket-key") == 1 &&
           accept_key_is_right(head_field(head, "sec-websocket-key"));
}

static bool has_version(const struct head *head)
{
    return head_count(head, "sec-websocket-version") == 1 &&
           strcmp(head_field(head, "sec-websocket-version"), "13") == 0;
}

static bool offers(const struct head *head, const char *subprotocol)
{
    return head_lists_exactly(head, "sec-websocket-protocol", subprotocol);
}

/* Proxies and frameworks like to add the slash. */
static bool is_path(const char *path)
{
    return strcmp(path, "/ws") == 0 || strcmp(path, "/ws/") == 0;
}

struct refusal handshake_check(const struct head *head, const char *origins)
{
    if (head->method != METHOD_GET || !is_path(head->path))
        return handshake_refuse(400, "WebSocket connections: GET /ws\n", 0);
    if (!has_version(head))
        return handshake_refuse(426, "the only WebSocket version here is 13\n", 0);
    if (!has_key(head))
        return handshake_refuse(400, "not a WebSocket handshake: see RFC 6455\n", 0);
    if (head_count(head, "sec-websocket-protocol") > 0 && !offers(head, PROTOCOL_NAME) &&
        !offers(head, LINK_PROTOCOL))
        return handshake_refuse(400, "the only subprotocol here is " PROTOCOL_NAME "\n", 0);
    if (!origins_allow(origins, head))
        return handshake_refuse(403, "this page may not connect here: see --origins\n", 0);
    return (struct refusal){0};
}

struct refusal handshake_read_token(const struct head *head, const struct auth *auth,
                                    struct grant **grant)
{
    struct bearer_refusal refusal = {0};
    struct refusal refused;

    *grant = auth && bearer_is_there(head) ? bearer_read(head, auth, &refusal) : NULL;
    if (refusal.status)
        relay_stats.refusals[REFUSED_TOKEN]++;
    refused = handshake_refuse(refusal.status, refusal.message, 0);
    refused.challenge = refusal.challenge;
    return refused;
}

bool handshake_answer(struct buffer *out, const struct head *head, const char *subprotocol)
{
    char accept[ACCEPT_BYTES];

    if (!accept_answer(head_field(head, "sec-websocket-key"), accept))
        return false;
    buffer_add_text(out, "HTTP/1.1 101 Switching Protocols\r\n"
                         "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ");
    buffer_add_text(out, accept);
    if (offers(head, subprotocol)) {
        buffer_add_text(out, "\r\nSec-WebSocket-Protocol: ");
        buffer_add_text(out, subprotocol);
    }
    buffer_add_text(out, "\r\n\r\n");
    return !out->is_broken;
}
