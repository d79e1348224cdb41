/* Lists of matches take turns with what else is read, and never hold it up. */
#include "catchup_scene.h"

struct asker {
    struct listing_client client;
    int answers;
    enum listing_outcome outcome;
};

static void on_listed(void *context, const struct listing *listing)
{
    struct asker *asker = context;

    asker->answers++;
    asker->outcome = listing->outcome;
}

static void ask_for_list(struct asker *asker, int64_t before)
{
    const struct listing_wish wish = {.before = before, .rows = 2};

    *asker = (struct asker){.client = {.on_done = on_listed, .context = asker}};
    listing_ask(&hub.listings, &asker->client, &wish, 3);
}

/* Whoever lists much, and whoever loads much, wait for each other's turns. */
static void lists_and_loads_take_turns(void **state)
{
    static struct asker askers[3];
    int lists = 0, loads = 0;

    (void)state;
    script.may_list = true;
    go_live();
    for (int i = 0; i < 3; i++) {
        ask_for_list(&askers[i], 100 + i);
        topics_want_for(&hub, topics_make(&hub, 7 + i), WANT_LOAD, 3);
    }
    for (int i = 0; i < 6; i++) {
        catchup_turn_end(&script.catchup);
        lists += script.asked == LIST;
        loads += script.asked == LOAD;
        assert_between(lists - loads, -1, 1);
        if (script.asked == LIST)
            done(CATCHUP_WHOLE);
        else
            answer_load(3);
    }
    assert_int_equal(lists, 3);
    assert_int_equal(loads, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(askers[i].answers, 1);
    turn(NOTHING);
}

static void a_list_that_was_cut_off_is_asked_for_again(void **state)
{
    static struct asker asker;

    (void)state;
    script.may_list = true;
    go_live();
    ask_for_list(&asker, 100);
    turn(LIST);
    script.asked = NOTHING;
    catchup_abort(&script.catchup);
    assert_int_equal(asker.answers, 0);
    turn(LIST);
    done(CATCHUP_BROKEN);
    assert_int_equal(asker.answers, 1);
    assert_int_equal(asker.outcome, LISTING_BROKEN);
}

static void a_source_that_cannot_list_is_not_asked(void **state)
{
    static struct asker askers[2];

    (void)state;
    go_live();
    ask_for_list(&askers[0], 100);
    ask_for_list(&askers[1], 0);
    turn(NOTHING);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(askers[i].answers, 1);
        assert_int_equal(askers[i].outcome, LISTING_UNKNOWN);
    }
}

#define SCRIPTED(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRIPTED(lists_and_loads_take_turns),
        SCRIPTED(a_list_that_was_cut_off_is_asked_for_again),
        SCRIPTED(a_source_that_cannot_list_is_not_asked),
    };

    return UNIT_RUN(tests);
}
