/*
 * Memory that runs out: a whole story of a hub is played again and again, and each
 * time another one of its allocations fails, the first, the second, ... until none is
 * left. Nothing may crash or leak, no viewer may see a gap, and the hub must go on.
 */
#include "hub_scene.h"

#include <jansson.h>

#include "http/content/read.h"
#include "hub/drain.h"
#include "topic/history.h"

#define MATCH 7
#define FIRST_IN_MEMORY 41
#define CLIENTS 3
#define READS_MAX 100 /* more in one turn are one read over and over */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *memory);
char *__wrap_strndup(const char *text, size_t most);

static int64_t until_failure = -1; /* so many succeed before one fails; below 0: all do */
static int64_t in_use;             /* allocations that have not been freed */
static int64_t table_head;
static struct client clients[CLIENTS];

/* ---- allocation: the linker leads the program's calls here ---- */

static bool must_fail(void)
{
    return until_failure >= 0 && until_failure-- == 0;
}

static void *counted(void *memory)
{
    in_use += memory != NULL;
    return memory;
}

void *__wrap_malloc(size_t size)
{
    return must_fail() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return must_fail() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *old, size_t size)
{
    void *memory;

    if (must_fail())
        return NULL;
    memory = __real_realloc(old, size);
    return old ? memory : counted(memory);
}

void __wrap_free(void *memory)
{
    in_use -= memory != NULL;
    __real_free(memory);
}

char *__wrap_strndup(const char *text, size_t most)
{
    size_t length = strnlen(text, most);
    char *copy = __wrap_malloc(length + 1);

    if (copy) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

/* ---- the table, and a feed that reads from it as catchup.c does ---- */

static const char *entry(int64_t seq)
{
    static char body[1200];

    if (seq % 10 == 0)
        snprintf(body, sizeof(body),
                 "{\"type\":\"match\",\"match\":7,\"seq\":%d,\"state\":{\"match\":7,\"n\":%d}}",
                 (int)seq, (int)seq);
    else
        snprintf(body, sizeof(body),
                 "{\"type\":\"commentary\",\"match\":7,\"seq\":%d,\"message\":\"%0*d\"}", (int)seq,
                 seq % 7 == 0 ? 1000 : 10, 0);
    return body;
}

static void feed_load(struct topic *topic)
{
    static const char states[] = "[{\"match\":7,\"status\":\"live\"}]";
    bool is_lobby = topic == hub.lobby_topic;
    int64_t first = is_lobby ? 1 : FIRST_IN_MEMORY, last = is_lobby ? 0 : table_head;
    bool is_good;

    topic_reset(topic);
    run_reset(&topic->run, first);
    is_good = is_lobby ? topic_set_state(topic, states, sizeof(states) - 1)
                       : topic_set_state(topic, "{\"match\":7}", 11);
    for (int64_t seq = first; seq <= last && is_good; seq++)
        is_good = topic_append(topic, entry(seq), strlen(entry(seq)));
    topic->reads_done = topic->reads_begun;
    if (!is_good) {
        join_fail(&hub, topic, "unavailable", "try again");
        topic_reset(topic);
        return;
    }
    topic->is_loaded = true;
    topic->checked_ms = clock_ms();
    topics_know(&hub, topic);
    topics_count(&hub, topic);
    join_all(&hub, topic);
}

static void feed_head(struct topic *topic)
{
    topic->checked_ms = clock_ms();
    join_all(&hub, topic);
}

static void feed_newer(struct topic *topic)
{
    for (int64_t seq = topic_head(topic) + 1; topic->is_loaded && seq <= table_head; seq++)
        hub_publish(&hub, topic, seq, entry(seq), strlen(entry(seq)));
    topic->reads_done = topic->reads_begun;
    topic->announced = topic_head(topic);
    topics_unwant(&hub, topic, WANT_NEWER);
    join_all(&hub, topic);
}

static void feed_history(struct topic *topic)
{
    int64_t wanted = replay_next_wanted(topic);
    struct history *read =
        wanted ? history_new(&hub.histories, topic, replay_history_begin(wanted)) : NULL;
    bool is_good = read != NULL;

    for (int64_t seq = read ? read->run.next_seq : 0; is_good && seq < topic->run.first_seq; seq++)
        is_good = history_append(read, entry(seq), strlen(entry(seq)));
    if (is_good)
        replay_history_read(&hub, topic, read);
    else
        replay_fail(topic);
    if (read)
        history_release(read);
}

static void feed_document(struct topic *topic)
{
    if (!topic->is_loaded)
        feed_load(topic);
    else
        feed_history(topic);
}

/* Reads what is wanted, and sends what is new. */
static void turn(void)
{
    static void (*const feeds[WANT_KINDS])(struct topic *) = {
        [WANT_HEAD] = feed_head,       [WANT_NEWER] = feed_newer, [WANT_RETURN] = feed_load,
        [WANT_HISTORY] = feed_history, [WANT_LOAD] = feed_load,   [WANT_DOCUMENT] = feed_document};
    struct topic *topic;
    int reads = 0;

    for (int want = 0; want < WANT_KINDS; want++) {
        while ((topic = wants_first(&hub.wanted[want]))) {
            topics_unwant(&hub, topic, (enum want)want);
            if (feeds[want] != feed_load || !topic->is_loaded)
                feeds[want](topic);
            else if (want == WANT_RETURN)
                feed_newer(topic);
            assert_true(++reads < READS_MAX);
        }
    }
    hub_turn_end(&hub);
}

static void publish_more(int count)
{
    while (count-- > 0) {
        struct topic *topic = topics_find(&hub, MATCH);

        table_head++;
        if (topic)
            hub_publish(&hub, topic, table_head, entry(table_head), strlen(entry(table_head)));
    }
    turn();
}

/* ---- viewers ---- */

static void enter(struct client *client)
{
    *client = (struct client){.answer = WIRE_SENT, .is_read = true};
    viewer_init(&client->viewer, &ops, client);
    hub_add_viewer(&hub, &client->viewer);
}

/* Between two answers to `subscribe` each entry follows the one before. */
static void assert_no_gap(const struct client *client)
{
    const char *line = client->heard, *end;
    int64_t last = 0;

    for (; (end = strchr(line, '\n')); line = end + 1) {
        const char *seq = strstr(line, "\"seq\":");

        if (strstr(line, "\"subscribed\"") && strstr(line, "\"subscribed\"") < end)
            last = 0;
        else if (seq && seq < end && !strstr(line, "\"lobby\"")) {
            assert_true(last == 0 || strtoll(seq + 6, NULL, 10) == last + 1);
            last = strtoll(seq + 6, NULL, 10);
        }
    }
}

static void read_document(void)
{
    const struct read_wish wish = {
        .match_id = MATCH, .wants_entries = true, .has_since = true, .limit = 50};
    struct read read;

    read_begin(&read, &hub, &wish, WANTS_OURS, NULL, NULL);
    for (int i = 0; i < 5 && read.status == 0; i++) {
        turn();
        (void)read_go_on(&read);
    }
    assert_true(read.status == 200 || read.status == 503);
    read_end(&read);
}

static void story(void)
{
    enter(&clients[0]);
    say(&clients[0], "{\"type\":\"subscribe\",\"match\":7,\"history\":500}");
    turn();
    publish_more(5);
    enter(&clients[1]);
    for (const char *match = "7\0"
                             "8\0"
                             "9\0";
         *match; match += 2) {
        char text[64];

        snprintf(text, sizeof(text), "{\"type\":\"subscribe\",\"match\":%s}", match);
        say(&clients[1], text);
    }
    say(&clients[1], "{\"type\":\"subscribe\",\"match\":\"lobby\"}");
    turn();
    clients[1].answer = WIRE_CHOKED;
    publish_more(30);
    read_document();
    clients[1].answer = WIRE_SENT;
    hub_writable(&hub, &clients[1].viewer);
    enter(&clients[2]);
    say(&clients[2], "{\"type\":\"subscribe\",\"match\":7,\"since\":{\"epoch\":\"e1\",\"seq\":3}}");
    publish_more(30);
    hub_set_feed(&hub, HUB_TRYING);
    hub_set_feed(&hub, HUB_LIVE);
}

/* With memory again, a newcomer joins and hears what comes. */
static void assert_goes_on(void)
{
    static struct client newcomer;

    enter(&newcomer);
    say(&newcomer, "{\"type\":\"subscribe\",\"match\":7}");
    turn();
    publish_more(3);
    assert_non_null(strstr(newcomer.heard, "\"subscribed\""));
    assert_non_null(strstr(newcomer.heard, "\"seq\":"));
    assert_no_gap(&newcomer);
    hub_remove_viewer(&hub, &newcomer.viewer);
}

static void leave_all(void)
{
    drain_begin(&hub, 0, false);
    drain_finish(&hub);
    for (int i = 0; i < CLIENTS; i++) {
        assert_int_not_equal(clients[i].viewer.close_code, CLOSE_NONE);
        hub_remove_viewer(&hub, &clients[i].viewer);
    }
    history_expire_all(&hub.histories);
}

/* False: all of it has been played, and nothing failed. */
static bool play_with_failure(int64_t at)
{
    const struct hub_settings settings = {
        .max_viewers = 10, .topic_bytes = 8192, .cache_bytes = 1 << 20, .ping_interval_ms = 30000};
    int64_t in_use_before = in_use;
    bool has_failed;

    table_head = 60;
    until_failure = at;
    if (hub_init(&hub, &settings)) {
        hub_set_epoch(&hub, EPOCH);
        hub_set_feed(&hub, HUB_LIVE);
        story();
        has_failed = until_failure < 0;
        until_failure = -1;
        for (int i = 0; i < CLIENTS; i++)
            assert_no_gap(&clients[i]);
        assert_goes_on();
        leave_all();
    } else {
        has_failed = true;
    }
    until_failure = -1;
    hub_free(&hub);
    assert_int_equal(in_use, in_use_before);
    return has_failed;
}

static void any_allocation_may_fail(void **state)
{
    int64_t count = 0;

    (void)state;
    log_set_level((enum log_level)(LOG_ERROR + 1)); /* what is wrong here is on purpose */
    json_set_alloc_funcs(__wrap_malloc, __wrap_free);
    while (play_with_failure(count))
        count++;
    assert_true(count > 50);
    print_message("%d allocations, each of which failed once\n", (int)count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_allocation_may_fail),
    };

    return UNIT_RUN(tests);
}
