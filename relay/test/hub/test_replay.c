/* Replay: older entries come from the table, shared by the viewers that need them. */
#include "hub_scene.h"

static void what_is_older_than_memory_comes_in_histories(void **state)
{
    struct client *client = client_new();
    struct topic *topic = load(7, 6, 7);

    (void)state;
    heard_something(client, "welcome");
    say(client, "{\"type\":\"subscribe\",\"match\":7,\"since\":{\"epoch\":\"e1\",\"seq\":1}}");
    heard(client, SUBSCRIBED(7, true));
    assert_true(topic->is_wanted[WANT_HISTORY]);
    assert_int_equal(replay_next_wanted(topic), 2);
    publish(topic, 8); /* live news wait until what is before them is there */
    hub_turn_end(&hub);
    heard(client, "");
    give_history(topic, 2, 3);
    heard(client, "{\"seq\":2}\n{\"seq\":3}\n");
    assert_int_equal(replay_next_wanted(topic), 4);
    give_history(topic, 4, 5);
    heard(client, "{\"seq\":4}\n{\"seq\":5}\n{\"seq\":6}\n{\"seq\":7}\n{\"seq\":8}\n");
    assert_int_equal(histories_in_use(), 0);
    client_free(client);
}

static void one_history_serves_all_who_are_in_it(void **state)
{
    struct client *one = client_new(), *two = client_new();
    struct topic *topic = load(7, 6, 6);

    (void)state;
    heard_something(one, "welcome");
    heard_something(two, "welcome");
    say(one, "{\"type\":\"subscribe\",\"match\":7,\"since\":{\"epoch\":\"e1\",\"seq\":4}}");
    say(two, "{\"type\":\"subscribe\",\"match\":7,\"since\":{\"epoch\":\"e1\",\"seq\":2}}");
    assert_int_equal(replay_next_wanted(topic), 3);
    give_history(topic, 3, 5);
    heard(one, SUBSCRIBED(6, true) "{\"seq\":5}\n{\"seq\":6}\n");
    heard(two, SUBSCRIBED(6, true) "{\"seq\":3}\n{\"seq\":4}\n{\"seq\":5}\n{\"seq\":6}\n");
    assert_int_equal(histories_in_use(), 0);
    client_free(one);
    client_free(two);
}

static void a_viewer_that_stalls_holds_one_history(void **state)
{
    struct client *client = client_new();
    struct topic *topic = load(7, 6, 6);

    (void)state;
    heard_something(client, "welcome");
    say(client, "{\"type\":\"subscribe\",\"match\":7,\"since\":{\"epoch\":\"e1\",\"seq\":2}}");
    heard(client, SUBSCRIBED(6, true));
    client->answer = WIRE_CHOKED;
    say(client, "{\"type\":\"ping\"}");
    give_history(topic, 3, 5);
    assert_true(histories_in_use() > 0);
    client->answer = WIRE_SENT;
    hub_writable(&hub, &client->viewer);
    heard(client, "{\"type\":\"pong\"}\n{\"seq\":3}\n{\"seq\":4}\n{\"seq\":5}\n{\"seq\":6}\n");
    assert_int_equal(histories_in_use(), 0);
    client_free(client);
}

static void a_viewer_that_goes_away_gives_its_history_back(void **state)
{
    struct client *client = client_new();
    struct topic *topic = load(7, 6, 6);

    (void)state;
    say(client, "{\"type\":\"subscribe\",\"match\":7,\"since\":{\"epoch\":\"e1\",\"seq\":2}}");
    client->answer = WIRE_CHOKED;
    say(client, "{\"type\":\"ping\"}");
    give_history(topic, 3, 5);
    assert_true(histories_in_use() > 0);
    client_free(client);
    assert_int_equal(histories_in_use(), 0);
    assert_int_equal(topic->follow_count, 0);
}

/* Not all of a herd are there in one turn. */
static void a_history_stays_for_those_who_come_later(void **state)
{
    static const char since[] =
        "{\"type\":\"subscribe\",\"match\":7,\"since\":{\"epoch\":\"e1\",\"seq\":3}}";
    struct client *one = client_new(), *two = client_new();
    struct topic *topic = load(7, 6, 6);

    (void)state;
    heard_something(two, "welcome");
    say(one, since);
    give_history(topic, 3, 5);
    client_free(one);
    hub_turn_end(&hub);
    say(two, since);
    heard(two, SUBSCRIBED(6, true) "{\"seq\":4}\n{\"seq\":5}\n{\"seq\":6}\n");
    assert_false(topic->is_wanted[WANT_HISTORY]);
    client_free(two);
    history_expire(&hub.histories, clock_ms() + HISTORY_KEEP_MS / 2);
    assert_true(hub.histories.bytes > 0);
    history_expire(&hub.histories, clock_ms() + 2 * HISTORY_KEEP_MS);
    assert_int_equal(hub.histories.bytes, 0);
}

static void a_history_of_another_epoch_is_forgotten(void **state)
{
    struct client *client = client_new();
    struct topic *topic = load(7, 6, 6);

    (void)state;
    say(client, "{\"type\":\"subscribe\",\"match\":7,\"since\":{\"epoch\":\"e1\",\"seq\":3}}");
    give_history(topic, 3, 5);
    assert_non_null(history_find(topic, 4));
    hub_set_epoch(&hub, "e2");
    assert_null(history_find(topic, 4));
    assert_int_equal(hub.histories.bytes, 0);
    client_free(client);
}

static void those_who_come_for_old_entries_hold_up_nobody(void **state)
{
    struct client *client = client_new(), *other = client_new();
    struct topic *topic = load(7, 900, 900);

    (void)state;
    say(client, "{\"type\":\"subscribe\",\"match\":7,\"since\":{\"epoch\":\"e1\",\"seq\":500}}");
    say(other, "{\"type\":\"subscribe\",\"match\":7,\"since\":{\"epoch\":\"e1\",\"seq\":1}}");
    assert_int_equal(replay_next_wanted(topic), 2);
    topic->history_after = 3;
    assert_int_equal(replay_next_wanted(topic), 501);
    topic->history_after = 600;
    assert_int_equal(replay_next_wanted(topic), 2);
    client_free(client);
    client_free(other);
}

static void a_history_begins_a_little_before_what_is_wanted(void **state)
{
    (void)state;
    assert_int_equal(replay_history_begin(1), 1);
    assert_int_equal(replay_history_begin(32), 1);
    assert_int_equal(replay_history_begin(33), 33);
    assert_int_equal(replay_history_begin(70), 65);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_older_than_memory_comes_in_histories),
        TEST(one_history_serves_all_who_are_in_it),
        TEST(a_viewer_that_stalls_holds_one_history),
        TEST(a_viewer_that_goes_away_gives_its_history_back),
        TEST(a_history_stays_for_those_who_come_later),
        TEST(a_history_of_another_epoch_is_forgotten),
        TEST(those_who_come_for_old_entries_hold_up_nobody),
        TEST(a_history_begins_a_little_before_what_is_wanted),
    };

    return UNIT_RUN(tests);
}
