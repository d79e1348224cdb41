/* The lineage: viewers of an earlier epoch go on, unless they hold what was lost. */
#include "hub_scene.h"

#define OF_EPOCH(epoch, head, recovered)                                                           \
    "{\"type\":\"subscribed\",\"match\":7,\"epoch\":\"" epoch "\",\"head\":" #head                 \
    ",\"recovered\":" #recovered ",\"state\":null}\n"
#define SINCE(epoch, seq)                                                                          \
    "{\"type\":\"subscribe\",\"match\":7,\"since\":{\"epoch\":\"" epoch "\",\"seq\":" #seq "}}"

/* The match is read in the new epoch, which shares so much with the one before. */
static struct topic *load_branched(int64_t first, int64_t last, const char *epoch, int64_t branch)
{
    lineage_add(&topics_find(&hub, 7)->lineage, epoch, branch);
    return load(7, first, last);
}

static void a_viewer_goes_on_where_nothing_was_lost(void **state)
{
    struct client *client = client_of(load(7, 1, 5));
    struct topic *topic;

    (void)state;
    hub_set_epoch(&hub, "e2");
    heard(client, "");
    topic = load_branched(1, 7, EPOCH, 5);
    heard(client, OF_EPOCH("e2", 7, true) "{\"seq\":6}\n{\"seq\":7}\n");
    publish(topic, 8);
    hub_turn_end(&hub);
    heard(client, "{\"seq\":8}\n");
    client_free(client);
}

static void a_viewer_that_saw_what_was_lost_begins_afresh(void **state)
{
    struct client *client = client_of(load(7, 1, 5)), *behind = client_new();
    struct topic *topic = topics_find(&hub, 7);

    (void)state;
    say(behind, "{\"type\":\"subscribe\",\"match\":7}");
    heard_something(behind, "subscribed");
    behind->answer = WIRE_CHOKED;
    publish(topic, 6);
    hub_turn_end(&hub);
    publish(topic, 7);
    hub_turn_end(&hub);
    heard(client, "{\"seq\":6}\n{\"seq\":7}\n");
    heard(behind, "{\"seq\":6}\n");
    hub_set_epoch(&hub, "e2");
    load_branched(1, 6, EPOCH, 6);
    heard(client, OF_EPOCH("e2", 6, false));
    behind->answer = WIRE_SENT;
    hub_writable(&hub, &behind->viewer);
    heard(behind, OF_EPOCH("e2", 6, true));
    client_free(client);
    client_free(behind);
}

static void who_reads_old_entries_goes_on_with_them(void **state)
{
    struct client *reading = client_new(), *replaying = client_new();
    struct topic *topic = load(7, 6, 6);

    (void)state;
    reading->length = replaying->length = 0;
    say(reading, SINCE(EPOCH, 1));
    say(replaying, SINCE(EPOCH, 3));
    replaying->answer = WIRE_CHOKED;
    give_history(topic, 3, 5); /* choked behind its first write: all of it */
    heard(reading, SUBSCRIBED(6, true));
    heard(replaying, SUBSCRIBED(6, true) "{\"seq\":4}\n{\"seq\":5}\n");
    hub_set_epoch(&hub, "e2");
    load_branched(1, 6, EPOCH, 6);
    heard(reading, OF_EPOCH("e2", 6, true) "{\"seq\":2}\n{\"seq\":3}\n{\"seq\":4}\n{\"seq\":5}\n"
                                           "{\"seq\":6}\n");
    replaying->answer = WIRE_SENT;
    hub_writable(&hub, &replaying->viewer);
    heard(replaying, OF_EPOCH("e2", 6, true) "{\"seq\":6}\n");
    client_free(reading);
    client_free(replaying);
}

static void who_comes_back_is_judged_by_the_epoch_that_it_names(void **state)
{
    static const struct {
        const char *says, *hears;
    } cases[] = {
        {SINCE("e0", 3), OF_EPOCH("e1", 6, true) "{\"seq\":4}\n{\"seq\":5}\n{\"seq\":6}\n"},
        {SINCE("e0", 4), OF_EPOCH("e1", 6, false)},
        {SINCE("e00", 2), OF_EPOCH("e1", 6, true) "{\"seq\":3}\n{\"seq\":4}\n{\"seq\":5}\n"
                                                  "{\"seq\":6}\n"},
        {SINCE("e00", 3), OF_EPOCH("e1", 6, false)},
        {SINCE("elsewhere", 1), OF_EPOCH("e1", 6, false)},
        {SINCE("elsewhere", 0), OF_EPOCH("e1", 6, true) "{\"seq\":1}\n{\"seq\":2}\n{\"seq\":3}\n"
                                                        "{\"seq\":4}\n{\"seq\":5}\n{\"seq\":6}\n"},
        {SINCE("e1", 6), OF_EPOCH("e1", 6, true)},
    };
    struct topic *topic = topics_make(&hub, 7);

    (void)state;
    lineage_add(&topic->lineage, "e0", 3);
    lineage_add(&topic->lineage, "e00", 2);
    load(7, 1, 6);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct client *client = client_new();

        client->length = 0;
        say(client, cases[i].says);
        heard(client, cases[i].hears);
        client_free(client);
    }
}

/* The epoch may change again before the match has been read. */
static void a_place_outlives_several_epochs(void **state)
{
    struct client *client = client_of(load(7, 1, 5));

    (void)state;
    hub_set_epoch(&hub, "e2");
    hub_set_epoch(&hub, "e3");
    load_branched(1, 5, EPOCH, 5);
    heard(client, OF_EPOCH("e3", 5, true));
    client_free(client);
}

/* It alone follows the match between two others: that one must not be lost from the walk. */
static void who_is_too_far_behind_begins_afresh_and_takes_nobody_along(void **state)
{
    struct client *slow = client_new(), *other = client_new();
    struct topic *topic = load(7, 1, 5);

    (void)state;
    load(8, 1, 5);
    load(9, 1, 5);
    say(slow, "{\"type\":\"subscribe\",\"match\":7}");
    say(slow, "{\"type\":\"subscribe\",\"match\":8}");
    say(other, "{\"type\":\"subscribe\",\"match\":9}");
    heard_something(other, "\"match\":9,\"epoch\":\"" EPOCH "\"");
    topic->run.limit_bytes = 64;
    for (int64_t seq = 6; seq <= 100; seq++)
        publish(topic, seq); /* and before the turn ends: */
    hub_set_epoch(&hub, "e2");
    for (int64_t match_id = 7; match_id <= 9; match_id++)
        load(match_id, 1, 5);
    heard_something(other, "\"match\":9,\"epoch\":\"e2\"");
    heard_something(slow, "\"match\":7,\"epoch\":\"e2\",\"head\":5,\"recovered\":false");
    client_free(slow);
    client_free(other);
}

static void a_lineage_has_a_limit(void **state)
{
    struct lineage lineage = {0};
    char epoch[EPOCH_BYTES_MAX + 2];

    (void)state;
    assert_int_equal(lineage_find(&lineage, "e1"), -1);
    memset(epoch, 'e', sizeof(epoch) - 1);
    epoch[sizeof(epoch) - 1] = '\0';
    lineage_add(&lineage, epoch, 1);
    assert_int_equal(lineage.count, 0);
    for (int64_t i = 0; i < 2 * LINEAGE_MAX; i++) {
        snprintf(epoch, sizeof(epoch), "e%d", (int)i);
        lineage_add(&lineage, epoch, i);
    }
    assert_int_equal(lineage.count, LINEAGE_MAX);
    assert_int_equal(lineage_find(&lineage, "e3"), 3);
    assert_int_equal(lineage_find(&lineage, "e16"), -1);
    lineage_free(&lineage);
    assert_int_equal(lineage_find(&lineage, "e3"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_viewer_goes_on_where_nothing_was_lost),
        TEST(a_viewer_that_saw_what_was_lost_begins_afresh),
        TEST(who_reads_old_entries_goes_on_with_them),
        TEST(who_comes_back_is_judged_by_the_epoch_that_it_names),
        TEST(a_place_outlives_several_epochs),
        TEST(who_is_too_far_behind_begins_afresh_and_takes_nobody_along),
        TEST(a_lineage_has_a_limit),
    };

    return UNIT_RUN(tests);
}
