/* The upstream: its states, its time, and the way down. */
#include "source/upstream/upstream.h"

#include <event2/event.h>
#include <event2/util.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "hub/hub.h"
#include "source/upstream/upstream_state.h"
#include "stats/stats.h"

#define BACKOFF_BASE_MS 100
#define BACKOFF_CAP_MS 3000
#define TICK_MS 100
/* For the name, the connection, TLS, the handshake and its hello. */
#define CONNECT_PATIENCE_MS 15000
/* An upstream reads for others too, so an answer may take a while. */
#define ANSWER_PATIENCE_MS 30000
/* After so long the pauses are short again; before it, an upstream that fails soon waits longer. */
#define STABLE_MS 10000
/* An upstream that is not live for so long is left, if there is another. */
#define STUCK_MS 10000
#define SAY_AGAIN_MS 60000
/* Of a worker to its feeder. */
#define LOCAL_REPORT_MS 1000

/* ---- why it is not live ---- */

static void set_reason(struct upstream *upstream, const char *reason, const char *hint)
{
    const struct url *url = &upstream->urls[upstream->url_at];
    bool is_news = strcmp(upstream->source.reason, reason) != 0;
    int64_t now_ms = clock_ms();

    snprintf(upstream->source.reason, sizeof(upstream->source.reason), "%s", reason);
    if (!is_news && upstream->logged_ms && now_ms - upstream->logged_ms < SAY_AGAIN_MS)
        return;
    upstream->logged_ms = now_ms;
    log_warn("the feed is down", LOG_TEXT("upstream", url->authority), LOG_TEXT("reason", reason),
             LOG_TEXT("hint", hint));
}

static void forget_answer(struct upstream *upstream)
{
    upstream->question = 0;
    upstream->loading_id = -1;
    buffer_free(&upstream->loaded);
    catchup_abort(&upstream->catchup);
}

static void set_state(struct upstream *upstream, enum source_state state)
{
    upstream->stuck_ms = clock_ms();
    if (state != upstream->source.state)
        source_set_state(&upstream->source, state);
}

void upstream_lost(struct upstream *upstream, const char *reason, const char *hint)
{
    uint32_t random;

    if (upstream->source.state == SOURCE_LIVE && clock_ms() - upstream->live_ms >= STABLE_MS)
        backoff_reset(&upstream->backoff);
    relay_stats.feed_losses++;
    upstream_close(upstream);
    resolve_free(upstream->resolve);
    upstream->resolve = NULL;
    forget_answer(upstream);
    upstream_forget_follows(upstream);
    set_reason(upstream, reason, hint);
    set_state(upstream, SOURCE_DOWN);
    upstream->state = UPSTREAM_DOWN;
    upstream->url_at = (upstream->url_at + 1) % upstream->url_count;
    evutil_secure_rng_get_bytes(&random, sizeof(random));
    upstream->due_ms = clock_ms() + backoff_next_ms(&upstream->backoff, random);
}

/*
 * With 0, another program already listens there. Where there is no other upstream, the time that
 * this one gives is waited, and no longer than another upstream would be waited for.
 */
void upstream_says_bye(struct upstream *upstream, int64_t retry_ms)
{
    size_t url_at = upstream->url_at;

    upstream_lost(upstream, "the upstream is stopping",
                  retry_ms == 0 ? "its successor is there" : "the next one is tried");
    if (retry_ms == 0)
        upstream->url_at = url_at;
    if (retry_ms == 0 || upstream->url_count == 1)
        upstream->due_ms = clock_ms() + (retry_ms < BACKOFF_CAP_MS ? retry_ms : BACKOFF_CAP_MS);
}

void upstream_is_up(struct upstream *upstream, bool is_live)
{
    if (upstream->state != UPSTREAM_UP)
        upstream->up_ms = clock_ms();
    upstream->state = UPSTREAM_UP;
    if (is_live && upstream->source.state < SOURCE_CATCHING_UP) {
        set_state(upstream, SOURCE_CATCHING_UP);
        catchup_begin(&upstream->catchup);
    } else if (!is_live && upstream->source.state != SOURCE_DOWN) {
        forget_answer(upstream);
        set_reason(upstream, "the relay that this one follows has lost its source",
                   "see its /readyz");
        set_state(upstream, SOURCE_DOWN);
    }
}

/* ---- connecting ---- */

/* Each attempt of an upstream takes the next address of its name. */
static void try_address(struct upstream *upstream)
{
    size_t count = upstream->addresses.count, turn = upstream->attempts++ / upstream->url_count;

    if (count == 0)
        upstream_lost(upstream, "the name of the upstream has no address", "see --upstream");
    else if (!upstream_open(upstream, upstream->addresses.addresses[turn % count]))
        upstream_lost(upstream, "cannot connect to the upstream", "see --upstream");
}

/* A resolve_done. */
static void on_resolved(void *context, const struct resolved *resolved)
{
    struct upstream *upstream = context;

    upstream->addresses = *resolved;
    resolve_free(upstream->resolve);
    upstream->resolve = NULL;
    try_address(upstream);
}

/* False: it cannot be read, or there is none in it. */
static bool read_token(const char *path, char token[UPSTREAM_TOKEN_BYTES])
{
    FILE *file = fopen(path, "re");
    size_t length;

    if (!file)
        return false;
    length = fread(token, 1, UPSTREAM_TOKEN_BYTES - 1, file);
    fclose(file);
    token[length] = '\0';
    token[strcspn(token, " \t\r\n")] = '\0';
    return *token != '\0';
}

/* A feeder stands by its name alone, in the form that libwebsockets has for such sockets. */
static void connect_locally(struct upstream *upstream)
{
    upstream->addresses.count = 1;
    snprintf(upstream->addresses.addresses[0], RESOLVE_ADDRESS_BYTES, "+@%s",
             upstream->settings.local);
    try_address(upstream);
}

static void upstream_connect(struct upstream *upstream)
{
    const char *file = upstream->settings.token_file;

    upstream->state = UPSTREAM_CONNECTING;
    upstream->due_ms = clock_ms() + CONNECT_PATIENCE_MS;
    set_state(upstream, SOURCE_CONNECTING);
    if (*upstream->settings.local) {
        connect_locally(upstream);
        return;
    }
    if (*file && !read_token(file, upstream->token)) {
        upstream_lost(upstream, "there is no token to show to the upstream",
                      "see the file of --upstream-token");
        return;
    }
    upstream->resolve =
        resolve_new(upstream->base, upstream->urls[upstream->url_at].host, on_resolved, upstream);
    if (!upstream->resolve)
        upstream_lost(upstream, "out of memory", "give the relay more");
}

/* ---- time ---- */

static bool is_stuck(const struct upstream *upstream, int64_t now_ms)
{
    return upstream->url_count > 1 && upstream->source.state != SOURCE_LIVE &&
           now_ms - upstream->stuck_ms > STUCK_MS;
}

/* All clients of the list that it is asked for have given up, or gone. */
static bool is_list_unwanted(const struct upstream *upstream)
{
    return upstream->question && upstream->catchup.query == CATCHUP_LIST &&
           listing_is_unwanted(&upstream->source.hub->listings);
}

/* Pings and questions have an answer; of those to questions each row counts. */
static void watch_over(struct upstream *upstream, int64_t now_ms)
{
    int64_t heartbeat_ms = upstream->source.heartbeat_ms;

    if (is_list_unwanted(upstream))
        forget_answer(upstream); /* the upstream gives the list up for the next question */
    if (now_ms - upstream->source.heard_ms > 2 * heartbeat_ms)
        upstream_lost(upstream, "the upstream has gone silent", "is the network between us cut?");
    else if (upstream->question && now_ms - upstream->asked_ms > ANSWER_PATIENCE_MS)
        upstream_lost(upstream, "the upstream does not answer", "see its log");
    else if (is_stuck(upstream, now_ms))
        upstream_lost(upstream, "the upstream does not become live", "the next one is tried");
    else if (now_ms - upstream->ping_ms >= heartbeat_ms / 2) {
        upstream->ping_ms = now_ms;
        upstream_ping(upstream);
    }
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
    struct upstream *upstream = context;
    int64_t now_ms = clock_ms();

    (void)fd;
    (void)what;
    switch (upstream->state) {
    case UPSTREAM_DOWN:
        if (now_ms >= upstream->due_ms)
            upstream_connect(upstream);
        break;
    case UPSTREAM_CONNECTING:
        if (now_ms >= upstream->due_ms)
            upstream_lost(upstream, "the upstream does not answer",
                          "is it there, and does it speak " LINK_PROTOCOL "?");
        break;
    case UPSTREAM_UP:
        watch_over(upstream, now_ms);
        break;
    }
}

/* ---- the source ---- */

static void upstream_start(struct source *source)
{
    struct upstream *upstream = upstream_of(source);
    const struct timeval tick = {0, TICK_MS * 1000};

    event_add(upstream->tick, &tick);
    upstream_connect(upstream);
}

static void upstream_stop(struct source *source)
{
    struct upstream *upstream = upstream_of(source);

    upstream_close(upstream);
    resolve_free(upstream->resolve);
    upstream_forget_follows(upstream);
    reports_free(&source->reports);
    buffer_free(&upstream->heard);
    buffer_free(&upstream->loaded);
    event_free(upstream->tick);
    free(upstream->urls);
    free(upstream);
}

static bool upstream_is_free(const struct source *source)
{
    const struct upstream *upstream = (const struct upstream *)source;

    return upstream->state == UPSTREAM_UP && upstream->source.state >= SOURCE_CATCHING_UP &&
           upstream->question == 0 && clock_ms() >= upstream->rest_until_ms;
}

static void upstream_go_live(struct source *source)
{
    struct upstream *upstream = upstream_of(source);

    source->was_live = true;
    source->reason[0] = '\0';
    upstream->logged_ms = 0;
    upstream->live_ms = clock_ms();
    relay_stats.feed_connects++;
    log_info("the feed is live", LOG_TEXT("source", "upstream"),
             LOG_TEXT("upstream", upstream->urls[upstream->url_at].authority),
             LOG_TEXT("path", source->path), LOG_TEXT("epoch", source->hub->epoch),
             LOG_NUMBER("matches", source->hub->topics.count - 1));
    set_state(upstream, SOURCE_LIVE);
}

static void upstream_wait(struct source *source)
{
    const char *hint, *reason = source_waits_for(source, &hint);

    set_reason(upstream_of(source), reason, hint);
}

static bool upstream_rest(struct source *source, int64_t late_ms)
{
    (void)source;
    (void)late_ms;
    return false;
}

static void upstream_broken(struct source *source)
{
    upstream_lost(upstream_of(source), "the upstream takes no more", "is it overloaded?");
}

static const struct source_ops upstream_ops = {
    .start = upstream_start,
    .stop = upstream_stop,
    .is_free = upstream_is_free,
    .check = upstream_check,
    .newer = upstream_page,
    .load = upstream_load,
    .history = upstream_page,
    .can_list = upstream_can_list,
    .list = upstream_list,
    .report = upstream_report,
    .go_live = upstream_go_live,
    .wait = upstream_wait,
    .rest = upstream_rest,
    .broken = upstream_broken,
};

/* A feeder has no URL, and is named so in the log. */
static bool read_urls(struct upstream *upstream, const char *list)
{
    const char *at = list, *word;
    size_t length, count = 0;

    while (url_next(&at, &length))
        count++;
    upstream->urls = calloc(count ? count : 1, sizeof(*upstream->urls));
    if (!upstream->urls)
        return false;
    if (*upstream->settings.local) {
        upstream->urls[0] = (struct url){.authority = "feeder", .path = "/ws"};
        upstream->url_count = 1;
        return true;
    }
    for (at = list; (word = url_next(&at, &length));)
        if (url_parse(&upstream->urls[upstream->url_count], word, length))
            upstream->url_count++;
    return upstream->url_count > 0;
}

/* Its feeder adds up what its workers say, for a report of its own. */
static int64_t report_interval_ms(const struct upstream_settings *settings)
{
    int64_t interval_ms = settings->report_interval_ms;

    return *settings->local && interval_ms > LOCAL_REPORT_MS ? LOCAL_REPORT_MS : interval_ms;
}

struct source *upstream_new(struct event_base *base, struct evloop *loop, struct hub *hub,
                            const struct upstream_settings *settings)
{
    struct upstream *upstream = calloc(1, sizeof(*upstream));

    if (!upstream)
        return NULL;
    upstream->settings = *settings;
    upstream->tick = event_new(base, -1, EV_PERSIST, on_tick, upstream);
    if (!upstream->tick || !read_urls(upstream, settings->urls)) {
        if (upstream->tick)
            event_free(upstream->tick);
        free(upstream);
        return NULL;
    }
    source_init(&upstream->source, &upstream_ops, hub, settings->heartbeat_ms);
    catchup_init(&upstream->catchup, &upstream->source);
    upstream->source.has_feeder = *settings->local != '\0';
    report_init(&upstream->report, upstream->source.relay_id, report_interval_ms(settings));
    upstream->source.hub->may_lag = true;
    upstream->base = base;
    upstream->loop = loop;
    upstream->loading_id = -1;
    upstream->backoff = (struct backoff){BACKOFF_BASE_MS, BACKOFF_CAP_MS, 0};
    STAILQ_INIT(&upstream->queue);
    snprintf(upstream->source.reason, sizeof(upstream->source.reason), "not connected yet");
    return &upstream->source;
}
