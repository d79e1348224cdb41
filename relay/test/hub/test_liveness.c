/* The feed goes away and comes back, and epochs change: what viewers are told. */
#include "hub/liveness.h"

#include "hub_scene.h"

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

/* What comes is too old, by what the database says of itself: it comes all the same. */
static void a_late_feed_is_told_as_stale(void **state)
{
    struct topic *topic = load(7, 1, 2);
    struct client *client = client_of(topic), *next;

    (void)state;
    liveness_set_late(&hub, true, 5000);
    heard_something(client, STALE);
    liveness_set_late(&hub, true, 6000);
    publish(topic, 3);
    hub_turn_end(&hub);
    heard(client, "{\"seq\":3}\n");
    hub_set_feed(&hub, HUB_TRYING);
    hub_set_feed(&hub, HUB_LIVE);
    heard(client, "");
    next = client_new();
    heard_something(next, "\"live\":false");
    liveness_set_late(&hub, false, 0);
    heard(client, LIVE);
    heard(next, LIVE);
    client_free(next);
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

/* As at first: a client that shows the last entries has to show those of the new epoch. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(while_it_is_away_only_what_is_in_memory_is_served),
        TEST(a_late_feed_is_told_as_stale),
        TEST(who_waits_is_told_when_it_goes_away),
        TEST(live_is_told_after_what_was_missed),
        TEST(another_epoch_joins_everybody_afresh),
        TEST(live_is_told_to_each_when_it_has_its_matches),
        TEST(another_epoch_begins_with_history),
        TEST(the_first_epoch_leaves_wishes_alone),
    };

    return UNIT_RUN(tests);
}
