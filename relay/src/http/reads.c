/* Documents about matches: answered at once, or after a read. */
#include "http/reads.h"

#include <string.h>

#include "http/document.h"
#include "http/reply.h"
#include "hub/hub.h"
#include "wire/protocol.h"

/* A read that takes longer is answered with 503. */
#define READ_PATIENCE_MS 10000

/* ---- from memory ---- */

/* The same document for all who ask until the scoreboard changes. False: memory ran out. */
static bool make_lobby(struct http *http, const char *etag)
{
    const struct protocol_topic lobby = topic_describe(http->hub->lobby_topic, http->hub->epoch);
    struct buffer document = {0};

    if (http->lobby && strcmp(http->lobby_etag, etag) == 0)
        return true;
    protocol_state_document(&document, &lobby);
    body_release(http->lobby);
    http->lobby = document.is_broken ? NULL : body_new(document.bytes, document.length);
    memcpy(http->lobby_etag, etag, ETAG_BYTES);
    buffer_free(&document);
    return http->lobby != NULL;
}

static int send_lobby(struct http *http, struct exchange **slot, struct lws *wsi, const char *etag)
{
    if (!make_lobby(http, etag))
        return -1;
    return document_send(http, slot, wsi,
                         (struct answer){.bytes = http->lobby->bytes,
                                         .length = http->lobby->length,
                                         .body = http->lobby,
                                         .etag = etag});
}

/* ---- from the table ---- */

static int finish_read(struct http *http, struct exchange **slot, struct lws *wsi)
{
    struct exchange *exchange = *slot;
    struct read *read = &exchange->read;
    struct answer answer = {.bytes = read->document.bytes,
                            .length = read->document.length,
                            .status = read->status,
                            .type = ANSWER_JSON,
                            .etag = read->etag};
    int result;

    *slot = NULL; /* the answer may need one of its own */
    if (read->document.is_broken)
        result = -1; /* not even that there is no memory can be said */
    else if (read->status == 200)
        result = document_send(http, slot, wsi, answer);
    else {
        answer.etag = NULL;
        document_share(http, wsi, &answer);
        result = reply_send(http, slot, wsi, &answer);
    }
    exchange_free(exchange);
    return result;
}

/* From within the hub: the answer is sent from the library's callback. */
static void on_read_ready(void *context)
{
    exchange_want_writable(context);
}

static int begin_read(struct http *http, struct exchange **slot, struct lws *wsi,
                      const struct read_wish *wish)
{
    struct exchange *exchange = exchange_new(wsi, EXCHANGE_READ);

    if (!exchange)
        return -1;
    *slot = exchange;
    read_begin(&exchange->read, http->hub, wish, on_read_ready, exchange);
    if (exchange->read.status != 0)
        return finish_read(http, slot, wsi);
    wheel_set(&http->wheel, &exchange->timer, READ_PATIENCE_MS);
    return exchange_wait(exchange, http->settings.base) ? 0 : -1;
}

int reads_begin(struct http *http, struct exchange **slot, struct lws *wsi,
                const struct route *route)
{
    const struct read_wish wish = {.match_id = route->match_id,
                                   .wants_entries = route->resource == RESOURCE_COMMENTARY,
                                   .has_since = route->has_since,
                                   .since_seq = route->since_seq,
                                   .limit = route->limit};
    char etag[ETAG_BYTES];

    if (read_etag(http->hub, wish.match_id, etag)) {
        if (document_is_known(wsi, etag))
            return document_send(http, slot, wsi, (struct answer){.etag = etag});
        if (wish.match_id == TOPIC_LOBBY)
            return send_lobby(http, slot, wsi, etag);
    }
    return begin_read(http, slot, wsi, &wish);
}

int reads_go_on(struct http *http, struct exchange **slot, struct lws *wsi)
{
    return read_go_on(&(*slot)->read) ? finish_read(http, slot, wsi) : 0;
}
