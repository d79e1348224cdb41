/*
 * fanout-load: how fast a server fans out, and whether nothing is lost on the way.
 *
 *     connect     N viewers, as fast as they are taken
 *     rest        what they cost while nothing happens
 *     publish     warm-up, then the time that counts
 *     report
 *     leave       all at once, if somebody wants to know what that costs
 */
#include <stdio.h>
#include <sys/resource.h>

#include "clock.h"
#include "entry.h"
#include "../fail.h"
#include "options.h"
#include "process.h"
#include "publish.h"
#include "viewers.h"

#define SECOND_NS 1000000000LL
#define CONNECT_NS (30 * SECOND_NS)
#define REST_NS (SECOND_NS / 4)
#define STALL_NS (10 * SECOND_NS)

struct measurement {
    int descriptors; /* of the server, before the first viewer */
    double connect_seconds, seconds;
    struct usage before, at_rest, begun, ended;
    uint64_t published, published_before, published_counted;
    uint64_t due; /* deliveries of all that was published */
    uint64_t delivered, delivered_before;
};

static struct options options;

static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < (rlim_t)options.viewers + 32)
        fail("%d viewers need as many descriptors, and ulimit -Hn is %llu", options.viewers,
             (unsigned long long)limit.rlim_cur);
}

/* Of all viewers, so long after the first. */
static int may_be_opened(int64_t passed_ns)
{
    if (options.connect_rate == 0)
        return options.viewers;
    return 1 + (int)((double)passed_ns / SECOND_NS * options.connect_rate);
}

static void connect_all(struct measurement *measured)
{
    const struct tally *tally = viewers_tally();
    int64_t began_ns = clock_ns();

    while (tally->ready + tally->closed + tally->failed < options.viewers &&
           clock_ns() - began_ns < CONNECT_NS) {
        viewers_connect_more(may_be_opened(clock_ns() - began_ns));
        viewers_turn(SECOND_NS / 1000);
    }
    measured->connect_seconds = (double)(clock_ns() - began_ns) / SECOND_NS;
}

static void rest(int64_t time_ns)
{
    int64_t end_ns = clock_ns() + time_ns, now_ns;

    while ((now_ns = clock_ns()) < end_ns)
        viewers_turn(end_ns - now_ns);
}

/* Whatever may be expected has come, or is known not to come (in order). */
static bool is_all_there(const struct measurement *measured)
{
    const struct tally *tally = viewers_tally();

    return tally->delivered + tally->lost + tally->doubled + tally->damaged >= measured->due;
}

static void publish_now(struct measurement *measured)
{
    int match = publish_entries(options.burst);

    measured->published += (uint64_t)options.burst;
    measured->due += (uint64_t)options.burst * (uint64_t)viewers_audience(match);
}

/* Of those that were to be sent away. */
static bool are_all_back(void)
{
    return options.comes_back && viewers_tally()->moves.count >= options.viewers;
}

/* Publishes by the clock or as soon as all have the last; stops when nothing moves. */
static void publish_until(struct measurement *measured, int64_t end_ns)
{
    int64_t now_ns = clock_ns(), due_ns = now_ns, moved_ns = now_ns;
    int64_t step_ns = options.rate > 0 ? SECOND_NS / options.rate : 0;
    uint64_t seen = 0;

    for (; now_ns < end_ns && !are_all_back(); now_ns = clock_ns()) {
        bool is_due = options.rate > 0 ? now_ns >= due_ns : is_all_there(measured);
        int64_t wait_ns = options.rate > 0 && due_ns < end_ns ? due_ns - now_ns : end_ns - now_ns;

        if (is_due && publish_is_ready()) {
            publish_now(measured);
            due_ns += step_ns;
            continue;
        }
        if (viewers_turn(is_due || wait_ns > SECOND_NS ? SECOND_NS / 1000 : wait_ns))
            publish_on_readable();
        if (viewers_tally()->delivered != seen || options.rate > 0)
            moved_ns = clock_ns();
        seen = viewers_tally()->delivered;
        if (now_ns - moved_ns > STALL_NS)
            return;
    }
}

static void wait_for_the_rest(const struct measurement *measured)
{
    int64_t end_ns = clock_ns() + STALL_NS;

    while (!is_all_there(measured) && clock_ns() < end_ns)
        if (viewers_turn(SECOND_NS / 100))
            publish_on_readable();
}

static void publish_all(struct measurement *measured)
{
    struct tally *tally = viewers_tally();
    int64_t began_ns;

    publish_open(&options);
    publish_until(measured, clock_ns() + (int64_t)(options.warm_up_seconds * SECOND_NS));
    tally->delays = (struct histogram){.count = 0};
    measured->published_before = measured->published;
    measured->delivered_before = tally->delivered;
    measured->begun = process_usage(options.server_pid);
    began_ns = clock_ns();
    publish_until(measured, began_ns + (int64_t)(options.seconds * SECOND_NS));
    measured->seconds = (double)(clock_ns() - began_ns) / SECOND_NS;
    measured->ended = process_usage(options.server_pid);
    measured->delivered = tally->delivered;
    measured->published_counted = measured->published - measured->published_before;
    wait_for_the_rest(measured);
}

static void stay_silent(struct measurement *measured)
{
    int64_t began_ns = clock_ns();

    measured->begun = process_usage(options.server_pid);
    rest((int64_t)(options.seconds * SECOND_NS));
    measured->seconds = (double)(clock_ns() - began_ns) / SECOND_NS;
    measured->ended = process_usage(options.server_pid);
}

static uint64_t number_missing(const struct measurement *measured)
{
    const struct tally *tally = viewers_tally();
    uint64_t found = tally->delivered + tally->damaged;

    if (options.publisher == PUBLISH_OTHER)
        return tally->lost;

    return measured->due > found ? measured->due - found : 0;
}

static void report_memory(const struct measurement *measured)
{
    double ready = viewers_tally()->ready > 0 ? viewers_tally()->ready : 1;

    printf("rss_per_viewer %.0f\n",
           (double)(measured->at_rest.rss_bytes - measured->before.rss_bytes) / ready);
    printf("kernel_per_viewer %.0f\n",
           (double)(measured->at_rest.kernel_bytes - measured->before.kernel_bytes) / ready);
    printf("rss_growth %lld\n", (long long)(measured->ended.rss_bytes - measured->begun.rss_bytes));
}

static void report_moves(void)
{
    const struct moves *moves = &viewers_tally()->moves;
    double viewers = moves->count > 0 ? moves->count : 1;

    printf("back %d\n", moves->count);
    printf("away_p50_us %.0f\n", histogram_percentile_us(&moves->absences, 50));
    printf("away_p99_us %.0f\n", histogram_percentile_us(&moves->absences, 99));
    printf("away_max_us %.0f\n", (double)moves->longest_ns / 1000);
    printf("moving_ms %.1f\n", (double)(moves->last_ns - moves->first_ns) / 1e6);
    printf("load_cpu_us %.1f\n",
           (double)(moves->last_cpu_ns - moves->first_cpu_ns) / 1000 / viewers);
}

static void report(const struct measurement *measured)
{
    const struct tally *tally = viewers_tally();
    double cpu_us = (double)(measured->ended.cpu_ns - measured->begun.cpu_ns) / 1000;
    double delivered = (double)(measured->delivered - measured->delivered_before);
    double entries = (double)measured->published_counted;

    printf("ready_pct %.4f\n", 100.0 * (tally->ready + tally->closed) / options.viewers);
    printf("connect_per_s %.1f\n", (tally->ready + tally->closed) / measured->connect_seconds);
    printf("connect_p50_us %.0f\n", histogram_percentile_us(&tally->connects, 50));
    printf("connect_p99_us %.0f\n", histogram_percentile_us(&tally->connects, 99));
    printf("refused %d\n", tally->failed);
    report_memory(measured);
    printf("cpu_pct %.3f\n", cpu_us / measured->seconds / 1e4);
    printf("closed %d\n", tally->closed);
    if (options.comes_back)
        report_moves();
    if (options.publisher == PUBLISH_NOTHING)
        return;
    printf("resumed %d\nafresh %d\n", tally->resumed, tally->afresh);
    printf("published %llu\n", (unsigned long long)measured->published);
    printf("delivered %llu\n", (unsigned long long)tally->delivered);
    printf("deliveries_per_s %.0f\n", delivered / measured->seconds);
    printf("cpu_us %.4f\n", delivered > 0 ? cpu_us / delivered : 0);
    printf("entry_cpu_us %.3f\n", entries > 0 ? cpu_us / entries : 0);
    printf("p50_us %.1f\n", histogram_percentile_us(&tally->delays, 50));
    printf("p99_us %.1f\n", histogram_percentile_us(&tally->delays, 99));
    printf("p999_us %.1f\n", histogram_percentile_us(&tally->delays, 99.9));
    printf("missing %llu\ndoubled %llu\ndamaged %llu\n",
           (unsigned long long)number_missing(measured), (unsigned long long)tally->doubled,
           (unsigned long long)tally->damaged);
}

static bool is_good(const struct measurement *measured)
{
    const struct tally *tally = viewers_tally();

    return tally->ready == options.viewers && tally->doubled == 0 && tally->damaged == 0 &&
           number_missing(measured) == 0;
}

/* Until the server has no more descriptors than before they came. False: it has. */
static bool leave(const struct measurement *measured)
{
    const struct timespec pause = {0, SECOND_NS / 1000};
    struct usage begun = process_usage(options.server_pid), ended;
    int64_t began_ns = clock_ns(), limit_ns = (int64_t)(options.leave_seconds * SECOND_NS);
    int left;

    viewers_end();
    while ((left = process_descriptors(options.server_pid)) > measured->descriptors &&
           clock_ns() - began_ns < limit_ns)
        nanosleep(&pause, NULL);
    ended = process_usage(options.server_pid);
    printf("leave_ms %.1f\n", (double)(clock_ns() - began_ns) / 1e6);
    printf("leave_cpu_us %.3f\n", (double)(ended.cpu_ns - begun.cpu_ns) / 1000 / options.viewers);
    printf("left_behind %d\n", left > measured->descriptors ? left - measured->descriptors : 0);
    return left <= measured->descriptors;
}

int main(int argc, char **argv)
{
    static struct measurement measured;
    bool is_left = true;

    options = options_read(argc, argv);
    raise_file_limit();
    entry_use(options.first_match, options.text_bytes);
    viewers_init(&options);
    measured.before = process_usage(options.server_pid);
    measured.descriptors = options.leave_seconds > 0 ? process_descriptors(options.server_pid) : 0;
    connect_all(&measured);
    rest(REST_NS);
    measured.at_rest = process_usage(options.server_pid);
    viewers_slow_down();
    if (options.publisher == PUBLISH_NOTHING || options.publisher == PUBLISH_OTHER)
        stay_silent(&measured);
    else
        publish_all(&measured);
    report(&measured);
    if (options.histogram && !histogram_write(&viewers_tally()->delays, options.histogram))
        fail("cannot write %s", options.histogram);
    if (options.leave_seconds > 0)
        is_left = leave(&measured);
    else
        viewers_end();
    return is_good(&measured) && is_left ? 0 : 1;
}
