/* The rules of a handshake, and what is said to who breaks one. */
#include "door/handshake.h"

#include <libwebsockets.h>
#include <string.h>
#include <strings.h>

#include "door/bearer.h"
#include "net/origin.h"
#include "stats/stats.h"
#include "wire/protocol.h"

#define BASE64 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
#define KEY_LETTERS 22 /* 16 bytes in base64, without what fills them up: "==" */

static bool has_text(struct lws *wsi, enum lws_token_indexes token, const char *text)
{
    char value[16];

    return lws_hdr_copy(wsi, value, sizeof(value), token) > 0 && strcmp(value, text) == 0;
}

/* A list of words with commas and blanks between them. */
static bool list_has(const char *list, const char *word)
{
    size_t length = strlen(word);

    while (*list) {
        size_t next = strcspn(list, ", \t");

        if (next == length && strncasecmp(list, word, length) == 0)
            return true;
        list += next;
        list += strspn(list, ", \t");
    }
    return false;
}

static bool header_has(struct lws *wsi, enum lws_token_indexes token, const char *word)
{
    char list[256];

    return lws_hdr_copy(wsi, list, sizeof(list), token) > 0 && list_has(list, word);
}

static bool has_key(struct lws *wsi)
{
    char key[KEY_LETTERS + 3];

    return lws_hdr_copy(wsi, key, sizeof(key), WSI_TOKEN_KEY) == KEY_LETTERS + 2 &&
           strspn(key, BASE64) == KEY_LETTERS && strcmp(key + KEY_LETTERS, "==") == 0;
}

/* The library puts what comes twice together, as if it were one. */
static bool has_host(struct lws *wsi)
{
    return lws_hdr_total_length(wsi, WSI_TOKEN_HOST) > 0 &&
           lws_hdr_fragment_length(wsi, WSI_TOKEN_HOST, 1) == 0;
}

struct handshake_refusal handshake_refuse(unsigned status, const char *text, int retry_after_s)
{
    return (struct handshake_refusal){
        .status = status, .text = text, .retry_after_s = retry_after_s};
}

/* Only browsers send an Origin. One that does not fit in here is none that we know. */
bool handshake_page_is_allowed(struct lws *wsi, const char *origins)
{
    char origin[256], host[256];

    if (!*origins || lws_hdr_total_length(wsi, WSI_TOKEN_ORIGIN) == 0)
        return true;
    if (lws_hdr_copy(wsi, origin, sizeof(origin), WSI_TOKEN_ORIGIN) <= 0)
        return false;
    if (lws_hdr_copy(wsi, host, sizeof(host), WSI_TOKEN_HOST) <= 0)
        host[0] = '\0';
    return origin_is_allowed(origins, origin, host);
}

struct handshake_refusal handshake_check(struct lws *wsi, const char *upgrade, const char *origins)
{
    if (strcasecmp(upgrade, "websocket") != 0)
        return handshake_refuse(400, "the only upgrade here is to websocket\n", 0);
    if (!has_text(wsi, WSI_TOKEN_GET_URI, "/ws"))
        return handshake_refuse(400, "WebSocket connections: GET /ws\n", 0);
    if (!has_text(wsi, WSI_TOKEN_HTTP, "HTTP/1.1") ||
        !header_has(wsi, WSI_TOKEN_CONNECTION, "upgrade") || !has_host(wsi) || !has_key(wsi))
        return handshake_refuse(400, "not a WebSocket handshake: see RFC 6455\n", 0);
    if (!has_text(wsi, WSI_TOKEN_VERSION, "13"))
        return handshake_refuse(426, "the only WebSocket version here is 13\n", 0);
    if (lws_hdr_total_length(wsi, WSI_TOKEN_PROTOCOL) > 0 &&
        !header_has(wsi, WSI_TOKEN_PROTOCOL, PROTOCOL_NAME))
        return handshake_refuse(400, "the only subprotocol here is " PROTOCOL_NAME "\n", 0);
    if (!handshake_page_is_allowed(wsi, origins))
        return handshake_refuse(403, "this page may not connect here: see --origins\n", 0);
    return (struct handshake_refusal){0};
}

struct handshake_refusal handshake_read_token(struct lws *wsi, const struct auth *auth,
                                              struct grant **grant)
{
    struct bearer_refusal refusal = {0};
    struct handshake_refusal refused;

    *grant = auth && bearer_is_there(wsi) ? bearer_read(wsi, auth, &refusal) : NULL;
    if (refusal.status)
        relay_stats.refusals[REFUSED_TOKEN]++;
    refused = handshake_refuse(refusal.status, refusal.message, 0);
    refused.challenge = refusal.challenge;
    return refused;
}
