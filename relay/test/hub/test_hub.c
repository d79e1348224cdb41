/* The hub: what is published, what viewers say, and bounds. */
#include "hub_scene.h"

static void a_gap_is_filled_before_anything_after_it_is_shown(void **state)
{
    struct topic *topic = load(7, 1, 2);
    struct client *client = client_of(topic);

    (void)state;
    publish(topic, 2); /* again */
    publish(topic, 5);
    publish(topic, 4);
    hub_turn_end(&hub);
    heard(client, "");
    assert_true(topic->is_wanted[WANT_NEWER]);
    assert_int_equal(topic->announced, 5);
    for (int64_t seq = 3; seq <= 5; seq++)
        publish(topic, seq);
    hub_turn_end(&hub);
    heard(client, "{\"seq\":3}\n{\"seq\":4}\n{\"seq\":5}\n");
    client_free(client);
}

static void notices_are_published(void **state)
{
    struct topic *topic = load(7, 1, 2);
    struct client *client = client_of(topic);

    (void)state;
    hub_notice(&hub, "1 e1 7 3 2\n{\"seq\":3}\n{\"seq\":4}");
    hub_turn_end(&hub);
    heard(client, "{\"seq\":3}\n{\"seq\":4}\n");
    hub_notice(&hub, "1 e1 7 5 1");
    assert_true(topic->is_wanted[WANT_NEWER]);
    assert_false(hub.is_suspicious);
    hub_notice(&hub, "1 e2 7 6 1\n{\"seq\":6}"); /* of another epoch */
    assert_true(hub.needs_check);
    hub_notice(&hub, "nonsense");
    assert_true(hub.is_suspicious);
    hub_turn_end(&hub);
    heard(client, "");
    client_free(client);
}

/* One look at the table for a match, however often it is named; and nothing else. */
static void nothing_of_a_hint_is_believed(void **state)
{
    struct topic *topic = load(7, 1, 2), *quiet = load(8, 1, 2);
    struct client *client = client_of(topic);
    size_t topics = hub.topics.count;

    (void)state;
    hub_hint(&hub, "1 e1 7 3 1\n{\"seq\":3}");
    hub_hint(&hub, "1 e2 7 9000 1");
    hub_hint(&hub, "1 e1 8 3 1"); /* nobody follows it */
    hub_hint(&hub, "1 e1 9 1 1"); /* nor knows it */
    hub_turn_end(&hub);
    heard(client, "");
    assert_true(topic->is_wanted[WANT_NEWER]);
    assert_int_equal(topic->announced, 0);
    assert_false(quiet->is_wanted[WANT_NEWER]);
    assert_int_equal(hub.topics.count, topics);
    assert_false(hub.is_suspicious || hub.needs_check);
    client_free(client);
}

static void many_hints_are_one_suspicion(void **state)
{
    struct topic *topic = load(7, 1, 2);
    struct client *client = client_of(topic);
    int looks = 0;

    (void)state;
    for (int i = 0; i < 2000; i++) {
        hub_hint(&hub, "1 e1 7 3 1");
        looks += topic->is_wanted[WANT_NEWER];
        topics_unwant(&hub, topic, WANT_NEWER);
    }
    assert_between(looks, 1, 100);
    assert_true(hub.is_suspicious);
    assert_false(hub.needs_check);
    client_free(client);
}

static void a_notice_of_a_match_that_nobody_asked_for_is_let_go(void **state)
{
    (void)state;
    for (int match = 100; match < 200; match++) {
        char payload[64];

        snprintf(payload, sizeof(payload), "1 e1 %d 1 1\n{\"seq\":1}", match);
        hub_notice(&hub, payload);
    }
    assert_int_equal(hub.topics.count, 1);
    assert_int_equal(hub.unsure_count, 0);
}

static void one_viewer_too_many_is_closed(void **state)
{
    struct client *clients[4];

    (void)state;
    for (int i = 0; i < 4; i++)
        clients[i] = client_new();
    assert_int_equal(clients[2]->viewer.close_code, CLOSE_NONE);
    assert_int_equal(clients[3]->viewer.close_code, CLOSE_TOO_MANY);
    for (int i = 0; i < 4; i++)
        client_free(clients[i]);
}

static void say_nonsense(struct client *client, int times)
{
    for (int i = 0; i < times; i++) {
        client->length = 0;
        say(client, "nonsense");
    }
}

static void sixteen_messages_that_are_none_close(void **state)
{
    struct client *client = client_new();

    (void)state;
    say_nonsense(client, VIEWER_ERRORS_MAX - 1);
    assert_int_equal(client->viewer.close_code, CLOSE_NONE);
    say(client, "{\"type\":\"unsubscribe\"}");
    assert_int_equal(client->viewer.close_code, CLOSE_BAD_REQUEST);
    client->length = 0;
    say(client, "{\"type\":\"ping\"}");
    assert_int_equal(client->length, 0);
    client_free(client);
}

/* As if it had said the last of them so long ago. */
static void wait_ms(struct client *client, int64_t ms)
{
    client->viewer.errors.full_ns -= ms * BUCKET_NS_PER_MS;
}

static void messages_that_are_none_are_forgiven_with_time(void **state)
{
    struct client *client = client_new();

    (void)state;
    say_nonsense(client, VIEWER_ERRORS_MAX - 1);
    for (int i = 0; i < 1000; i++) {
        wait_ms(client, VIEWER_ERROR_FORGIVEN_MS);
        say_nonsense(client, 1);
    }
    assert_int_equal(client->viewer.close_code, CLOSE_NONE);
    say_nonsense(client, 2); /* two: the first may come a forgiving later */
    assert_int_equal(client->viewer.close_code, CLOSE_BAD_REQUEST);
    client_free(client);
}

/* All that can be wrong with a subscription, often: the one beside it goes on. */
static void a_wrong_subscription_leaves_the_others_alone(void **state)
{
    static const char *const wrong[] = {
        "{\"type\":\"subscribe\",\"match\":\"5\"}",
        "{\"type\":\"subscribe\",\"match\":-5}",
        "{\"type\":\"subscribe\",\"match\":7.5}",
        "{\"type\":\"subscribe\",\"match\":18446744073709551616}",
        "{\"type\":\"subscribe\",\"match\":7}",
        "{\"type\":\"subscribe\",\"match\":8,\"history\":501}",
        "{\"type\":\"subscribe\",\"match\":8,\"since\":{\"epoch\":7,\"seq\":1}}",
        "{\"type\":\"unsubscribe\",\"match\":8}",
        "{\"type\":\"unsubscribe\",\"match\":\"8\"}",
    };
    struct topic *topic = load(7, 1, 2);
    struct client *client = client_of(topic);

    (void)state;
    for (int i = 0; i < 10 * VIEWER_ERRORS_MAX; i++) {
        client->length = 0;
        say(client, wrong[(size_t)i % (sizeof(wrong) / sizeof(wrong[0]))]);
        heard_something(client, ",\"match\":");
    }
    publish(topic, 3);
    hub_turn_end(&hub);
    heard(client, "{\"seq\":3}\n");
    client_free(client);
}

static void a_viewer_follows_128_matches_at_most(void **state)
{
    struct client *client = client_new();
    char text[64];

    (void)state;
    for (int match = 1; match <= VIEWER_TOPICS_MAX + 1; match++) {
        load(match, 1, 1);
        snprintf(text, sizeof(text), "{\"type\":\"subscribe\",\"match\":%d}", match);
        client->length = 0;
        say(client, text);
    }
    heard_something(client, "\"code\":\"too_many_matches\"");
    assert_int_equal(client->viewer.slot_count, VIEWER_TOPICS_MAX);
    for (int match = 1; match <= VIEWER_TOPICS_MAX; match++)
        publish(topics_find(&hub, match), 2);
    hub_turn_end(&hub);
    for (size_t i = 0, lines = 0; i < client->length; i++) {
        lines += client->heard[i] == '\n';
        assert_true(i + 1 < client->length || lines == VIEWER_TOPICS_MAX);
    }
    client_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_gap_is_filled_before_anything_after_it_is_shown),
        TEST(notices_are_published),
        TEST(nothing_of_a_hint_is_believed),
        TEST(many_hints_are_one_suspicion),
        TEST(a_notice_of_a_match_that_nobody_asked_for_is_let_go),
        TEST(one_viewer_too_many_is_closed),
        TEST(sixteen_messages_that_are_none_close),
        TEST(messages_that_are_none_are_forgiven_with_time),
        TEST(a_wrong_subscription_leaves_the_others_alone),
        TEST(a_viewer_follows_128_matches_at_most),
    };

    return UNIT_RUN(tests);
}
