/* The document of /metrics, by some lines; regress/relay/operate/metrics.py reads all of it. */
#include "unit.h"

#include "stats/metrics.h"
#include "wire/protocol.h"

static struct gauges now = {
    .viewers = 3, .feed_state = "live", .heard_ms = 1500, .region_lag_ms = 2500};
static struct process process = {0.25, 4096, 12, 1024};

/* Each of these lines is in the document, once. */
static void has_lines(const char *const *lines)
{
    struct buffer out = {0};
    const char *document;

    metrics_write(&out, &relay_stats, &now, &process);
    buffer_add(&out, "", 1);
    document = out.is_broken || !out.bytes ? "" : (const char *)out.bytes;
    for (; *lines; lines++) {
        const char *found = strstr(document, *lines);

        if (!found)
            fail_msg("\"%s\" is not in:\n%s", *lines, document);
        else
            assert_null(strstr(found + 1, *lines));
    }
    buffer_free(&out);
}

static void a_histogram_adds_up(void **state)
{
    static const char *const lines[] = {
        "# TYPE commentary_latency_seconds histogram\n",
        "\ncommentary_latency_seconds_bucket{le=\"0.00025\"} 1\n",
        "\ncommentary_latency_seconds_bucket{le=\"0.0005\"} 1\n",
        "\ncommentary_latency_seconds_bucket{le=\"0.001\"} 4\n",
        "\ncommentary_latency_seconds_bucket{le=\"30\"} 4\n",
        "\ncommentary_latency_seconds_bucket{le=\"+Inf\"} 6\n",
        "\ncommentary_latency_seconds_sum 120.003250\n",
        "\ncommentary_latency_seconds_count 6\n",
        NULL,
    };

    (void)state;
    stats_reset();
    stats_observe(250, 1);
    stats_observe(1000, 3);
    stats_observe(60000000, 2);
    has_lines(lines);
}

static void each_reason_is_there_before_it_happens(void **state)
{
    static const char *const lines[] = {
        "\ncommentary_closes_total{reason=\"normal\"} 0\n",
        "\ncommentary_closes_total{reason=\"slow_consumer\"} 2\n",
        "\ncommentary_handshakes_refused_total{reason=\"malformed\"} 1\n",
        "\ncommentary_handshakes_refused_total{reason=\"origin\"} 1\n",
        "\ncommentary_handshakes_refused_total{reason=\"token\"} 0\n",
        "\ncommentary_catchup_queries_total{kind=\"history\"} 0\n",
        NULL,
    };

    (void)state;
    stats_reset();
    stats_close(CLOSE_SLOW_CONSUMER);
    stats_close(CLOSE_SLOW_CONSUMER);
    stats_refuse(403);
    stats_refuse(426);
    has_lines(lines);
}

static void the_feed_is_in_one_state(void **state)
{
    static const char *const lines[] = {"\ncommentary_feed_state{state=\"down\"} 0\n",
                                        "\ncommentary_feed_state{state=\"live\"} 1\n",
                                        "\ncommentary_feed_silence_seconds 1.500000\n",
                                        "\ncommentary_region_lag_seconds 2.500000\n",
                                        "\ncommentary_viewers 3\n",
                                        NULL};

    (void)state;
    has_lines(lines);
}

static void what_happens_seldom_is_there(void **state)
{
    static const char *const lines[] = {"\ncommentary_epoch_changes_total 2\n",
                                        "\ncommentary_worker_restarts_total 3\n",
                                        "\ncommentary_source_lag_seconds 1.250000\n", NULL};

    (void)state;
    stats_reset();
    relay_stats.epoch_changes = 2;
    relay_stats.worker_restarts = 3;
    stats_came(1250000);
    has_lines(lines);
    stats_came(-1); /* the database's clock goes before */
    assert_int_equal(relay_stats.source_lag_us, 0);
}

static void the_process_is_told_of(void **state)
{
    static const char *const lines[] = {
        "\nprocess_cpu_seconds_total 0.250000\n", "\nprocess_resident_memory_bytes 4096\n",
        "\nprocess_open_fds 12\n", "\nprocess_max_fds 1024\n", NULL};

    (void)state;
    has_lines(lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_histogram_adds_up),
        cmocka_unit_test(each_reason_is_there_before_it_happens),
        cmocka_unit_test(the_feed_is_in_one_state),
        cmocka_unit_test(what_happens_seldom_is_there),
        cmocka_unit_test(the_process_is_told_of),
    };

    return UNIT_RUN(tests);
}
