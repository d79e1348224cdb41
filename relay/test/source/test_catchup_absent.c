/* Matches that are not there when the source is asked, and may be a moment later. */
#include "catchup_scene.h"

/* The match was made after the question and before the answer: the second client knows it. */
static void who_comes_while_a_match_is_asked_for_has_it_asked_for_again(void **state)
{
    struct client *early, *late;

    (void)state;
    go_live();
    early = client_new();
    late = client_new();
    say(early, "{\"type\":\"subscribe\",\"match\":7}");
    turn(LOAD);
    heard_something(late, "welcome");
    say(late, "{\"type\":\"subscribe\",\"match\":7}");
    done(CATCHUP_ABSENT);
    heard_something(early, "unknown_match");
    heard(late, "");
    turn(LOAD);
    answer_load(3);
    heard_something(late, "\"head\":3");
    say(early, "{\"type\":\"subscribe\",\"match\":7}");
    heard_something(early, "\"head\":3");
    client_free(early);
    client_free(late);
}

static void who_comes_while_it_is_asked_for_again_without_end_is_refused(void **state)
{
    struct client *client[3];

    (void)state;
    go_live();
    for (int i = 0; i < 3; i++) {
        client[i] = client_new();
        heard_something(client[i], "welcome");
        say(client[i], "{\"type\":\"subscribe\",\"match\":7}");
        if (i > 0) {
            done(CATCHUP_ABSENT);
            heard_something(client[i - 1], "unknown_match");
            heard(client[i], "");
        }
        turn(LOAD);
    }
    done(CATCHUP_ABSENT);
    heard_something(client[2], "unknown_match");
    assert_null(topics_find(&hub, 7));
    for (int i = 0; i < 3; i++)
        client_free(client[i]);
}

/* Many are asked for at once then. */
static void who_comes_during_a_check_has_it_asked_for_again(void **state)
{
    struct client *early, *late;

    (void)state;
    go_live();
    for (int64_t match_id = 1000; match_id < 1100; match_id++)
        topics_want_for(&hub, topics_make(&hub, match_id), WANT_LOAD, 3);
    early = client_new();
    late = client_new();
    say(early, "{\"type\":\"subscribe\",\"match\":7}");
    heard_something(late, "welcome");
    script.catchup.turn = WANT_HEAD;
    turn(CHECK);
    say(late, "{\"type\":\"subscribe\",\"match\":7}");
    catchup_head(&script.catchup, TOPIC_LOBBY, 0);
    done(CATCHUP_WHOLE);
    heard_something(early, "unknown_match");
    heard(late, "");
    turn(LOAD);
    assert_int_equal(script.match_id, 7);
    answer_load(3);
    heard_something(late, "\"head\":3");
    client_free(early);
    client_free(late);
}

#define SCRIPTED(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRIPTED(who_comes_while_a_match_is_asked_for_has_it_asked_for_again),
        SCRIPTED(who_comes_while_it_is_asked_for_again_without_end_is_refused),
        SCRIPTED(who_comes_during_a_check_has_it_asked_for_again),
    };

    return UNIT_RUN(tests);
}
