/* The document of /metrics, by some of its lines; regress/relay/metrics.py reads all of it. */
#include "unit.h"

#include "stats/metrics.h"
#include "wire/protocol.h"

static struct gauges now = {.viewers = 3, .feed_state = "live", .heard_ms = 1500, .cpu_s = 0.25};

/* Each of these lines is in the document, once. */
static void has_lines(const char *const *lines)
{
    struct buffer out = {0};
    const char *document;

    metrics_write(&out, &relay_stats, &now);
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
        "\ncommentary_catchup_queries_total{kind=\"page\"} 0\n",
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
                                        "\ncommentary_viewers 3\n", NULL};

    (void)state;
    has_lines(lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_histogram_adds_up),
        cmocka_unit_test(each_reason_is_there_before_it_happens),
        cmocka_unit_test(the_feed_is_in_one_state),
    };

    return UNIT_RUN(tests);
}
