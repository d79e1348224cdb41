/* Catching up, from a source that the test writes the answers of. */
#ifndef CATCHUP_SCENE_H
#define CATCHUP_SCENE_H

#include "hub_scene.h"

#include "source/catchup.h"

#define HEARTBEAT_MS 3000

enum question { NOTHING, CHECK, NEWER, LOAD, HISTORY, LIST };

static const char *const questions[] = {"nothing", "check", "newer", "load", "history", "list"};

static struct {
    struct source source;
    struct catchup catchup;
    enum question asked;
    int64_t match_id, after_seq;
    int waits;
    int64_t looked_for; /* is it asked for in a check? */
    bool is_looked_for;
    bool may_list;
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

static bool can_list(struct source *source)
{
    (void)source;
    return script.may_list;
}

static bool on_list(struct source *source, const struct listing_wish *wish)
{
    (void)source;
    return ask(LIST, wish->before, 0);
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
                                             .can_list = can_list,
                                             .list = on_list,
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
static inline struct client *follow(void)
{
    struct client *client = client_new();

    say(client, "{\"type\":\"subscribe\",\"match\":7}");
    turn(LOAD);
    assert_int_equal(script.match_id, 7);
    answer_load(3);
    heard_something(client, "\"head\":3");
    return client;
}

#endif
