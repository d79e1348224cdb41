/* Documents about matches: answered at once, or after a read. */
#include "http/reads.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/secret.h"
#include "door/peer.h"
#include "http/content/page.h"
#include "http/content/read.h"
#include "http/document.h"
#include "http/exchange.h"
#include "http/pages.h"
#include "http/recent.h"
#include "http/reply.h"
#include "hub/hub.h"
#include "hub/topics.h"
#include "net/evloop.h"
#include "wire/protocol.h"

/* A read that takes longer is answered with 503. */
#define READ_PATIENCE_MS 10000
/* How long a document is kept for others that ask for the same. */
#define RECENT_MS 1000
/* Answers of one reading in one turn; a limit, so that viewers do not wait. */
#define ANSWERS_A_TURN 256

/* A document that is being read, and the exchanges that wait for it. */
struct reading {
    struct read read; /* first: its owner is found from it */
    struct http *http;
    struct exchange_queue waiting;
    struct reading_queue *queue; /* readings of the same hash */
    TAILQ_ENTRY(reading) link;
    TAILQ_ENTRY(reading) ready_link;
    size_t counted_bytes; /* of its document, in the sum of all bodies */
    bool is_ready;        /* in http->ready_readings */
    bool is_finishing;    /* the waiting exchanges are being answered … */
    struct body *body;    /* … with this; NULL: memory ran out */
};

/* The hash is keyed with a secret, because clients choose the wishes and could make them collide.
 */
static struct reading_queue *queue_of(struct http *http, const struct read_wish *wish)
{
    uint64_t hash = secret_hash((uint64_t)wish->match_id);

    hash = secret_hash(hash ^ (uint64_t)wish->since_seq ^ (uint64_t)wish->limit << 48);
    hash = secret_hash(hash ^ (uint64_t)wish->before_seq);
    if (wish->is_list)
        hash ^= listing_hash(&wish->listing);
    return &http->readings[hash % HTTP_READING_QUEUES];
}

/* ---- the scoreboard ---- */

/* One document for all clients until the scoreboard changes. False: memory ran out. */
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

/* body NULL: the client has it already. */
static void send_body(struct exchange *exchange, struct body *body, const char *etag)
{
    if (exchange->route.resource == RESOURCE_PAGE) {
        pages_send(exchange, 200, body, etag);
        return;
    }
    if (!body) {
        document_send(exchange, (struct answer){.etag = etag});
        return;
    }
    document_send(
        exchange,
        (struct answer){.bytes = body->bytes, .length = body->length, .body = body, .etag = etag});
}

static void send_lobby(struct exchange *exchange, const char *etag)
{
    if (make_lobby(exchange->http, etag))
        send_body(exchange, exchange->http->lobby, etag);
    else
        peer_kill(exchange->peer);
}

/* ---- readings ---- */

static void reading_count(struct reading *reading)
{
    size_t bytes = read_memory(&reading->read);

    body_count(reading->counted_bytes, bytes);
    reading->counted_bytes = bytes;
}

static void reading_free(struct reading *reading)
{
    TAILQ_REMOVE(reading->queue, reading, link);
    if (reading->is_ready)
        TAILQ_REMOVE(&reading->http->ready_readings, reading, ready_link);
    body_count(reading->counted_bytes, 0);
    body_release(reading->body);
    read_end(&reading->read);
    free(reading);
}

static void answer_one(struct exchange *exchange, const struct read *read, struct body *body)
{
    struct answer answer = {.status = read->status,
                            .type = ANSWER_JSON,
                            .bytes = body->bytes,
                            .length = body->length,
                            .body = body};

    if (read->status == 200) {
        send_body(exchange, body, read->etag);
        return;
    }
    if (read->wish.is_page) {
        pages_send(exchange, read->status, body, NULL);
        return;
    }
    document_share(exchange, &answer);
    reply_send(exchange, &answer);
}

static void set_ready(struct reading *reading)
{
    if (reading->is_ready)
        return;
    reading->is_ready = true;
    TAILQ_INSERT_TAIL(&reading->http->ready_readings, reading, ready_link);
    evloop_wake(reading->http->settings.loop);
}

/* NULL: memory ran out. */
static struct body *body_of(const struct http *http, struct read *read)
{
    if (!read->wish.is_page)
        return body_new(read->document.bytes, read->document.length);
    if (read->status == 200)
        pages_tag(http, read->etag);
    return pages_make(http, read->status, &read->document);
}

/* The document is whole: makes it a body, which can be shared. */
static void make_body(struct reading *reading)
{
    struct read *read = &reading->read;

    reading->is_finishing = true;
    if (!read->document.is_broken)
        reading->body = body_of(reading->http, read);
    if (reading->body && read->status == 200)
        recent_remember(reading->http, read, reading->body);
    buffer_free(&read->document);
    back_free(&read->back);
    reading_count(reading);
}

/*
 * Answers the waiting exchanges, in several turns if there are many. If memory runs out, not even
 * the error can be sent, so their connections are closed.
 */
static void reading_finish(struct reading *reading)
{
    struct exchange *exchange;

    if (!reading->is_finishing)
        make_body(reading);
    for (int i = 0; i < ANSWERS_A_TURN && (exchange = TAILQ_FIRST(&reading->waiting)); i++) {
        reads_leave(exchange);
        if (reading->body)
            answer_one(exchange, &reading->read, reading->body);
        else
            peer_kill(exchange->peer);
    }
    if (TAILQ_EMPTY(&reading->waiting))
        reading_free(reading);
    else
        set_ready(reading);
}

/* The hub calls it, so the reading goes on later, at the end of the turn. */
static void on_read_ready(void *context)
{
    set_ready(context);
}

/* Are all bodies within their limit? If not, drops recent documents and slow clients first. */
static bool has_room(struct http *http)
{
    if (body_total() <= PEER_BODIES_MAX)
        return true;
    recent_forget_all(http);
    peers_shed(http->peers);
    return body_total() <= PEER_BODIES_MAX;
}

/* A document that grows beyond the limit of all bodies gives up. */
static void reading_go_on(struct reading *reading)
{
    bool is_over = reading->is_finishing || read_go_on(&reading->read);

    reading_count(reading);
    if (!is_over && has_room(reading->http))
        return;
    read_give_up(&reading->read);
    reading_count(reading);
    reading_finish(reading);
}

/* A reading ends at the head that it has begun with, so it serves no client at a later head. */
static struct reading *find_reading(struct http *http, const struct read_wish *wish)
{
    const struct topic *topic = topics_find(http->hub, wish->match_id);
    struct reading *reading;

    TAILQ_FOREACH (reading, queue_of(http, wish), link)
        if (!reading->is_finishing && read_is_same(&reading->read.wish, wish) &&
            (reading->read.head == 0 || (topic && reading->read.head == topic_head(topic))))
            return reading;
    return NULL;
}

static struct reading *begin_reading(struct http *http, const struct read_wish *wish, uint8_t lane)
{
    struct reading *reading = calloc(1, sizeof(*reading));

    if (!reading)
        return NULL;
    reading->http = http;
    TAILQ_INIT(&reading->waiting);
    reading->queue = queue_of(http, wish);
    TAILQ_INSERT_TAIL(reading->queue, reading, link);
    read_begin(&reading->read, http->hub, wish, lane, on_read_ready, reading);
    return reading;
}

static void wait_for(struct exchange *exchange, struct reading *reading)
{
    exchange->kind = EXCHANGE_READ;
    exchange->reading = reading;
    TAILQ_INSERT_TAIL(&reading->waiting, exchange, reading_link);
    peer_set_deadline(exchange->peer, READ_PATIENCE_MS);
}

void reads_leave(struct exchange *exchange)
{
    struct reading *reading = exchange->reading;

    TAILQ_REMOVE(&reading->waiting, exchange, reading_link);
    exchange->reading = NULL;
    if (TAILQ_EMPTY(&reading->waiting) && !reading->is_finishing)
        reading_free(reading); /* no exchange waits for it any more */
}

static void read_table(struct exchange *exchange, const struct read_wish *wish)
{
    struct http *http = exchange->http;
    struct reading *reading = find_reading(http, wish);
    bool is_new = !reading;

    if (is_new)
        reading =
            begin_reading(http, wish, wants_lane(peer_client(exchange->peer, exchange->head)));
    if (!reading) {
        peer_kill(exchange->peer);
        return;
    }
    wait_for(exchange, reading);
    if (is_new && reading->read.status != 0)
        reading_finish(reading);
}

/* ---- from outside ---- */

static struct read_wish wish_of(const struct route *route)
{
    struct read_wish wish = {.match_id = route->match_id,
                             .wants_entries = route->resource == RESOURCE_COMMENTARY,
                             .has_since = route->has_since,
                             .since_seq = route->since_seq,
                             .before_seq = route->before_seq,
                             .limit = route->limit};

    memcpy(wish.since_epoch, route->since_epoch, sizeof(wish.since_epoch));
    if (route->resource == RESOURCE_PAGE) {
        wish.is_page = wish.wants_entries = true;
        wish.limit = PAGE_ENTRIES;
    } else if (route->resource == RESOURCE_MATCHES) {
        wish.is_list = true;
        wish.listing = route->listing;
    }
    return wish;
}

/*
 * A list has no entity tag before it is read. So one that was read in the last second serves all
 * clients that ask for the same.
 */
static void begin_list(struct exchange *exchange, const struct read_wish *wish)
{
    const struct recent *recent = recent_find(exchange->http, wish, NULL);

    if (recent && clock_ms() - recent->read_ms <= RECENT_MS)
        send_body(exchange, recent->body, recent->etag);
    else
        read_table(exchange, wish);
}

void reads_begin(struct exchange *exchange)
{
    const struct read_wish wish = wish_of(&exchange->route);
    const struct recent *recent;
    char etag[ETAG_BYTES];

    if (wish.is_list) {
        begin_list(exchange, &wish);
        return;
    }
    if (!read_etag(exchange->http->hub, wish.match_id, etag)) {
        read_table(exchange, &wish);
        return;
    }
    if (wish.is_page)
        pages_tag(exchange->http, etag);
    recent = recent_find(exchange->http, &wish, etag);
    if (reply_is_known(exchange, etag))
        send_body(exchange, NULL, etag);
    else if (wish.match_id == TOPIC_LOBBY)
        send_lobby(exchange, etag);
    else if (recent)
        send_body(exchange, recent->body, etag);
    else
        read_table(exchange, &wish);
}

/* Exchanges that began to wait for this reading later get the same answer now. */
void reads_give_up(struct exchange *exchange)
{
    struct reading *reading = exchange->reading;

    read_give_up(&reading->read);
    reading_finish(reading);
}

void reads_turn_end(struct http *http)
{
    const struct reading *last = TAILQ_LAST(&http->ready_readings, reading_queue);
    int64_t now_ms = clock_ms();
    struct reading *reading;
    bool is_last = !last;

    while (!is_last && (reading = TAILQ_FIRST(&http->ready_readings))) {
        is_last = reading == last; /* readings that become ready now wait for the next turn */
        TAILQ_REMOVE(&http->ready_readings, reading, ready_link);
        reading->is_ready = false;
        reading_go_on(reading);
    }
    for (size_t i = 0; i < HTTP_RECENT; i++)
        if (http->recent[i].body && now_ms - http->recent[i].read_ms > RECENT_MS)
            recent_forget(&http->recent[i]);
}

void reads_init(struct http *http)
{
    TAILQ_INIT(&http->ready_readings);
    for (size_t i = 0; i < HTTP_READING_QUEUES; i++)
        TAILQ_INIT(&http->readings[i]);
}

/* No reading is left, because a reading ends with its last exchange. */
void reads_free(struct http *http)
{
    recent_forget_all(http);
    body_release(http->lobby);
}
