/* The life of a follow: which changes are legal, and that what a state owns goes with it. */
#include "unit.h"

#include "hub/follow.h"
#include "hub/viewer.h"

static struct history_pool pool;
static struct topic *topic;
static struct history *history;
static struct follow follow;

static int begin(void **state)
{
    (void)state;
    pool = (struct history_pool){0};
    TAILQ_INIT(&pool.histories);
    topic = topic_new(7, 4096, NULL);
    if (!topic)
        return -1;
    history = history_new(&pool, topic, 1);
    follow = (struct follow){0};
    return history ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    assert_int_equal(history->users, 1);
    assert_null(follow.wish);
    for (int in = 0; in < FOLLOW_STATES; in++)
        assert_int_equal(topic->follows_in[in], 0);
    history_release(history);
    history_forget(topic);
    assert_int_equal(pool.bytes, 0);
    topic_free(topic);
    return 0;
}

static void go(enum follow_state to)
{
    enum follow_state from = follow.state;

    follow_change(topic, &follow, to, 5, to == FOLLOW_REPLAY ? history : NULL);
    assert_int_equal(follow.state, to);
    assert_int_equal(follow.cursor, 5);
    assert_int_equal(history->users, to == FOLLOW_REPLAY ? 2 : 1);
    if (from != to)
        assert_int_equal(topic->follows_in[from], 0);
    assert_int_equal(topic->follows_in[to], to != FOLLOW_GONE);
    if (to != FOLLOW_WAITING)
        assert_null(follow.wish);
}

/* To a state by a way of legal changes, whatever the state is now. */
static void reach(enum follow_state state)
{
    if (follow.state != FOLLOW_GONE)
        go(FOLLOW_GONE);
    if (state != FOLLOW_GONE)
        go(FOLLOW_WAITING);
    if (state > FOLLOW_WAITING)
        go(state);
    if (state == FOLLOW_WAITING)
        follow.wish = calloc(1, sizeof(*follow.wish));
}

static void every_legal_change_moves_what_the_state_owns(void **state)
{
    int changes = 0;

    (void)state;
    for (enum follow_state from = FOLLOW_GONE; from < FOLLOW_STATES; from++)
        for (enum follow_state to = FOLLOW_GONE; to < FOLLOW_STATES; to++) {
            if (!follow_may_change(from, to))
                continue;
            reach(from);
            go(to);
            changes++;
        }
    assert_int_equal(changes, 18);
    go(FOLLOW_GONE);
}

/* What was sent live cannot have to be read again without joining afresh. */
static void no_other_change_is_legal(void **state)
{
    (void)state;
    for (enum follow_state to = FOLLOW_READING; to < FOLLOW_STATES; to++) {
        assert_false(follow_may_change(FOLLOW_GONE, to));
        assert_false(follow_may_change(FOLLOW_LIVE, to));
    }
    assert_false(follow_may_change(FOLLOW_GONE, FOLLOW_GONE));
}

static void a_history_may_follow_upon_itself(void **state)
{
    (void)state;
    reach(FOLLOW_REPLAY);
    go(FOLLOW_REPLAY);
    go(FOLLOW_GONE);
}

static void a_wish_is_kept_while_it_waits(void **state)
{
    (void)state;
    reach(FOLLOW_WAITING);
    follow_wait(topic, &follow);
    assert_non_null(follow.wish);
    go(FOLLOW_LIVE);
    go(FOLLOW_GONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_legal_change_moves_what_the_state_owns, begin, end),
        cmocka_unit_test_setup_teardown(no_other_change_is_legal, begin, end),
        cmocka_unit_test_setup_teardown(a_history_may_follow_upon_itself, begin, end),
        cmocka_unit_test_setup_teardown(a_wish_is_kept_while_it_waits, begin, end),
    };

    return UNIT_RUN(tests);
}
