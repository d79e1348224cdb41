/* Joining a match that is not there yet: who has seen it elsewhere waits, anybody else does not. */
#include "hub_scene.h"

#include "base/clock.h"

#define SINCE(match, epoch, seq)                                                                   \
    "{\"type\":\"subscribe\",\"match\":" #match ",\"since\":{\"epoch\":\"" epoch                   \
    "\",\"seq\":" #seq "}}"
#define UNKNOWN "\"code\":\"unknown_match\""

/* The source says that it has no match 7. True: a viewer waits for it. */
static bool is_missed(void)
{
    struct topic *topic = topics_find(&hub, 7);
    bool is_awaited;

    assert_non_null(topic);
    is_awaited = is_absent(7);
    if (!is_awaited)
        topics_drop(&hub, topic);
    assert_int_equal(hub.unsure_count, 0);
    return is_awaited;
}

/* A client of a relay whose source may lag, that names a place in match 7. */
static struct client *client_from_elsewhere(const char *request)
{
    struct client *client = client_new();

    hub.may_lag = true;
    heard_something(client, "welcome");
    say(client, request);
    return client;
}

/* Who has waited for so long waits no more. */
static void let_time_pass(void)
{
    struct topic *topic = topics_find(&hub, 7);

    for (uint32_t i = 0; i < topic->follow_count; i++)
        topic->follows[i].wish->until_ms = clock_ms();
}

static void who_has_seen_a_match_waits_for_it(void **state)
{
    struct client *client = client_from_elsewhere(SINCE(7, "e1", 1));
    struct topic *topic = topics_find(&hub, 7);

    (void)state;
    assert_true(is_missed());
    heard_something(client, STALE);
    assert_true(join_waits_for_source(&client->viewer));
    assert_false(topic->is_wanted[WANT_RETURN]);
    hub.awaited.asked_ms = 0;
    hub_turn_end(&hub);
    assert_true(topic->is_wanted[WANT_HEAD]); /* asked for once a second, not read */
    topics_know(&hub, topic);
    assert_true(topic->is_wanted[WANT_RETURN]);
    load(7, 1, 2);
    heard(client, SUBSCRIBED(2, true) "{\"seq\":2}\n" LIVE);
    assert_true(TAILQ_EMPTY(&hub.awaited.topics));
    assert_int_equal(hub.awaited.counts[client->viewer.lane], 0);
    client_free(client);
}

static void an_entry_of_it_ends_the_waiting(void **state)
{
    struct client *client = client_from_elsewhere(SINCE(7, "e1", 0));

    (void)state;
    assert_true(is_missed());
    hub_notice(&hub, "1 e1 7 1 1\n{\"seq\":1}");
    assert_true(topics_find(&hub, 7)->is_wanted[WANT_RETURN]);
    load(7, 1, 1);
    heard_something(client, "{\"seq\":1}\n" LIVE);
    client_free(client);
}

static void it_is_not_waited_for_without_end(void **state)
{
    struct client *client = client_from_elsewhere(SINCE(7, "e1", 1));

    (void)state;
    assert_true(is_missed());
    heard_something(client, STALE);
    let_time_pass();
    assert_false(is_missed());
    heard_something(client, UNKNOWN);
    assert_int_equal(client->viewer.slot_count, 0);
    client_free(client);
}

static void who_has_not_seen_it_is_refused_beside_one_who_waits(void **state)
{
    struct client *client = client_from_elsewhere(SINCE(7, "e1", 1)), *other = client_new();

    (void)state;
    heard_something(other, "welcome");
    say(other, "{\"type\":\"subscribe\",\"match\":7}");
    assert_true(is_missed());
    heard_something(other, UNKNOWN);
    say(other, "{\"type\":\"subscribe\",\"match\":7}");
    heard_something(other, UNKNOWN); /* without another look */
    say(other, "{\"type\":\"subscribe\",\"match\":7,\"since\":{\"seq\":0}}");
    heard_something(other, UNKNOWN);
    assert_false(topics_find(&hub, 7)->is_wanted[WANT_LOAD]);
    say(other, SINCE(7, "e1", 3));
    heard_something(other, STALE); /* nor this one, but it waits */
    assert_int_equal(topics_find(&hub, 7)->follow_count, 2);
    client_free(client);
    client_free(other);
}

static void a_source_that_cannot_lag_is_believed(void **state)
{
    struct client *client = client_from_elsewhere(SINCE(7, "e1", 1));

    (void)state;
    hub.may_lag = false;
    assert_false(is_missed());
    heard_something(client, UNKNOWN);
    client_free(client);
}

/* A source that is promoted while they wait has all that there is. */
static void nor_is_it_waited_for_once_the_source_cannot_lag(void **state)
{
    struct client *client = client_from_elsewhere(SINCE(7, "e1", 1));

    (void)state;
    assert_true(is_missed());
    hub.may_lag = false;
    assert_false(is_missed());
    heard_something(client, UNKNOWN);
    client_free(client);
}

static void what_an_earlier_epoch_had_and_this_one_lacks_is_lost(void **state)
{
    struct client *client = client_from_elsewhere(SINCE(7, "e0", 1));

    (void)state;
    lineage_add(&hub.lobby_topic->lineage, "e0", 5);
    assert_false(is_missed());
    heard_something(client, UNKNOWN);
    say(client, SINCE(7, "e2", 1)); /* this one may still come */
    assert_true(is_missed());
    heard_something(client, STALE);
    client_free(client);
}

static void another_epoch_is_asked_for_it_anew(void **state)
{
    struct client *client = client_from_elsewhere(SINCE(7, "e2", 1));

    (void)state;
    assert_true(is_missed());
    heard_something(client, STALE);
    hub_set_epoch(&hub, "e2");
    assert_true(topics_find(&hub, 7)->is_wanted[WANT_RETURN]);
    assert_true(TAILQ_EMPTY(&hub.awaited.topics));
    load(7, 1, 1);
    heard_something(client, "\"epoch\":\"e2\",\"head\":1,\"recovered\":true");
    client_free(client);
}

static void who_waits_is_told_when_the_database_is_away(void **state)
{
    struct client *client = client_from_elsewhere(SINCE(7, "e1", 1));

    (void)state;
    assert_true(is_missed());
    hub_set_feed(&hub, HUB_AWAY);
    heard_something(client, "unavailable");
    client_free(client);
}

/* A client that makes up places in matches costs so many questions, and no more. */
static void only_so_many_are_waited_for(void **state)
{
    struct client *client = client_from_elsewhere("{\"type\":\"ping\"}");
    struct topic *topic;
    char text[128];

    (void)state;
    for (int match = 1; match <= AWAITED_LANE_MAX + 1; match++) {
        snprintf(text, sizeof(text), SINCE(% d, "e1", 1), match);
        say(client, text);
        topic = topics_find(&hub, match);
        assert_int_equal(is_absent(match), match <= AWAITED_LANE_MAX);
    }
    heard_something(client, UNKNOWN);
    topics_drop(&hub, topic);
    assert_int_equal(client->viewer.slot_count, AWAITED_LANE_MAX);
    client_free(client);
    hub.awaited.asked_ms = 0;
    hub_turn_end(&hub); /* nobody waits for them any more */
    assert_true(TAILQ_EMPTY(&hub.awaited.topics));
    assert_null(topics_find(&hub, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_has_seen_a_match_waits_for_it),
        TEST(an_entry_of_it_ends_the_waiting),
        TEST(it_is_not_waited_for_without_end),
        TEST(who_has_not_seen_it_is_refused_beside_one_who_waits),
        TEST(a_source_that_cannot_lag_is_believed),
        TEST(nor_is_it_waited_for_once_the_source_cannot_lag),
        TEST(what_an_earlier_epoch_had_and_this_one_lacks_is_lost),
        TEST(another_epoch_is_asked_for_it_anew),
        TEST(who_waits_is_told_when_the_database_is_away),
        TEST(only_so_many_are_waited_for),
    };

    return UNIT_RUN(tests);
}
