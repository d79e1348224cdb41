/* The drain: which viewer is told when, and what each has got before. */
#include "hub_scene.h"

#include "hub/drain.h"

#define DRAIN_MS 4000

/* As if so much time had passed since it began, and a turn ended. */
static void turn_after(int64_t passed_ms)
{
    hub.drain.begun_ms -= passed_ms;
    hub.drain.next_ms = 0;
    hub_turn_end(&hub);
}

static bool is_told(const struct client *client)
{
    return client->viewer.close_code == CLOSE_GOING_AWAY;
}

static void viewers_are_told_one_after_the_other(void **state)
{
    struct client *clients[3];
    int told = 0;

    (void)state;
    for (int i = 0; i < 3; i++)
        clients[i] = client_new();
    drain_begin(&hub, DRAIN_MS, false);
    hub_turn_end(&hub);
    for (int i = 0; i < 3; i++)
        told += is_told(clients[i]);
    assert_int_equal(told, 1);
    turn_after(DRAIN_MS);
    for (int i = 0; i < 3; i++) {
        assert_true(is_told(clients[i]));
        heard_something(clients[i], "\"type\":\"bye\",\"retry_after_ms\":");
        client_free(clients[i]);
    }
}

static void with_a_successor_viewers_come_back_at_once(void **state)
{
    struct client *client = client_new();

    (void)state;
    drain_begin(&hub, DRAIN_MS, true);
    hub_turn_end(&hub);
    heard_something(client, "\"type\":\"bye\",\"retry_after_ms\":0}");
    assert_false(drain_is_final(&hub));
    client_free(client);
}

static void what_is_published_comes_before_the_bye(void **state)
{
    struct topic *topic = load(7, 1, 1);
    struct client *client = client_of(topic);
    const char *entry, *bye;

    (void)state;
    drain_begin(&hub, 0, false);
    publish(topic, 2);
    hub_turn_end(&hub);
    assert_true(is_told(client));
    entry = strstr(client->heard, "{\"seq\":2}");
    bye = strstr(client->heard, "\"bye\"");
    assert_non_null(entry);
    assert_true(bye > entry);
    client_free(client);
}

static void one_that_is_behind_is_told_when_it_has_caught_up(void **state)
{
    struct topic *topic = load(7, 1, 1);
    struct client *client = client_of(topic);

    (void)state;
    client->answer = WIRE_CHOKED;
    publish(topic, 2);
    hub_turn_end(&hub);
    publish(topic, 3);
    drain_begin(&hub, DRAIN_MS, false);
    turn_after(DRAIN_MS);
    assert_false(is_told(client));
    client->answer = WIRE_SENT;
    hub_writable(&hub, &client->viewer);
    turn_after(0);
    assert_true(is_told(client));
    assert_true(strstr(client->heard, "\"bye\"") > strstr(client->heard, "{\"seq\":3}"));
    client_free(client);
}

static void in_the_end_all_are_told(void **state)
{
    struct topic *topic = load(7, 1, 1);
    struct client *client = client_of(topic);

    (void)state;
    client->answer = WIRE_CHOKED;
    publish(topic, 2);
    drain_begin(&hub, DRAIN_MS, false);
    turn_after(DRAIN_MS);
    assert_false(is_told(client));
    drain_finish(&hub);
    assert_true(is_told(client));
    heard_something(client, "\"bye\"");
    client_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(viewers_are_told_one_after_the_other),
        TEST(with_a_successor_viewers_come_back_at_once),
        TEST(what_is_published_comes_before_the_bye),
        TEST(one_that_is_behind_is_told_when_it_has_caught_up),
        TEST(in_the_end_all_are_told),
    };

    return UNIT_RUN(tests);
}
