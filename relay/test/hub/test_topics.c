/* Topics: asked for, checked, thinned and forgotten. */
#include "hub_scene.h"

static void who_asks_for_a_match_that_is_not_there_is_told_without_the_table(void **state)
{
    struct client *client = client_new();

    (void)state;
    heard_something(client, "welcome");
    say(client, "{\"type\":\"subscribe\",\"match\":9}");
    assert_int_equal(hub.unsure_count, 1);
    assert_false(is_absent(9));
    topics_drop(&hub, topics_find(&hub, 9));
    assert_int_equal(hub.unsure_count, 0);
    heard_something(client, "\"code\":\"unknown_match\"");
    say(client, "{\"type\":\"subscribe\",\"match\":9}");
    heard_something(client, "\"code\":\"unknown_match\"");
    assert_null(topics_find(&hub, 9));
    hub_notice(&hub, "1 e1 9 1 1\n{\"seq\":1}"); /* it has been made since */
    say(client, "{\"type\":\"subscribe\",\"match\":9}");
    heard(client, "");
    assert_true(topics_find(&hub, 9)->is_wanted[WANT_LOAD]);
    client_free(client);
}

/* A flusher that announces nothing would leave it as it is for ever. */
static void what_was_not_checked_for_long_is_checked_before_it_is_served(void **state)
{
    struct topic *topic = load(7, 1, 2);
    struct client *client = client_new();

    (void)state;
    heard_something(client, "welcome");
    topic->checked_ms = clock_ms() - hub.fresh_for_ms - 1;
    say(client, "{\"type\":\"subscribe\",\"match\":7}");
    heard(client, "");
    assert_true(topic->is_wanted[WANT_HEAD] && topic->is_awaited);
    hub_set_feed(&hub, HUB_TRYING);
    topic->checked_ms = clock_ms();
    join_all(&hub, topic);
    heard_something(client, "subscribed");
    client_free(client);
}

static void what_is_followed_gives_back_its_entries_when_memory_is_short(void **state)
{
    struct topic *topic = load(7, 1, 100);
    struct client *client = client_of(topic);

    (void)state;
    topics_count(&hub, topic);
    hub.settings.cache_bytes = hub.cached_bytes - 1;
    hub_turn_end(&hub);
    assert_int_equal(run_memory(&topic->run), 0);
    assert_int_equal(topic_head(topic), 100);
    publish(topic, 101);
    hub_turn_end(&hub);
    heard(client, "{\"seq\":101}\n");
    say(client, "{\"type\":\"unsubscribe\",\"match\":7}");
    heard_something(client, "unsubscribed");
    say(client, "{\"type\":\"subscribe\",\"match\":7,\"history\":2}");
    heard(client, SUBSCRIBED(101, false));
    give_history(topic, 100, 100);
    heard(client, "{\"seq\":100}\n{\"seq\":101}\n");
    client_free(client);
}

static void what_somebody_has_still_to_be_sent_is_kept(void **state)
{
    struct topic *topic = load(7, 1, 2);
    struct client *client = client_of(topic);

    (void)state;
    client->answer = WIRE_CHOKED;
    publish(topic, 3);
    publish(topic, 4);
    hub_turn_end(&hub);
    client->answer = WIRE_SENT;
    publish(topic, 5);
    hub.settings.cache_bytes = 1;
    hub_turn_end(&hub);
    hub_writable(&hub, &client->viewer);
    heard(client, "{\"seq\":3}\n{\"seq\":4}\n{\"seq\":5}\n");
    client_free(client);
}

static void matches_nobody_follows_are_forgotten(void **state)
{
    struct topic *topic;

    (void)state;
    hub.settings.cache_bytes = 64 * 1024;
    for (int match = 1; match <= 100; match++) {
        topic = load(match, 1, 0);
        for (int64_t seq = 1; seq <= 100; seq++)
            publish(topic, seq);
        hub_turn_end(&hub);
        hub.trimmed_ms = 0; /* the pause between two looks is over */
    }
    assert_true(hub.cached_bytes <= 64 * 1024);
    assert_null(topics_find(&hub, 1));
    assert_non_null(topics_find(&hub, 100));
    assert_non_null(topics_find(&hub, TOPIC_LOBBY));
}

/* A table that holds them no longer says so of each: none of that is the viewer's fault. */
static void many_matches_may_go_at_once(void **state)
{
    struct topic *topic = load(7, 1, 2);
    struct client *client = client_of(topic);

    (void)state;
    for (int match = 100; match < 100 + 4 * VIEWER_ERRORS_MAX; match++) {
        char text[64];

        snprintf(text, sizeof(text), "{\"type\":\"subscribe\",\"match\":%d}", match);
        say(client, text);
        join_fail(&hub, topics_find(&hub, match), "unknown_match", "gone");
    }
    heard_something(client, "\"unknown_match\"");
    publish(topic, 3);
    hub_turn_end(&hub);
    heard(client, "{\"seq\":3}\n");
    client_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_asks_for_a_match_that_is_not_there_is_told_without_the_table),
        TEST(what_was_not_checked_for_long_is_checked_before_it_is_served),
        TEST(what_is_followed_gives_back_its_entries_when_memory_is_short),
        TEST(what_somebody_has_still_to_be_sent_is_kept),
        TEST(matches_nobody_follows_are_forgotten),
        TEST(many_matches_may_go_at_once),
    };

    return UNIT_RUN(tests);
}
