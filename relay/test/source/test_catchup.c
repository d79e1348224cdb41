/* Catching up: what is asked for, and what is believed of the answers. */
#include "catchup_scene.h"

static void without_an_epoch_nothing_begins(void **state)
{
    struct client *client;

    (void)state;
    hub.epoch[0] = '\0';
    connect();
    check("", 0, -1);
    client = client_new();
    heard_something(client, "welcome");
    say(client, "{\"type\":\"subscribe\",\"match\":7}");
    turn(NOTHING); /* no load: it would be of no epoch */
    assert_int_equal(script.source.state, SOURCE_CATCHING_UP);
    assert_int_equal(script.waits, 1);
    check(EPOCH, 0, -1);
    while (script.source.state != SOURCE_LIVE) {
        catchup_turn_end(&script.catchup);
        if (script.asked == LOAD)
            answer_load(script.match_id == 7 ? 3 : 0);
        else
            assert_int_equal(script.asked, NOTHING);
    }
    heard_something(client, "\"epoch\":\"" EPOCH "\",\"head\":3");
    client_free(client);
}

static void an_empty_read_is_no_rewritten_history(void **state)
{
    struct client *client;

    (void)state;
    go_live();
    client = follow();
    check(EPOCH, 7, 0);
    heard(client, "");
    check(EPOCH, 7, 3);
    check(EPOCH, 7, -1);
    heard(client, "");
    check(EPOCH, 7, 3);
    assert_int_equal(client->viewer.slot_count, 1);
    client_free(client);
}

static void what_is_read_twice_is_believed(void **state)
{
    struct client *client;

    (void)state;
    go_live();
    client = follow();
    check(EPOCH, 7, 1);
    assert_true(hub.is_suspicious);
    check(EPOCH, 7, 1);
    turn(LOAD);
    answer_load(1);
    heard_something(client, "\"head\":1,\"recovered\":false");
    check(EPOCH, 7, -1);
    check(EPOCH, 7, -1);
    heard_something(client, "unknown_match");
    client_free(client);
}

static void a_source_that_lags_is_waited_for(void **state)
{
    struct client *client;

    (void)state;
    hub.may_lag = true;
    go_live();
    client = follow();
    for (int i = 0; i < 5; i++)
        check(EPOCH, 7, 1);
    heard(client, "");
    check(EPOCH, 7, 4);
    turn(NEWER);
    assert_int_equal(script.after_seq, 3);
    done(CATCHUP_WHOLE);
    client_free(client);
}

/* An edge whose next upstream follows a standby: the match is newer than what that has. */
static void a_match_that_a_source_behind_has_not_is_waited_for(void **state)
{
    struct client *client;

    (void)state;
    hub.may_lag = true;
    go_live();
    client = follow();
    run_reset(&hub.lobby_topic->run, 2);
    for (int i = 0; i < 5; i++)
        check(EPOCH, 7, -1);
    heard(client, "");
    check(EPOCH, 7, 3);
    run_reset(&hub.lobby_topic->run, 1);
    check(EPOCH, 7, -1); /* it has come as far, and the match is gone */
    check(EPOCH, 7, -1);
    check(EPOCH, 7, -1);
    heard_something(client, "unknown_match");
    client_free(client);
}

static void who_has_seen_a_match_is_given_it_once_it_is_there(void **state)
{
    struct client *client;

    (void)state;
    hub.may_lag = true;
    go_live();
    client = client_new();
    say(client,
        "{\"type\":\"subscribe\",\"match\":7,\"since\":{\"epoch\":\"" EPOCH "\",\"seq\":2}}");
    turn(LOAD);
    done(CATCHUP_ABSENT);
    heard_something(client, STALE);
    turn(NOTHING);
    hub.awaited.asked_ms = 0;
    hub_turn_end(&hub);
    turn(CHECK);
    catchup_epoch(&script.catchup, EPOCH);
    catchup_head(&script.catchup, 7, 3);
    done(CATCHUP_WHOLE);
    turn(LOAD);
    answer_load(3);
    heard_something(client, "\"head\":3,\"recovered\":true");
    client_free(client);
}

static void a_source_that_lags_does_not_go_back_to_an_epoch(void **state)
{
    (void)state;
    hub.may_lag = true;
    go_live();
    check("e2", 0, -1);
    assert_string_equal(hub.epoch, "e2");
    connect();
    check(EPOCH, 0, -1);
    turn(NOTHING);
    assert_string_equal(hub.epoch, "e2");
    assert_int_equal(script.source.state, SOURCE_CATCHING_UP);
    assert_int_equal(script.source.obstacle, SOURCE_OLD_EPOCH);
    check("e2", 0, -1);
    assert_int_equal(script.source.obstacle, SOURCE_FREE);
}

/* A point-in-time recovery of a primary, and then the one that it was made of, once more. */
static void a_primary_may_go_back_to_an_epoch(void **state)
{
    (void)state;
    go_live();
    check("e2", 0, -1);
    check(EPOCH, 0, -1);
    assert_string_equal(hub.epoch, EPOCH);
}

static const char body_4[] = "{\"type\":\"commentary\",\"match\":7,\"seq\":4,\"x\":1}";

/* A standby is promoted: entries of the new epoch are read before the check tells of it. */
static void what_is_read_of_another_epoch_waits_for_it(void **state)
{
    struct client *client;

    (void)state;
    go_live();
    client = follow();
    check(EPOCH, 7, 4);
    turn(NEWER);
    catchup_is_of(&script.catchup, "e2");
    catchup_row(&script.catchup, 4, body_4, sizeof(body_4) - 1);
    done(CATCHUP_WHOLE);
    heard(client, "");
    check("e2", 7, 4);
    turn(LOAD);
    if (script.match_id == TOPIC_LOBBY) {
        answer_load(0);
        turn(LOAD);
    }
    catchup_is_of(&script.catchup, "e3");
    catchup_state(&script.catchup, 4, NULL, 0);
    catchup_branch(&script.catchup, EPOCH, 4);
    done(CATCHUP_WHOLE);
    check("e3", 7, 3);
    for (turn(LOAD); script.match_id == TOPIC_LOBBY; turn(LOAD))
        answer_load(0);
    catchup_is_of(&script.catchup, "e3");
    catchup_state(&script.catchup, 4, NULL, 0);
    catchup_row(&script.catchup, 4, body_4, sizeof(body_4) - 1);
    catchup_branch(&script.catchup, EPOCH, 3);
    done(CATCHUP_WHOLE);
    hub_turn_end(&hub);
    heard_something(
        client, "\"epoch\":\"e3\",\"head\":4,\"recovered\":true,\"state\":null}\n{\"type\":\"comm");
    client_free(client);
}

static void an_empty_load_is_asked_for_again(void **state)
{
    struct client *client, *other;

    (void)state;
    go_live();
    client = follow();
    topics_reset(&hub, topics_find(&hub, 7));
    turn(LOAD);
    done(CATCHUP_ABSENT);
    heard(client, "");
    turn(LOAD);
    answer_load(3);
    heard_something(client, "\"head\":3");
    other = client_new(); /* of a match that nobody has heard of, it is believed at once */
    say(other, "{\"type\":\"subscribe\",\"match\":8}");
    turn(LOAD);
    done(CATCHUP_ABSENT);
    heard_something(other, "unknown_match");
    client_free(client);
    client_free(other);
}

static void lines_before_what_is_loaded_are_history(void **state)
{
    struct client *client;
    char body[64];

    (void)state;
    go_live();
    client = client_new();
    say(client, "{\"type\":\"subscribe\",\"match\":7,\"history\":2}");
    turn(LOAD);
    catchup_state(&script.catchup, CATCHUP_LOAD_ROWS + 8, NULL, 0);
    for (int64_t seq = 2; seq <= 6; seq += 2)
        catchup_line(&script.catchup, seq);
    for (int64_t seq = 9; seq < 9 + CATCHUP_LOAD_ROWS; seq++) {
        snprintf(body, sizeof(body), "{\"type\":\"match\",\"match\":7,\"seq\":%d,\"state\":{}}",
                 (int)seq);
        catchup_row(&script.catchup, seq, body, strlen(body));
    }
    done(CATCHUP_WHOLE);
    turn(HISTORY);
    assert_int_equal(replay_next_wanted(topics_find(&hub, 7)), 4);
    client_free(client);
}

/* Of an address that asks for many, and one that asks for one after it. */
static void each_address_has_its_share_of_a_check(void **state)
{
    struct client *client;

    (void)state;
    go_live();
    for (int64_t match_id = 1000; match_id < 4000; match_id++)
        topics_want_for(&hub, topics_make(&hub, match_id), WANT_LOAD, 3);
    client = client_new();
    client->viewer.lane = 9;
    say(client, "{\"type\":\"subscribe\",\"match\":7}");
    script.looked_for = 7;
    check(EPOCH, 7, -1);
    assert_true(script.is_looked_for);
    heard_something(client, "unknown_match");
    client_free(client);
}

static void give_states(int64_t from, int64_t to)
{
    for (int64_t seq = from; seq <= to; seq++) {
        char body[64];

        snprintf(body, sizeof(body), "{\"type\":\"match\",\"match\":\"lobby\",\"seq\":%d,\"x\":1}",
                 (int)seq);
        catchup_row(&script.catchup, seq, body, strlen(body));
    }
}

/* The log of the lobby has entries 21 to 40 in memory, and older ones. */
static void what_is_purged_of_the_lobby_is_no_hole(void **state)
{
    struct topic *lobby = hub.lobby_topic;
    struct client *client = client_new();

    (void)state;
    connect();
    check(EPOCH, 0, -1);
    turn(LOAD);
    catchup_state(&script.catchup, 40, "[]", 2);
    give_states(21, 40);
    catchup_lobby_first(&script.catchup, 1);
    done(CATCHUP_WHOLE);
    lobby->floor = 1; /* as after a load that stopped at its limit */
    say(client, "{\"type\":\"subscribe\",\"match\":\"lobby\",\"since\":{\"epoch\":\"" EPOCH
                "\",\"seq\":4}}");
    heard_something(client, "\"recovered\":true");
    turn(HISTORY);
    give_states(11, 21); /* purged meanwhile, to 10 */
    done(CATCHUP_WHOLE);
    heard_something(client, "\"head\":40,\"recovered\":false");
    assert_int_equal(lobby->floor, 11);
    assert_int_equal(script.catchup.complained_ms, 0);
    catchup_lobby_first(&script.catchup, 30); /* memory has more */
    assert_int_equal(lobby->floor, 21);
    client_free(client);
}

#define SCRIPTED(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRIPTED(without_an_epoch_nothing_begins),
        SCRIPTED(an_empty_read_is_no_rewritten_history),
        SCRIPTED(what_is_read_twice_is_believed),
        SCRIPTED(a_source_that_lags_is_waited_for),
        SCRIPTED(a_match_that_a_source_behind_has_not_is_waited_for),
        SCRIPTED(who_has_seen_a_match_is_given_it_once_it_is_there),
        SCRIPTED(a_source_that_lags_does_not_go_back_to_an_epoch),
        SCRIPTED(a_primary_may_go_back_to_an_epoch),
        SCRIPTED(what_is_read_of_another_epoch_waits_for_it),
        SCRIPTED(an_empty_load_is_asked_for_again),
        SCRIPTED(lines_before_what_is_loaded_are_history),
        SCRIPTED(each_address_has_its_share_of_a_check),
        SCRIPTED(what_is_purged_of_the_lobby_is_no_hole),
    };

    return UNIT_RUN(tests);
}
