/* What is counted: entries and not bytes, each viewer once, and how late they were. */
#include "hub_scene.h"

#include "base/clock.h"
#include "stats/stats.h"

static uint64_t closed_with(enum close_code code)
{
    for (size_t i = 0; i < STATS_CLOSES; i++)
        if (relay_stats.closes[i].code == code)
            return relay_stats.closes[i].count;
    return 0;
}

static int reset(void **state)
{
    stats_reset();
    return begin(state);
}

/* As the flusher tells it, so many microseconds ago. */
static void notice_flushed(int64_t seq, int64_t ago_us)
{
    char text[96];

    snprintf(text, sizeof(text), "1 e1 7 %d 2 %lld\n{\"seq\":%d}\n{\"seq\":%d}", (int)seq,
             (long long)(clock_real_us() - ago_us), (int)seq, (int)seq + 1);
    hub_notice(&hub, text);
}

static struct client *another_client(void)
{
    struct client *client = client_new();

    say(client, "{\"type\":\"subscribe\",\"match\":7}");
    heard_something(client, "subscribed");
    return client;
}

static void deliveries_are_entries_times_viewers(void **state)
{
    struct topic *topic = load(7, 1, 2);
    struct client *one = client_of(topic), *two = another_client();
    uint64_t sends = relay_stats.sends;

    (void)state;
    publish(topic, 3);
    publish(topic, 4);
    publish(topic, 5);
    hub_turn_end(&hub);
    assert_int_equal(relay_stats.deliveries, 6);
    assert_int_equal(relay_stats.sends, sends + 2);
    publish(topic, 6);
    hub_turn_end(&hub);
    assert_int_equal(relay_stats.deliveries, 8);
    client_free(one);
    client_free(two);
}

/* One is behind: the same bytes are not what both of them need. */
static void who_was_choked_is_counted_when_it_is_sent(void **state)
{
    struct topic *topic = load(7, 1, 2);
    struct client *one = client_of(topic), *two = another_client();

    (void)state;
    two->answer = WIRE_CHOKED;
    publish(topic, 3);
    hub_turn_end(&hub);
    assert_int_equal(relay_stats.deliveries, 2);
    assert_int_equal(relay_stats.chokes, 1);
    publish(topic, 4);
    publish(topic, 5);
    hub_turn_end(&hub);
    assert_int_equal(relay_stats.deliveries, 4);
    two->answer = WIRE_SENT;
    hub_writable(&hub, &two->viewer);
    assert_int_equal(relay_stats.deliveries, 6);
    client_free(one);
    client_free(two);
}

static void a_history_counts_as_well(void **state)
{
    struct topic *topic = load(7, 5, 6);
    struct client *client = client_new();

    (void)state;
    say(client, "{\"type\":\"subscribe\",\"match\":7,\"since\":{\"epoch\":\"e1\",\"seq\":2}}");
    assert_int_equal(relay_stats.deliveries, 0);
    give_history(topic, 3, 4);
    assert_int_equal(relay_stats.deliveries, 4);
    client_free(client);
}

static void each_viewer_is_let_in_and_goes_once(void **state)
{
    struct client *one = client_new(), *two = client_new();

    (void)state;
    viewer_close(&one->viewer, CLOSE_SLOW_CONSUMER);
    viewer_close(&one->viewer, CLOSE_TIMEOUT);
    client_free(one);
    client_free(two);
    assert_int_equal(relay_stats.viewers, 2);
    assert_int_equal(closed_with(CLOSE_SLOW_CONSUMER), 1);
    assert_int_equal(closed_with(CLOSE_TIMEOUT), 0);
    assert_int_equal(closed_with(CLOSE_NORMAL), 1);
}

static void a_code_nobody_told_of_is_counted(void **state)
{
    (void)state;
    stats_close(4999);
    stats_close(4999);
    assert_int_equal(closed_with(4999), 2);
    for (uint16_t code = 5000; code < 5100; code++) /* more than there is room for */
        stats_close(code);
    assert_int_equal(closed_with(4999), 2);
}

static void latency_is_of_the_earliest_in_the_turn(void **state)
{
    struct client *client = client_of(load(7, 1, 2));
    uint64_t late = 0;

    (void)state;
    notice_flushed(3, 3000000);
    notice_flushed(5, 0);
    hub_turn_end(&hub);
    assert_int_equal(relay_stats.latency.count, 4);
    for (size_t i = 0; i <= LATENCY_BUCKETS; i++)
        if (i == LATENCY_BUCKETS || latency_bounds_us[i] > 2500000)
            late += relay_stats.latency.buckets[i];
    assert_int_equal(late, 4);
    assert_true(relay_stats.latency.sum_us >= 4 * 3000000);
    hub_turn_end(&hub);
    assert_int_equal(relay_stats.latency.count, 4);
    client_free(client);
}

static void what_is_of_the_future_took_no_time(void **state)
{
    struct client *client = client_of(load(7, 1, 2));

    (void)state;
    notice_flushed(3, -3600LL * 1000000);
    hub_turn_end(&hub);
    assert_int_equal(relay_stats.latency.buckets[0], 2);
    assert_int_equal(relay_stats.latency.sum_us, 0);
    client_free(client);
}

static void without_a_time_or_a_viewer_nothing_is_observed(void **state)
{
    struct client *client;

    (void)state;
    load(7, 1, 2);
    notice_flushed(3, 0);
    hub_turn_end(&hub);
    client = client_of(topics_find(&hub, 7));
    hub_notice(&hub, "1 e1 7 5 1\n{\"seq\":5}");
    hub_turn_end(&hub);
    notice_flushed(4, 0); /* sent before */
    hub_turn_end(&hub);
    assert_int_equal(relay_stats.latency.count, 0);
    client_free(client);
}

/* Whether anybody follows the match or not. */
static void the_lag_of_the_source_is_that_of_the_newest_entry(void **state)
{
    char text[64];

    (void)state;
    load(7, 1, 2);
    notice_flushed(3, 3000000);
    assert_true(relay_stats.source_lag_us >= 3000000);
    notice_flushed(5, -3600LL * 1000000);
    assert_int_equal(relay_stats.source_lag_us, 0);
    snprintf(text, sizeof(text), "1 e1 8 1 1 %lld\n", (long long)clock_real_us() - 5000000);
    hub_notice(&hub, text);
    assert_true(relay_stats.source_lag_us >= 5000000);
}

static void another_epoch_is_counted_and_the_first_is_not(void **state)
{
    (void)state;
    assert_int_equal(relay_stats.epoch_changes, 0);
    hub_set_epoch(&hub, "e1");
    assert_int_equal(relay_stats.epoch_changes, 0);
    hub_set_epoch(&hub, "e2");
    hub_set_epoch(&hub, "e2");
    assert_int_equal(relay_stats.epoch_changes, 1);
}

#define COUNTED(name) cmocka_unit_test_setup_teardown(name, reset, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        COUNTED(deliveries_are_entries_times_viewers),
        COUNTED(who_was_choked_is_counted_when_it_is_sent),
        COUNTED(a_history_counts_as_well),
        COUNTED(each_viewer_is_let_in_and_goes_once),
        COUNTED(a_code_nobody_told_of_is_counted),
        COUNTED(latency_is_of_the_earliest_in_the_turn),
        COUNTED(what_is_of_the_future_took_no_time),
        COUNTED(without_a_time_or_a_viewer_nothing_is_observed),
        COUNTED(the_lag_of_the_source_is_that_of_the_newest_entry),
        COUNTED(another_epoch_is_counted_and_the_first_is_not),
    };

    return UNIT_RUN(tests);
}
