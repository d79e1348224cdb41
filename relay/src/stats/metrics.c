/* The document of /metrics. */
#include "stats/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/version.h"
#include "wire/protocol.h"

#define VALUE_BYTES 48

/* The lines about a metric, once, before its series. */
static void describe(struct buffer *out, const char *name, const char *type, const char *help)
{
    const char *const parts[] = {"# HELP ", name, " ", help, "\n# TYPE ", name, " ", type, "\n"};

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        buffer_add_text(out, parts[i]);
}

/* The label has no character that would need an escape; NULL: none. */
static void add_series(struct buffer *out, const char *name, const char *label,
                       const char *label_value, const char *value)
{
    const char *const labels[] = {"{", label, "=\"", label_value, "\"}"};

    buffer_add_text(out, name);
    for (size_t i = 0; label && i < sizeof(labels) / sizeof(labels[0]); i++)
        buffer_add_text(out, labels[i]);
    buffer_add_text(out, " ");
    buffer_add_text(out, value);
    buffer_add_text(out, "\n");
}

static void add_count(struct buffer *out, const char *name, const char *label,
                      const char *label_value, uint64_t count)
{
    char value[VALUE_BYTES];

    snprintf(value, sizeof(value), "%" PRIu64, count);
    add_series(out, name, label, label_value, value);
}

static void add_seconds(struct buffer *out, const char *name, const char *label,
                        const char *label_value, double seconds)
{
    char value[VALUE_BYTES];

    snprintf(value, sizeof(value), "%.6f", seconds);
    add_series(out, name, label, label_value, value);
}

static void add_counter(struct buffer *out, const char *name, const char *help, uint64_t count)
{
    describe(out, name, "counter", help);
    add_count(out, name, NULL, NULL, count);
}

static void add_gauge(struct buffer *out, const char *name, const char *help, uint64_t count)
{
    describe(out, name, "gauge", help);
    add_count(out, name, NULL, NULL, count);
}

static void add_by_label(struct buffer *out, const char *name, const char *label,
                         const char *const *values, const uint64_t *counts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_count(out, name, label, values[i], counts[i]);
}

/* ---- viewers ---- */

static void add_closes(struct buffer *out, const struct stats *stats)
{
    static const char name[] = "commentary_closes_total";

    describe(out, name, "counter", "Viewers that are gone, by reason; normal: they left.");
    for (size_t i = 0; i < STATS_CLOSES && stats->closes[i].code != CLOSE_NONE; i++)
        add_count(out, name, "reason",
                  protocol_close_reason((enum close_code)stats->closes[i].code),
                  stats->closes[i].count);
}

static void add_refusals(struct buffer *out, const struct stats *stats)
{
    static const char name[] = "commentary_handshakes_refused_total";
    static const char *const reasons[REFUSED_KINDS] = {
        [REFUSED_MALFORMED] = "malformed", [REFUSED_ORIGIN] = "origin",
        [REFUSED_TOKEN] = "token",         [REFUSED_TOO_MANY] = "too_many",
        [REFUSED_TOO_FAST] = "too_fast",   [REFUSED_STOPPING] = "stopping",
    };

    describe(out, name, "counter", "Handshakes refused, by reason.");
    add_by_label(out, name, "reason", reasons, stats->refusals, REFUSED_KINDS);
}

static void add_viewers(struct buffer *out, const struct stats *stats, const struct gauges *now)
{
    add_gauge(out, "commentary_viewers", "Viewers that are connected.", now->viewers);
    add_gauge(out, "commentary_viewers_max", "The option --max-viewers.", now->viewers_max);
    add_gauge(out, "commentary_edges", "Relays that follow this one.", now->edges);
    add_gauge(out, "commentary_hops", "Relays between this one and the database.", now->hops);
    add_counter(out, "commentary_connects_total", "Viewers that were let in.", stats->viewers);
    add_closes(out, stats);
    add_refusals(out, stats);
}

/* ---- what is sent ---- */

static void add_latency(struct buffer *out, const struct latency *latency)
{
    static const char name[] = "commentary_latency_seconds";
    uint64_t below = 0;
    char bound[VALUE_BYTES];

    describe(out, name, "histogram",
             "From the flusher's COMMIT of an entry to the last send of it, by two clocks.");
    for (size_t i = 0; i < LATENCY_BUCKETS; i++) {
        below += latency->buckets[i];
        snprintf(bound, sizeof(bound), "%g", (double)latency_bounds_us[i] / 1e6);
        add_count(out, "commentary_latency_seconds_bucket", "le", bound, below);
    }
    add_count(out, "commentary_latency_seconds_bucket", "le", "+Inf", latency->count);
    add_seconds(out, "commentary_latency_seconds_sum", NULL, NULL, (double)latency->sum_us / 1e6);
    add_count(out, "commentary_latency_seconds_count", NULL, NULL, latency->count);
}

static void add_sends(struct buffer *out, const struct stats *stats)
{
    add_counter(out, "commentary_deliveries_total",
                "Entries sent to a viewer, each as often as it has viewers.", stats->deliveries);
    add_counter(out, "commentary_sends_total", "Writes to viewers.", stats->sends);
    add_counter(out, "commentary_sent_bytes_total", "Bytes in writes to viewers.",
                stats->sent_bytes);
    add_counter(out, "commentary_chokes_total", "Times a viewer did not take all at once.",
                stats->chokes);
    add_latency(out, &stats->latency);
}

/* ---- the feed ---- */

static void add_feed_state(struct buffer *out, const char *state)
{
    static const char name[] = "commentary_feed_state";

    describe(out, name, "gauge", "1 for the state that the feed is in.");
    for (size_t i = 0; i < STATS_FEED_STATES; i++)
        add_count(out, name, "state", stats_feed_states[i],
                  strcmp(stats_feed_states[i], state) == 0);
}

static void add_reads(struct buffer *out, const struct stats *stats)
{
    static const char name[] = "commentary_catchup_queries_total";
    static const char *const kinds[READ_KINDS] = {[READ_CHECK] = "check",
                                                  [READ_NEWER] = "newer",
                                                  [READ_LOAD] = "load",
                                                  [READ_HISTORY] = "history",
                                                  [READ_LIST] = "list"};

    describe(out, name, "counter", "Queries to the table; check: a heartbeat.");
    add_by_label(out, name, "kind", kinds, stats->reads, READ_KINDS);
    add_counter(out, "commentary_catchup_rows_total", "Rows of those queries.", stats->read_rows);
}

static void add_acks(struct buffer *out, const struct gauges *now)
{
    if (now->ack_ms < 0)
        return;
    add_gauge(out, "commentary_acknowledging", "1 while the database acknowledges commits, else 0.",
              now->is_acknowledged);
    describe(out, "commentary_oldest_commit_seconds", "gauge",
             "How long the oldest commit has waited for its acknowledgement.");
    add_seconds(out, "commentary_oldest_commit_seconds", NULL, NULL, (double)now->ack_ms / 1e3);
}

static void add_feed(struct buffer *out, const struct stats *stats, const struct gauges *now)
{
    add_feed_state(out, now->feed_state);
    add_counter(out, "commentary_feed_connects_total", "Times the feed became live.",
                stats->feed_connects);
    add_counter(out, "commentary_feed_losses_total",
                "Times the feed went down, attempts to connect included.", stats->feed_losses);
    add_counter(out, "commentary_notifications_total", "Notifications that came.", stats->notices);
    add_counter(out, "commentary_notifications_malformed_total", "Those that nobody understands.",
                stats->malformed);
    add_counter(out, "commentary_hints_total",
                "Notifications on the public channel: none, if the relay may call listen().",
                stats->hints);
    add_reads(out, stats);
    add_gauge(out, "commentary_lag_entries", "Entries known to be in the table, and not here yet.",
              (uint64_t)now->lag_entries);
    add_counter(out, "commentary_epoch_changes_total",
                "Times the database came with another epoch than before.", stats->epoch_changes);
    describe(out, "commentary_source_lag_seconds", "gauge",
             "The newest entry that came: from the flusher's COMMIT to this relay, by two clocks.");
    add_seconds(out, "commentary_source_lag_seconds", NULL, NULL,
                (double)stats->source_lag_us / 1e6);
    describe(out, "commentary_region_lag_seconds", "gauge",
             "How late the follower is, as its database says; 0: the database is no follower.");
    add_seconds(out, "commentary_region_lag_seconds", NULL, NULL, (double)now->region_lag_ms / 1e3);
    add_acks(out, now);
    if (now->heard_ms < 0)
        return;
    describe(out, "commentary_feed_silence_seconds", "gauge",
             "How long ago the database was last heard.");
    add_seconds(out, "commentary_feed_silence_seconds", NULL, NULL, (double)now->heard_ms / 1e3);
}

/* ---- the process ---- */

static void add_memory(struct buffer *out, const struct gauges *now)
{
    add_gauge(out, "commentary_topics", "Matches in memory, and the lobby.", now->topics);
    add_gauge(out, "commentary_cache_bytes", "Memory of all topics.", now->cached_bytes);
    add_gauge(out, "commentary_cache_max_bytes", "The option --cache-bytes.",
              now->cached_bytes_max);
    add_gauge(out, "commentary_history_bytes",
              "Memory of older entries, read for viewers that came back.", now->history_bytes);
}

static void add_worker(struct buffer *out, const struct stats *stats, const struct gauges *now)
{
    describe(out, "commentary_build_info", "gauge", "1; the version is the label.");
    add_series(out, "commentary_build_info", "version", RELAY_VERSION, "1");
    add_counter(out, "commentary_worker_restarts_total",
                "Times the supervisor has replaced this worker.", stats->worker_restarts);
    add_gauge(out, "process_start_time_seconds", "When it started, since 1970.",
              (uint64_t)now->started_s);
}

static void add_process(struct buffer *out, const struct process *process)
{
    describe(out, "process_cpu_seconds_total", "counter", "CPU time, user and system.");
    add_seconds(out, "process_cpu_seconds_total", NULL, NULL, process->cpu_s);
    add_gauge(out, "process_resident_memory_bytes", "Resident memory.", process->resident_bytes);
    add_gauge(out, "process_open_fds", "Open descriptors.", process->open_fds);
    add_gauge(out, "process_max_fds", "The limit of open descriptors.", process->max_fds);
}

void metrics_write(struct buffer *out, const struct stats *stats, const struct gauges *now,
                   const struct process *process)
{
    add_viewers(out, stats, now);
    add_sends(out, stats);
    add_feed(out, stats, now);
    add_memory(out, now);
    add_worker(out, stats, now);
    add_process(out, process);
}
