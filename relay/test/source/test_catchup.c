/*
 * Catching up, from a source that the test writes the answers of: what is asked for, and
 * what is believed.
 */
#include "hub_scene.h"

#include "source/catchup.h"

#define HEARTBEAT_MS 3000

enum question { NOTHING, CHECK, NEWER, LOAD, HISTORY };

static const char *const questions[] = {"nothing", "check", "newer", "load", "history"};

static struct {
    struct source source;
    struct catchup catchup;
    enum question asked;
    int64_t match_id, after_seq;
    int waits;
    int64_t looked_for; /* is it asked for in a check? */
    bool is_looked_for;
} script;

static bool on_check(struct source *source, const int64_t *match_ids, size_t count, bool asks_acks)
{
    (void)source;
    (void)asks_acks;
    for (size_t i = 0; i < count; i++)
        script.is_looked_for |= match_ids[i] == script.looked_for;
    script.asked = CHECK;
    return true;
}

static bool ask(enum question question, int64_t match_id, int64_t after_seq)
{
    script.asked = question;
    script.match_id = match_id;
    script.after_seq = after_seq;
    return true;
}

static bool on_newer(struct source *source, int64_t match_id, int64_t after_seq, int64_t rows)
{
    (void)source;
    (void)rows;
    return ask(NEWER, match_id, after_seq);
}

static bool on_load(struct source *source, int64_t match_id, int64_t rows)
{
    (void)source;
    (void)rows;
    return ask(LOAD, match_id, 0);
}

static bool on_history(struct source *source, int64_t match_id, int64_t after_seq, int64_t rows)
{
    (void)source;
    (void)rows;
    return ask(HISTORY, match_id, after_seq);
}

static bool is_free(const struct source *source)
{
    (void)source;
    return script.asked == NOTHING;
}

static bool on_report(struct source *source, int64_t late_ms)
{
    (void)source;
    (void)late_ms;
    return false;
}

static void on_go_live(struct source *source)
{
    source_set_state(source, SOURCE_LIVE);
}

static void on_wait(struct source *source)
{
    (void)source;
    script.waits++;
}

static bool on_rest(struct source *source, int64_t late_ms)
{
    (void)source;
    (void)late_ms;
    return false;
}

static const struct source_ops script_ops = {.is_free = is_free,
                                             .check = on_check,
                                             .newer = on_newer,
                                             .load = on_load,
                                             .history = on_history,
                                             .report = on_report,
                                             .go_live = on_go_live,
                                             .wait = on_wait,
                                             .rest = on_rest};

/* ---- the script ---- */

static int open_scene(void **state)
{
    if (begin(state) != 0)
        return -1;
    memset(&script, 0, sizeof(script));
    source_init(&script.source, &script_ops, &hub, HEARTBEAT_MS);
    catchup_init(&script.catchup, &script.source);
    return 0;
}

static int close_scene(void **state)
{
    catchup_abort(&script.catchup);
    return end(state);
}

static void connect(void)
{
    source_set_state(&script.source, SOURCE_CATCHING_UP);
    catchup_begin(&script.catchup);
}

/* A turn of the loop, after which that is asked. */
static void turn(enum question expected)
{
    catchup_turn_end(&script.catchup);
    if (script.asked != expected)
        fail_msg("asked for %s instead of %s", questions[script.asked], questions[expected]);
}

static void done(enum catchup_outcome outcome)
{
    script.asked = NOTHING;
    catchup_done(&script.catchup, outcome);
}

static void answer_load(int64_t head)
{
    catchup_state(&script.catchup, head, NULL, 0);
    for (int64_t seq = 1; seq <= head; seq++) {
        char body[64];

        snprintf(body, sizeof(body), "{\"type\":\"commentary\",\"match\":%d,\"seq\":%d,\"x\":1}",
                 (int)script.match_id, (int)seq);
        catchup_row(&script.catchup, seq, body, strlen(body));
    }
    done(CATCHUP_WHOLE);
}

/* The next check, whenever it is due, is answered so. A head below 0: there is no such match. */
static void check(const char *epoch, int64_t match_id, int64_t head)
{
    hub.needs_check = true;
    for (int i = 0; i < WANT_KINDS && script.asked != CHECK; i++) {
        if (script.asked == LOAD)
            answer_load(script.match_id == TOPIC_LOBBY ? 0 : 3);
        catchup_turn_end(&script.catchup);
    }
    assert_int_equal(script.asked, CHECK);
    catchup_epoch(&script.catchup, epoch);
    catchup_head(&script.catchup, TOPIC_LOBBY, 0);
    if (head >= 0)
        catchup_head(&script.catchup, match_id, head);
    done(CATCHUP_WHOLE);
}

static void go_live(void)
{
    connect();
    check(EPOCH, 0, -1);
    turn(LOAD);
    assert_int_equal(script.match_id, TOPIC_LOBBY);
    answer_load(0);
    turn(NOTHING);
    assert_int_equal(script.source.state, SOURCE_LIVE);
}

/* A client of match 7, which has three entries. */
static struct client *follow(void)
{
    struct client *client = client_new();

    say(client, "{\"type\":\"subscribe\",\"match\":7}");
    turn(LOAD);
    assert_int_equal(script.match_id, 7);
    answer_load(3);
    heard_something(client, "\"head\":3");
    return client;
}

/* ---- */

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
    script.source.may_lag = true;
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

static void a_source_that_lags_does_not_go_back_to_an_epoch(void **state)
{
    (void)state;
    script.source.may_lag = true;
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

/* Of an address that asks for many, and one that asks for one behind it. */
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

#define SCRIPTED(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRIPTED(without_an_epoch_nothing_begins),
        SCRIPTED(an_empty_read_is_no_rewritten_history),
        SCRIPTED(what_is_read_twice_is_believed),
        SCRIPTED(a_source_that_lags_is_waited_for),
        SCRIPTED(a_source_that_lags_does_not_go_back_to_an_epoch),
        SCRIPTED(a_primary_may_go_back_to_an_epoch),
        SCRIPTED(an_empty_load_is_asked_for_again),
        SCRIPTED(lines_before_what_is_loaded_are_history),
        SCRIPTED(each_address_has_its_share_of_a_check),
    };

    return UNIT_RUN(tests);
}
