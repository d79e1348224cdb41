/* The hub: what comes from the feed, what happens without it, and what is bounded. */
#include "hub_scene.h"

/* ---- the feed ---- */

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

static void who_asks_for_a_match_that_is_not_there_is_told_without_the_table(void **state)
{
    struct client *client = client_new();

    (void)state;
    heard_something(client, "welcome");
    say(client, "{\"type\":\"subscribe\",\"match\":9}");
    assert_int_equal(hub.unsure_count, 1);
    join_fail_unknown(&hub, topics_find(&hub, 9));
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
    assert_int_equal(run_memory(&topic->log), 0);
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

static void while_it_is_away_only_what_is_in_memory_is_served(void **state)
{
    struct client *client = client_of(load(7, 3, 4));

    (void)state;
    hub_set_feed(&hub, HUB_AWAY);
    heard_something(client, STALE);
    say(client, "{\"type\":\"subscribe\",\"match\":8}");
    heard_something(client, "\"code\":\"unavailable\"");
    say(client, "{\"type\":\"unsubscribe\",\"match\":7}");
    heard_something(client, "unsubscribed");
    say(client, "{\"type\":\"subscribe\",\"match\":7,\"history\":1}");
    heard(client, SUBSCRIBED(4, false) "{\"seq\":4}\n");
    hub_set_feed(&hub, HUB_TRYING);
    heard(client, "");
    hub_set_feed(&hub, HUB_LIVE);
    heard(client, LIVE);
    client_free(client);
}

static void who_waits_is_told_when_it_goes_away(void **state)
{
    struct client *client = client_new();

    (void)state;
    say(client, "{\"type\":\"subscribe\",\"match\":8}");
    heard_something(client, "welcome");
    hub_set_feed(&hub, HUB_AWAY);
    heard_something(client, "\"code\":\"unavailable\"");
    assert_int_equal(client->viewer.slot_count, 0);
    client_free(client);
}

static void live_is_told_after_what_was_missed(void **state)
{
    struct topic *topic = load(7, 1, 2);
    struct client *client = client_of(topic);

    (void)state;
    hub_set_feed(&hub, HUB_AWAY);
    heard_something(client, STALE);
    hub_set_feed(&hub, HUB_TRYING);
    publish(topic, 3);
    hub_set_feed(&hub, HUB_LIVE);
    heard(client, "{\"seq\":3}\n" LIVE);
    client_free(client);
}

static void another_epoch_joins_everybody_afresh(void **state)
{
    struct topic *topic = load(7, 1, 5);
    struct client *client = client_of(topic);

    (void)state;
    hub_set_epoch(&hub, "e2");
    heard(client, "");
    assert_true(topic->is_wanted[WANT_RETURN]);
    load(7, 1, 3);
    heard(client, "{\"type\":\"subscribed\",\"match\":7,\"epoch\":\"e2\",\"head\":3,"
                  "\"recovered\":false,\"state\":null}\n");
    publish(topic, 4);
    hub_turn_end(&hub);
    heard(client, "{\"seq\":4}\n");
    client_free(client);
}

/* After a failover the matches begin afresh, one by one. */
static void live_is_told_to_each_when_it_has_its_matches(void **state)
{
    struct client *client = client_of(load(7, 1, 5)), *other = client_new();

    (void)state;
    heard_something(other, "welcome");
    hub_set_feed(&hub, HUB_AWAY);
    heard_something(client, STALE);
    heard_something(other, STALE);
    hub_set_feed(&hub, HUB_TRYING);
    hub_set_epoch(&hub, "e2");
    hub_set_feed(&hub, HUB_LIVE);
    heard(other, LIVE);
    heard(client, "");
    load(7, 1, 3);
    heard(client, "{\"type\":\"subscribed\",\"match\":7,\"epoch\":\"e2\",\"head\":3,"
                  "\"recovered\":false,\"state\":null}\n" LIVE);
    client_free(client);
    client_free(other);
}

/* As when it came: who shows the last entries is to show those of the new epoch. */
static void another_epoch_begins_with_history(void **state)
{
    struct client *client = client_new();

    (void)state;
    load(7, 1, 5);
    heard_something(client, "welcome");
    say(client, "{\"type\":\"subscribe\",\"match\":7,\"history\":2,"
                "\"since\":{\"epoch\":\"e1\",\"seq\":5}}");
    heard(client, SUBSCRIBED(5, true));
    hub_set_epoch(&hub, "e2");
    load(7, 1, 4);
    heard(client, "{\"type\":\"subscribed\",\"match\":7,\"epoch\":\"e2\",\"head\":4,"
                  "\"recovered\":false,\"state\":null}\n{\"seq\":3}\n{\"seq\":4}\n");
    client_free(client);
}

/* Its wish was made before the first connection told the epoch. */
static void the_first_epoch_leaves_wishes_alone(void **state)
{
    struct client *client = client_new();

    (void)state;
    hub_set_feed(&hub, HUB_TRYING);
    client->length = 0;
    say(client, "{\"type\":\"subscribe\",\"match\":7,\"since\":{\"epoch\":\"e2\",\"seq\":2}}");
    hub_set_epoch(&hub, "e2");
    load(7, 1, 3);
    heard_something(client, "\"recovered\":true");
    client_free(client);
}

/* ---- bounds ---- */

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_gap_is_filled_before_anything_after_it_is_shown),
        TEST(notices_are_published),
        TEST(nothing_of_a_hint_is_believed),
        TEST(many_hints_are_one_suspicion),
        TEST(a_notice_of_a_match_that_nobody_asked_for_is_let_go),
        TEST(who_asks_for_a_match_that_is_not_there_is_told_without_the_table),
        TEST(what_was_not_checked_for_long_is_checked_before_it_is_served),
        TEST(what_is_followed_gives_back_its_entries_when_memory_is_short),
        TEST(what_somebody_has_still_to_be_sent_is_kept),
        TEST(live_is_told_to_each_when_it_has_its_matches),
        TEST(while_it_is_away_only_what_is_in_memory_is_served),
        TEST(who_waits_is_told_when_it_goes_away),
        TEST(live_is_told_after_what_was_missed),
        TEST(another_epoch_joins_everybody_afresh),
        TEST(another_epoch_begins_with_history),
        TEST(the_first_epoch_leaves_wishes_alone),
        TEST(one_viewer_too_many_is_closed),
        TEST(sixteen_messages_that_are_none_close),
        TEST(messages_that_are_none_are_forgiven_with_time),
        TEST(a_wrong_subscription_leaves_the_others_alone),
        TEST(many_matches_may_go_at_once),
        TEST(a_viewer_follows_128_matches_at_most),
        TEST(matches_nobody_follows_are_forgotten),
    };

    return UNIT_RUN(tests);
}
