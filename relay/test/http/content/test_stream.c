/* Streams: a viewer of another form, refused before it begins and told why it ends. */
#include "hub_scene.h"

#include "http/content/stream.h"
#include "hub/drain.h"

#define WELCOME "event: welcome\ndata: {\"type\":\"welcome\""
#define JOINED(id, head, recovered)                                                                \
    id "event: subscribed\ndata: {\"type\":\"subscribed\",\"match\":7,\"epoch\":\"" EPOCH          \
       "\",\"head\":" #head ",\"recovered\":" #recovered ",\"state\":null}\n\n"
#define ENTRY(seq) "id: " EPOCH ":" #seq "\nevent: message\ndata: {\"seq\":" #seq "}\n\n"

#define CLOSED(code, reason) "{\"type\":\"close\",\"code\":" #code ",\"reason\":\"" reason "\"}\n\n"

/* The socket below a stream. */
struct socket {
    struct stream stream;
    struct buffer sent;
    enum wire_result answer;
    int wants, closes;
};

static struct buffer scratch;

static enum wire_result on_bytes(void *wire, const uint8_t *bytes, size_t length)
{
    struct socket *socket = wire;

    buffer_add(&socket->sent, bytes, length);
    return socket->answer;
}

static void on_want(void *wire)
{
    ((struct socket *)wire)->wants++;
}

static void on_end(void *wire)
{
    ((struct socket *)wire)->closes++;
}

static const struct viewer_wire socket_ops = {
    .send = on_bytes, .want_writable = on_want, .close = on_end};

static struct socket *open_stream(const struct route *route)
{
    struct socket *socket = calloc(1, sizeof(*socket));
    struct stream_settings settings = {&hub, &scratch, &socket_ops, socket};

    assert_non_null(socket);
    stream_begin(&socket->stream, &settings, route, &(struct stream_client){.origin = "*"});
    return socket;
}

static struct socket *open_match(int history)
{
    const struct route route = {.match_id = 7, .history = history};

    return open_stream(&route);
}

static void close_stream(struct socket *socket)
{
    stream_end(&socket->stream);
    buffer_free(&socket->sent);
    buffer_free(&scratch);
    free(socket);
}

static void sent_something(struct socket *socket, const char *part)
{
    if (!memmem(socket->sent.bytes, socket->sent.length, part, strlen(part)))
        fail_msg("\"%s\" was not sent", part);
}

/* What was sent since it was last asked, from a text on. */
static void sent_from(struct socket *socket, const char *begin, const char *expected)
{
    const char *at;

    buffer_add(&socket->sent, "", 1);
    at = strstr((char *)socket->sent.bytes, begin);
    if (!at)
        fail_msg("\"%s\" was not sent, but: %s", begin, (char *)socket->sent.bytes);
    else
        assert_string_equal(at, expected);
    buffer_clear(&socket->sent);
}

static int64_t retry_of(struct socket *socket)
{
    const char *at;

    buffer_add(&socket->sent, "", 1);
    socket->sent.length--;
    at = strstr((char *)socket->sent.bytes, "\r\n\r\nretry: ");
    assert_non_null(at);
    return strtoll(at + 11, NULL, 10);
}

static void a_stream_begins_with_history_and_goes_on_live(void **state)
{
    struct topic *topic = load(7, 1, 3);
    struct socket *socket = open_match(2);

    (void)state;
    assert_int_equal(socket->stream.state, STREAM_OPEN);
    assert_memory_equal(socket->sent.bytes, "HTTP/1.1 200 OK\r\n", 17);
    assert_between(retry_of(socket), 1000, 3000); /* a herd does not come back at once */
    sent_something(socket, "\n\n" WELCOME);
    sent_from(socket, "id: ", JOINED("id: e1:1\n", 3, false) ENTRY(2) ENTRY(3));
    publish(topic, 4);
    publish(topic, 5);
    hub_turn_end(&hub);
    sent_from(socket, "", ENTRY(4) ENTRY(5));
    close_stream(socket);
}

static void a_stream_resumes_where_it_was(void **state)
{
    struct route route = {.match_id = 7, .has_since = true, .since_seq = 2, .history = 1};
    struct socket *socket;

    (void)state;
    load(7, 1, 3);
    snprintf(route.since_epoch, sizeof(route.since_epoch), EPOCH);
    socket = open_stream(&route);
    sent_from(socket, "event: subscribed", JOINED("", 3, true) ENTRY(3));
    close_stream(socket);
    route.since_epoch[0] = 'x'; /* another history: begins afresh */
    socket = open_stream(&route);
    sent_from(socket, "id: ", JOINED("id: e1:2\n", 3, false) ENTRY(3));
    close_stream(socket);
}

static void it_waits_for_a_match_to_be_loaded(void **state)
{
    struct socket *socket = open_match(5);

    (void)state;
    assert_int_equal(socket->stream.state, STREAM_JOINING);
    assert_int_equal(socket->sent.length, 0);
    hub_set_feed(&hub, HUB_TRYING);
    load(7, 1, 1);
    assert_int_equal(socket->stream.state, STREAM_OPEN);
    sent_something(socket, "event: stale\ndata: {\"type\":\"stale\",\"since_ms\":");
    sent_from(socket, "id: ", JOINED("id: e1:0\n", 1, false) ENTRY(1));
    hub_set_feed(&hub, HUB_LIVE);
    sent_from(socket, "", "event: live\ndata: {\"type\":\"live\"}\n\n");
    close_stream(socket);
}

static void a_match_that_is_not_there_is_refused(void **state)
{
    struct socket *socket = open_match(0);

    (void)state;
    join_fail(&hub, topics_find(&hub, 7), "unknown_match", "there is no match of that number");
    assert_int_equal(socket->stream.state, STREAM_REFUSED);
    assert_int_equal(socket->closes, 1);
    assert_int_equal(socket->sent.length, 0);
    buffer_add(&socket->stream.document, "", 1);
    assert_non_null(strstr((char *)socket->stream.document.bytes, "\"code\":\"unknown_match\""));
    close_stream(socket);
}

/* A stream of a match that the source has not yet; the relay says so before it is there. */
static struct socket *open_and_wait(void)
{
    struct route route = {.match_id = 7, .has_since = true, .since_seq = 1};
    struct socket *socket;

    hub.may_lag = true;
    snprintf(route.since_epoch, sizeof(route.since_epoch), EPOCH);
    socket = open_stream(&route);
    assert_false(stream_waits(&socket->stream)); /* it may be refused yet */
    assert_true(is_absent(7));
    assert_int_equal(socket->sent.length, 0);
    assert_true(stream_waits(&socket->stream));
    assert_false(stream_waits(&socket->stream));
    assert_memory_equal(socket->sent.bytes, "HTTP/1.1 200 OK\r\n", 17);
    sent_something(socket, WELCOME);
    sent_something(socket, "event: stale");
    buffer_clear(&socket->sent);
    return socket;
}

static void a_stream_waits_for_a_match_that_it_has_seen(void **state)
{
    struct socket *socket = open_and_wait();

    (void)state;
    load(7, 1, 2);
    sent_from(socket, "",
              JOINED("", 2, true) ENTRY(2) "event: live\ndata: {\"type\":\"live\"}\n\n");
    close_stream(socket);
}

static void a_stream_that_has_waited_in_vain_says_why_it_ends(void **state)
{
    struct socket *socket = open_and_wait();

    (void)state;
    topics_find(&hub, 7)->follows[0].wish->until_ms = clock_ms();
    assert_false(is_absent(7));
    sent_something(socket, "event: error\ndata: {\"type\":\"error\",\"code\":\"unknown_match\"");
    sent_from(socket, "{\"type\":\"close\"", CLOSED(1013, "try_again"));
    close_stream(socket);
}

/* An EventSource gives up when it is refused, and comes back when its stream ends. */
static void begins_and_ends_with(struct socket *socket, const char *code_and_reason)
{
    assert_int_equal(socket->stream.state, STREAM_ENDED);
    assert_int_equal(socket->closes, 1);
    assert_memory_equal(socket->sent.bytes, "HTTP/1.1 200 OK\r\n", 17);
    sent_something(socket, "\r\n\r\nretry: ");
    sent_from(socket, "{\"type\":\"close\"", code_and_reason);
    close_stream(socket);
}

static void what_passes_by_itself_ends_it_at_once(void **state)
{
    struct client *others[3];
    struct socket *socket = open_match(0);

    (void)state;
    stream_give_up(&socket->stream);
    begins_and_ends_with(socket, CLOSED(1013, "try_again"));
    socket = open_match(0);
    hub_set_feed(&hub, HUB_AWAY);
    begins_and_ends_with(socket, CLOSED(1013, "try_again"));
    for (int i = 0; i < 3; i++)
        others[i] = client_new();
    begins_and_ends_with(open_match(0), CLOSED(4429, "too_many"));
    for (int i = 0; i < 3; i++)
        client_free(others[i]);
}

static void who_is_slow_goes_on_and_who_is_too_slow_is_told(void **state)
{
    struct topic *topic = load(7, 1, 1);
    struct socket *socket = open_match(0);

    (void)state;
    socket->answer = WIRE_CHOKED;
    buffer_clear(&socket->sent);
    publish(topic, 2);
    hub_turn_end(&hub);
    sent_from(socket, "", ENTRY(2));
    assert_int_equal(socket->wants, 1);
    publish(topic, 3);
    hub_turn_end(&hub);
    stream_beat(&socket->stream);
    assert_int_equal(socket->sent.length, 0);
    socket->answer = WIRE_SENT;
    stream_go_on(&socket->stream);
    sent_from(socket, "", ENTRY(3));
    stream_beat(&socket->stream);
    sent_from(socket, "", ":\n\n");

    socket->answer = WIRE_CHOKED;
    publish(topic, 4);
    hub_turn_end(&hub);
    buffer_clear(&socket->sent);
    for (int64_t seq = 5; seq < 1000; seq++)
        publish(topic, seq);
    hub_turn_end(&hub);
    assert_int_equal(socket->stream.state, STREAM_ENDED);
    sent_from(socket, "", "event: close\ndata: " CLOSED(4000, "slow_consumer"));
    assert_int_equal(socket->closes, 1);
    assert_int_equal(topic->follow_count, 0);
    close_stream(socket);
}

static void a_goodbye_says_when_to_come_back(void **state)
{
    struct socket *socket;

    (void)state;
    load(7, 1, 1);
    socket = open_match(0);
    buffer_clear(&socket->sent);
    drain_begin(&hub, 0, false);
    hub.drain.spread_ms = 1; /* leaves nothing to chance */
    drain_finish(&hub);
    sent_from(socket, "",
              "retry: 0\n\nevent: bye\ndata: {\"type\":\"bye\",\"retry_after_ms\":0}\n\n"
              "event: close\ndata: " CLOSED(1001, "going_away"));
    assert_int_equal(socket->closes, 1);
    close_stream(socket);
}

static void who_is_gone_is_not_sent_anything_more(void **state)
{
    struct topic *topic = load(7, 1, 1);
    struct socket *socket = open_match(0);

    (void)state;
    socket->answer = WIRE_BROKEN;
    publish(topic, 2);
    hub_turn_end(&hub);
    assert_int_equal(socket->stream.viewer.close_code, CLOSE_LOST);
    assert_int_equal(socket->stream.state, STREAM_ENDED);
    buffer_clear(&socket->sent);
    stream_beat(&socket->stream);
    stream_go_on(&socket->stream);
    assert_int_equal(socket->sent.length, 0);
    close_stream(socket);
}

static void another_epoch_joins_it_afresh(void **state)
{
    struct socket *socket;

    (void)state;
    load(7, 1, 5);
    socket = open_match(3);
    buffer_clear(&socket->sent);
    hub_set_epoch(&hub, "e2");
    load(7, 1, 2);
    sent_from(
        socket, "id: ",
        "id: e2:0\nevent: subscribed\ndata: {\"type\":\"subscribed\",\"match\":7,\"epoch\":\"e2\","
        "\"head\":2,\"recovered\":false,\"state\":null}\n\n"
        "id: e2:1\nevent: message\ndata: {\"seq\":1}\n\nid: e2:2\nevent: message\ndata: {\"seq\":2}\n\n");
    topics_reset(&hub, topics_find(&hub, 7));
    join_fail(&hub, topics_find(&hub, 7), "unknown_match", "it was purged");
    sent_from(socket, "", "event: close\ndata: " CLOSED(1013, "try_again"));
    close_stream(socket);
}

/* The tests above reach every state; no other way leads there. */
static void a_stream_has_one_way_from_state_to_state(void **state)
{
    static const enum stream_state ways[][2] = {{STREAM_JOINING, STREAM_OPEN},
                                                {STREAM_JOINING, STREAM_REFUSED},
                                                {STREAM_OPEN, STREAM_ENDED}};
    size_t changes = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        assert_true(stream_may_change(ways[i][0], ways[i][1]));
    for (enum stream_state from = STREAM_JOINING; from < STREAM_STATES; from++)
        for (enum stream_state to = STREAM_JOINING; to < STREAM_STATES; to++)
            changes += stream_may_change(from, to);
    assert_int_equal(changes, sizeof(ways) / sizeof(ways[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_stream_begins_with_history_and_goes_on_live),
        TEST(a_stream_resumes_where_it_was),
        TEST(it_waits_for_a_match_to_be_loaded),
        TEST(a_match_that_is_not_there_is_refused),
        TEST(a_stream_waits_for_a_match_that_it_has_seen),
        TEST(a_stream_that_has_waited_in_vain_says_why_it_ends),
        TEST(what_passes_by_itself_ends_it_at_once),
        TEST(who_is_slow_goes_on_and_who_is_too_slow_is_told),
        TEST(a_goodbye_says_when_to_come_back),
        TEST(who_is_gone_is_not_sent_anything_more),
        TEST(another_epoch_joins_it_afresh),
        TEST(a_stream_has_one_way_from_state_to_state),
    };

    return UNIT_RUN(tests);
}
