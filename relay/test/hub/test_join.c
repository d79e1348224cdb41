/* Joining: from subscribe to the first live entry, without a gap or a double. */
#include "hub_scene.h"

#include "base/clock.h"
#include "base/version.h"

static void a_viewer_is_welcomed(void **state)
{
    struct client *client = client_new();

    (void)state;
    heard(client, "{\"type\":\"welcome\",\"protocol\":\"commentary.v1\",\"server\":\"" RELAY_NAME
                  " " RELAY_VERSION "\",\"live\":true,\"ping_interval_ms\":30000}\n");
    say(client, "{\"type\":\"ping\"}");
    heard(client, "{\"type\":\"pong\"}\n");
    client_free(client);
}

static void history_and_live_are_joined_without_a_seam(void **state)
{
    struct client *client = client_new();
    struct topic *topic = load(7, 1, 3);

    (void)state;
    heard_something(client, "welcome");
    publish(topic, 4); /* in the same turn, before it subscribes */
    say(client, "{\"type\":\"subscribe\",\"match\":7,\"history\":2}");
    publish(topic, 5); /* and after */
    hub_turn_end(&hub);
    heard(client, SUBSCRIBED(4, false) "{\"seq\":3}\n{\"seq\":4}\n{\"seq\":5}\n");
    client_free(client);
}

static void more_history_than_there_is_is_all_of_it(void **state)
{
    struct client *client = client_new();

    (void)state;
    load(7, 1, 2);
    heard_something(client, "welcome");
    say(client, "{\"type\":\"subscribe\",\"match\":7,\"history\":500}");
    heard(client, SUBSCRIBED(2, false) "{\"seq\":1}\n{\"seq\":2}\n");
    client_free(client);
}

/* The log has no state but the newest three entries. */
static void history_counts_lines(void **state)
{
    static const char states[] = "{\"type\":\"match\",\"match\":7,\"seq\":4,\"state\":{}}";
    struct client *client = client_new();
    struct topic *topic = load(7, 1, 3);

    (void)state;
    for (int seq = 4; seq <= 6; seq++)
        hub_publish(&hub, topic, seq, states, sizeof(states) - 1);
    heard_something(client, "welcome");
    say(client, "{\"type\":\"subscribe\",\"match\":7,\"history\":2}");
    heard_something(client, "{\"seq\":2}\n{\"seq\":3}\n{\"type\":\"match\"");
    client_free(client);
}

static void since_goes_on_right_behind_it(void **state)
{
    struct client *client = client_new();

    (void)state;
    load(7, 1, 4);
    heard_something(client, "welcome");
    say(client, "{\"type\":\"subscribe\",\"match\":7,\"since\":{\"epoch\":\"e1\",\"seq\":2}}");
    heard(client, SUBSCRIBED(4, true) "{\"seq\":3}\n{\"seq\":4}\n");
    say(client, "{\"type\":\"unsubscribe\",\"match\":7}");
    heard(client, "{\"type\":\"unsubscribed\",\"match\":7}\n");
    say(client, "{\"type\":\"subscribe\",\"match\":7,\"since\":{\"epoch\":\"e1\",\"seq\":4}}");
    heard(client, SUBSCRIBED(4, true));
    client_free(client);
}

static void since_of_another_epoch_starts_afresh(void **state)
{
    struct client *client = client_new();

    (void)state;
    load(7, 1, 4);
    heard_something(client, "welcome");
    say(client, "{\"type\":\"subscribe\",\"match\":7,\"history\":1,"
                "\"since\":{\"epoch\":\"e0\",\"seq\":2}}");
    heard(client, SUBSCRIBED(4, false) "{\"seq\":4}\n");
    client_free(client);
}

/* It may have been served by a faster relay: only the table knows. */
static void since_beyond_the_head_asks_the_table_first(void **state)
{
    struct client *client = client_new();
    struct topic *topic = load(7, 1, 4);

    (void)state;
    heard_something(client, "welcome");
    say(client, "{\"type\":\"subscribe\",\"match\":7,\"since\":{\"epoch\":\"e1\",\"seq\":5}}");
    heard(client, "");
    assert_true(topic->is_wanted[WANT_RETURN]);
    publish(topic, 5);
    topic->reads_done = ++topic->reads_begun;
    join_all(&hub, topic);
    heard(client, SUBSCRIBED(5, true));
    client_free(client);
}

static void since_beyond_the_table_starts_afresh(void **state)
{
    struct client *client = client_new();
    struct topic *topic = load(7, 1, 4);

    (void)state;
    heard_something(client, "welcome");
    topic->reads_begun++; /* a read that began before it asked does not count */
    say(client, "{\"type\":\"subscribe\",\"match\":7,\"since\":{\"epoch\":\"e1\",\"seq\":9}}");
    topic->reads_done = 1;
    join_all(&hub, topic);
    heard(client, "");
    topic->reads_done = ++topic->reads_begun;
    join_all(&hub, topic);
    heard(client, SUBSCRIBED(4, false));
    client_free(client);
}

#define AHEAD(epoch, seq)                                                                          \
    "{\"type\":\"subscribe\",\"match\":7,\"since\":{\"epoch\":\"" epoch "\",\"seq\":" #seq "}}"

/* A client at a standby's relay who is not to be found in what that has, once it was read. */
static struct client *client_ahead(struct topic *topic, const char *request)
{
    struct client *client = client_new();

    hub.may_lag = true;
    heard_something(client, "welcome");
    say(client, request);
    topic->reads_done = ++topic->reads_begun;
    join_all(&hub, topic);
    heard_something(client, STALE);
    return client;
}

static void who_is_ahead_of_a_standby_waits_for_it(void **state)
{
    struct topic *topic = load(7, 1, 4);
    struct client *client = client_ahead(topic, AHEAD("e1", 6));

    (void)state;
    publish(topic, 5);
    hub_turn_end(&hub);
    assert_true(topic->is_awaited); /* each check looks at it as well */
    heard(client, "");
    publish(topic, 6);
    publish(topic, 7);
    hub_turn_end(&hub);
    heard(client, SUBSCRIBED(7, true) "{\"seq\":7}\n" LIVE);
    assert_int_equal(topic->ahead_seq, 0);
    client_free(client);
}

static void who_is_ahead_of_a_standby_does_not_wait_for_ever(void **state)
{
    struct topic *topic = load(7, 1, 4);
    struct client *client = client_ahead(topic, AHEAD("e1", 6));

    (void)state;
    topic->follows[0].wish->until_ms = clock_ms();
    join_all(&hub, topic);
    heard(client, SUBSCRIBED(4, false) LIVE);
    client_free(client);
}

static void who_comes_from_an_epoch_that_is_not_here_yet_waits_for_it(void **state)
{
    struct topic *topic = load(7, 1, 4);
    struct client *client = client_ahead(topic, AHEAD("e2", 3));

    (void)state;
    hub_set_epoch(&hub, "e2");
    load(7, 1, 4);
    heard(client,
          "{\"type\":\"subscribed\",\"match\":7,\"epoch\":\"e2\",\"head\":4,\"recovered\":true,"
          "\"state\":null}\n{\"seq\":4}\n" LIVE);
    client_free(client);
}

static void an_epoch_that_was_left_is_not_waited_for(void **state)
{
    struct client *client = client_new();

    (void)state;
    hub.may_lag = true;
    hub_set_epoch(&hub, "e0");
    hub_set_epoch(&hub, EPOCH);
    load(7, 1, 4);
    heard_something(client, "welcome");
    say(client, AHEAD("e0", 3));
    heard(client, SUBSCRIBED(4, false));
    client_free(client);
}

static void who_waits_for_a_standby_is_refused_when_that_is_away(void **state)
{
    struct topic *topic = load(7, 1, 4);
    struct client *client = client_ahead(topic, AHEAD("e1", 6));

    (void)state;
    hub_set_feed(&hub, HUB_AWAY);
    heard_something(client, "unavailable");
    assert_int_equal(topic->follow_count, 0);
    client_free(client);
}

static void who_no_longer_waits_for_a_standby_is_live(void **state)
{
    struct topic *topic = load(7, 1, 4);
    struct client *client = client_ahead(topic, AHEAD("e1", 6));

    (void)state;
    say(client, "{\"type\":\"unsubscribe\",\"match\":7}");
    heard(client, "{\"type\":\"unsubscribed\",\"match\":7}\n" LIVE);
    client_free(client);
}

static void a_match_is_loaded_once_for_all_who_wait(void **state)
{
    struct client *one = client_new(), *two = client_new();

    (void)state;
    heard_something(one, "welcome");
    heard_something(two, "welcome");
    say(one, "{\"type\":\"subscribe\",\"match\":7}");
    say(two, "{\"type\":\"subscribe\",\"match\":7,\"history\":1}");
    assert_true(topics_find(&hub, 7)->is_wanted[WANT_LOAD]);
    load(7, 1, 2);
    heard(one, SUBSCRIBED(2, false));
    heard(two, SUBSCRIBED(2, false) "{\"seq\":2}\n");
    client_free(one);
    client_free(two);
}

static void a_choked_viewer_joins_at_the_head_of_later(void **state)
{
    struct client *client = client_new();
    struct topic *topic = load(7, 1, 2);

    (void)state;
    client->answer = WIRE_CHOKED;
    say(client, "{\"type\":\"ping\"}");
    assert_false(client->is_read); /* its questions can wait */
    heard_something(client, "pong");
    say(client, "{\"type\":\"subscribe\",\"match\":7}");
    publish(topic, 3);
    hub_turn_end(&hub);
    heard(client, "");
    client->answer = WIRE_SENT;
    hub_writable(&hub, &client->viewer);
    assert_true(client->is_read);
    heard(client, SUBSCRIBED(3, false));
    publish(topic, 4);
    hub_turn_end(&hub);
    heard(client, "{\"seq\":4}\n");
    client_free(client);
}

static void whoever_is_live_starts_afresh_behind_a_hole(void **state)
{
    struct topic *topic = load(7, 1, 4);
    struct client *client = client_of(topic);

    (void)state;
    run_reset(&topic->run, 7);
    topic->floor = 7;
    join_past_hole(topic);
    publish(topic, 7);
    publish(topic, 8);
    hub_turn_end(&hub);
    heard(client, "");
    join_all(&hub, topic);
    heard(client, SUBSCRIBED(8, false));
    publish(topic, 9);
    hub_turn_end(&hub);
    heard(client, "{\"seq\":9}\n");
    client_free(client);
}

static void nothing_from_before_a_hole_is_history(void **state)
{
    struct client *client = client_new();
    struct topic *topic = load(7, 1, 9);

    (void)state;
    topic->floor = 6;
    heard_something(client, "welcome");
    say(client, "{\"type\":\"subscribe\",\"match\":7,\"history\":500}");
    heard(client, SUBSCRIBED(9, false) "{\"seq\":6}\n{\"seq\":7}\n{\"seq\":8}\n{\"seq\":9}\n");
    client_free(client);
}

static void who_stands_before_a_hole_cannot_resume_and_who_stands_behind_it_can(void **state)
{
    struct client *client = client_new();
    struct topic *topic = load(7, 1, 9);

    (void)state;
    topic->floor = 6;
    heard_something(client, "welcome");
    say(client, "{\"type\":\"subscribe\",\"match\":7,\"since\":{\"epoch\":\"e1\",\"seq\":4}}");
    heard(client, SUBSCRIBED(9, false));
    say(client, "{\"type\":\"unsubscribe\",\"match\":7}");
    heard_something(client, "unsubscribed");
    say(client, "{\"type\":\"subscribe\",\"match\":7,\"since\":{\"epoch\":\"e1\",\"seq\":5}}");
    heard(client, SUBSCRIBED(9, true) "{\"seq\":6}\n{\"seq\":7}\n{\"seq\":8}\n{\"seq\":9}\n");
    client_free(client);
}

static void who_comes_upon_a_hole_in_a_history_is_told_once(void **state)
{
    struct client *client = client_new(), *other = client_new();
    struct topic *topic = load(7, 8, 9);

    (void)state;
    heard_something(client, "welcome");
    heard_something(other, "welcome");
    say(other, "{\"type\":\"subscribe\",\"match\":7}");
    heard(other, SUBSCRIBED(9, false));
    say(client, "{\"type\":\"subscribe\",\"match\":7,\"history\":1,"
                "\"since\":{\"epoch\":\"e1\",\"seq\":1}}");
    heard(client, SUBSCRIBED(9, true));
    give_history(topic, 1, 3);
    heard(client, "{\"seq\":2}\n{\"seq\":3}\n");
    assert_int_equal(replay_next_wanted(topic), 4);
    topic->floor = 6;
    join_behind_hole(&hub, topic, 4, 5);
    heard(client, SUBSCRIBED(9, false) "{\"seq\":9}\n");
    heard(other, "");
    client_free(client);
    client_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_viewer_is_welcomed),
        TEST(history_and_live_are_joined_without_a_seam),
        TEST(more_history_than_there_is_is_all_of_it),
        TEST(history_counts_lines),
        TEST(since_goes_on_right_behind_it),
        TEST(since_of_another_epoch_starts_afresh),
        TEST(since_beyond_the_head_asks_the_table_first),
        TEST(since_beyond_the_table_starts_afresh),
        TEST(who_is_ahead_of_a_standby_waits_for_it),
        TEST(who_is_ahead_of_a_standby_does_not_wait_for_ever),
        TEST(who_comes_from_an_epoch_that_is_not_here_yet_waits_for_it),
        TEST(an_epoch_that_was_left_is_not_waited_for),
        TEST(who_waits_for_a_standby_is_refused_when_that_is_away),
        TEST(who_no_longer_waits_for_a_standby_is_live),
        TEST(a_match_is_loaded_once_for_all_who_wait),
        TEST(a_choked_viewer_joins_at_the_head_of_later),
        TEST(whoever_is_live_starts_afresh_behind_a_hole),
        TEST(nothing_from_before_a_hole_is_history),
        TEST(who_stands_before_a_hole_cannot_resume_and_who_stands_behind_it_can),
        TEST(who_comes_upon_a_hole_in_a_history_is_told_once),
    };

    return UNIT_RUN(tests);
}
