"""`make bench-scale`: what relays, edges, standbys and followers cost the primary, how late they
are, and what a promotion costs ten thousand viewers."""

import contextlib
import math
import signal
import time

from .. import pairs, servers, viewers
from ..chart import Lines, Panel
from ..cluster import Cluster, Standby
from ..costs import begin_writer, figures_of, must_have_all, state_of
from ..goals import Goal, at_most
from ..listeners import Listeners
from ..machine import allow_files, connections
from ..page import goals, tables
from ..processes import stop, wait_until
from ..run import Study, in_order, reference, step

RELAYS = [0, 1, 4, 16, 64]
MANY = RELAYS[-1]
RATE = 200  # entries per second, while the primary's cost is measured: with 64 servers two cores still keep up
SAMPLES_PER_S = 50  # while the delay is
VIEWERS = 10
RESUMING = 10000
QUANTILES = [1, 5, 10, 25, 50, 75, 90, 95, 99]
PLACES = {
    "trigger": "trigger + send() loop",
    "0 hops": "relay",
    "1 hop": "edge",
    "2 hops": "edge of an edge",
    "standby": "relay at a standby",
    "follower": "relay at a follower",
}
CASES = {
    "relays": "relays",
    "listeners": "bare LISTEN sessions",
}
INSERT = "INSERT INTO commentary.feed (match_id, message) VALUES ($1, $2)"
PATIENCE_S = 60

# --- measuring --------------------------------------------------------------------


def prepare(run):
    run.need_files(RESUMING + 100)
    run.start_cluster(
        "max_connections = 200",
        "max_worker_processes = 16",
        "wal_level = logical",
        "max_wal_size = 4GB",
        "checkpoint_timeout = 1h",
    )
    run.create_matches(1)
    run.cluster.pin(servers.LOAD_CPU)
    run.has_followers = run.cluster.sql("select current_setting('commentary.role', true) is not null") == "t"
    if not run.has_followers:
        run.tell("this version of the extension has no followers: they are left out")


def steps(run):
    repetitions = run.repetitions(2, 1)
    cells = [("relays", count) for count in run.chosen(RELAYS, [0, 2])]
    cells += [("listeners", run.chosen(MANY, 2))]
    for repetition in repetitions:
        yield step(reference, repetition)
        for case, count in in_order(repetition, cells):
            yield step(cost, case, count, repetition)
        yield step(pairs.compare, repetition)
        for place in in_order(repetition, PLACES):
            yield step(delay, place, repetition)
        yield step(promotion, run.chosen(RESUMING, 100), repetition)
    yield step(reference, len(repetitions) + 1)


def cost(run, case, count, repetition):
    """So many servers with a viewer each."""
    seconds = run.chosen(6, 2)
    with contextlib.ExitStack() as endings:
        ports = started(run, case, count, endings)
        paths = [] if case == "listeners" else ports
        listening = endings.enter_context(Listeners(paths, "/matches/1/events"))
        writer = begin_writer(run, RATE, seconds + 3)
        endings.callback(stop, writer)
        time.sleep(1.5)
        before = state_of(run)
        time.sleep(seconds)
        after = state_of(run)
        if writer.wait(PATIENCE_S) != 0:
            run.fault(f"{case}, {count}: the writer failed")
        must_have_all(run, f"{case}, {count}", listening.entries, after["entries"] - before["entries"])
    figures = figures_of(before, after)
    run.record(case, count, repetition, **figures)
    return f"{count} {case}: an entry costs the primary {figures['cpu_us']} µs and {figures['wal_bytes']} bytes of WAL"


def started(run, case, count, endings):
    """The ports of the servers that have a viewer each."""
    kind = {"listeners": "loop", "relays": "live relay"}[case]
    return [servers.start(run, kind, endings=endings).port for _ in range(count)]


# --- the delay --------------------------------------------------------------------


def delay(run, place, repetition):
    """From before the INSERT on the primary to a viewer."""
    if place == "follower" and not run.has_followers:
        return "follower: left out"
    path = f"{run.work}/delays"
    into = INSERT.replace("commentary.feed", "bench.entry") if place == "trigger" else INSERT
    options = {"viewers": VIEWERS, "rate": SAMPLES_PER_S, "insert": into, "publish": "insert"}
    options |= {"warm_up": 0.5, "seconds": run.chosen(5, 1)}
    with contextlib.ExitStack() as endings:
        if place == "trigger":
            run.cluster.sql("truncate bench.entry restart identity")
        server = server_at(run, place, endings)
        found = viewers.load(run, place, server, **server.publishing | options, histogram=path)
    run.record("delay", place, repetition, **found.taken("delay", "p50_us", "p99_us"))
    run.record("delay", place, repetition, **quantiles(viewers.histogram(path)))
    return f"{place}: p50 {found['p50_us']} µs, p99 {found['p99_us']} µs"


def server_at(run, place, endings):
    if place == "trigger":
        return servers.start(run, "trigger", endings=endings)
    if place == "standby":
        return relay_of(run, standby_of(run, endings), endings)
    if place == "follower":
        return relay_of(run, follower_of(run, endings), endings)
    server = servers.start(run, "live relay", endings=endings)
    for _ in range(int(place[0])):
        server = servers.start(run, "edge", str(server.port), endings=endings)
    return server


def relay_of(run, cluster, endings):
    return servers.start(run, "live relay", "--database", cluster.conninfo(), endings=endings)


def standby_of(run, endings, *settings):
    standby = Standby(run.cluster)
    endings.callback(standby.remove)
    standby.start(settings)
    standby.pin(servers.LOAD_CPU)
    must(run, "a standby streams", "select count(*) from pg_stat_replication where state = 'streaming'", "1")
    return standby


def follower_of(run, endings):
    """A copy of the log by logical replication, in a server of its own, which has the role before
    it has the extension: else it would begin an epoch."""
    follower = Cluster(run.places, run.work, "follower")
    endings.callback(follower.as_runner, ["rm", "-rf", follower.data])
    endings.callback(follower.stop)
    follower.start(["max_worker_processes = 16", "commentary.role = follower"])
    run.cluster.sql("create publication bench for table commentary.match, commentary.entry, commentary.epoch")
    endings.callback(run.cluster.sql, "drop publication bench")
    source = f"host={run.cluster.folder} user=bench dbname=bench"
    follower.sql(f"create subscription bench connection '{source}' publication bench")
    endings.callback(follower.sql, "drop subscription bench")
    follower.pin(servers.LOAD_CPU)
    copied = "select count(*) from pg_subscription_rel where srsubstate <> 'r'"
    if not wait_until(PATIENCE_S, lambda: follower.sql(copied) == "0"):
        run.fault("the follower has not copied the log")
    return follower


def quantiles(histogram):
    """Each as a figure, by a straight line within its bucket: the simulation of bench/SCALE.md
    takes its delays from them."""
    buckets = [(float(from_us), int(count)) for from_us, count in histogram or []]
    total = sum(count for _, count in buckets)
    return {f"delay_q{percent}_us": quantile(buckets, total * percent / 100) for percent in QUANTILES if total}


def quantile(buckets, wanted):
    """The delay that so many deliveries do not exceed."""
    seen = 0
    for from_us, count in buckets:
        if seen + count >= wanted:
            break
        seen += count
    return round(from_us + width_us(from_us) * (wanted - seen) / count, 1)


def width_us(from_us):
    """Of a bucket that fanout-load writes: an eighth of a power of two, in ns."""
    return 2 ** math.floor(math.log2(max(from_us * 1000, 8))) / 8 / 1000


# --- a promotion ------------------------------------------------------------------


def promotion(run, count, repetition):
    """The primary dies, its synchronous standby is promoted, and the next entry reaches all."""
    count = min(count, allow_files() - 200)
    seconds = run.chosen(12, 5)
    with contextlib.ExitStack() as endings:
        endings.callback(run.cluster.start_again)
        standby = standby_of(run, endings, "synchronous_standby_names=")
        set_synchronous(run, "standby")
        server = servers.start(run, "live relay", "--database", run.cluster.conninfo(standby), endings=endings)
        load = begin_viewers(run, server, count, seconds, endings)
        moments = fail_over(run, standby)
        if load.wait(PATIENCE_S) != 0:
            run.fault(f"promotion, {count} viewers: {viewers.of_file(f'{run.work}/resume.out').why()}")
    set_synchronous(run, "")
    found = viewers.of_file(f"{run.work}/resume.out")
    return told_of(run, count, repetition, moments, found)


def begin_viewers(run, server, count, seconds, endings):
    """Viewers that follow the match, and hear what others publish."""
    options = {"protocol": "relay", "publish": "other", "viewers": count, "seconds": seconds}
    load = viewers.begin(run, server, f"{run.work}/resume.out", **options)
    endings.callback(stop, load, signal.SIGKILL)
    if not wait_until(PATIENCE_S, lambda: connections(server.port) >= count):
        run.fault("the viewers have not connected")
    time.sleep(1)  # the last of them subscribe
    return load


def fail_over(run, standby):
    """The moments of it, in ns of the monotonic clock."""
    began = time.monotonic_ns()
    run.cluster.crash()
    dead = time.monotonic_ns()
    standby.promote()
    promoted = time.monotonic_ns()
    standby.sql(f"insert into commentary.feed (match_id, message) values (1, 'bench {promoted} {viewers.text()}')")
    return {"began": began, "dead": dead, "promoted": promoted}


def set_synchronous(run, names):
    run.cluster.sql(f"alter system set synchronous_standby_names = '{names}'", "select pg_reload_conf()")
    must(run, "the setting is in force", f"select current_setting('synchronous_standby_names') = '{names}'", "t")


def told_of(run, count, repetition, moments, found):
    """The load's delays begin at the promotion: the entry is stamped with it."""
    promoting_ms = (moments["promoted"] - moments["dead"]) / 1e6
    first_ms, last_ms = (float(found[name] or 0) / 1000 for name in ("p50_us", "p999_us"))
    run.record(
        *["promotion", RESUMING, repetition],
        resumed_pct=100 * int(found["resumed"] or 0) / count,
        delivered_pct=100 * int(found["delivered"] or 0) / count,
        afresh=found["afresh"],
        closed=found["closed"],
        promoting_ms=round(promoting_ms, 1),
        half_ms=round(first_ms, 1),
        all_ms=round(last_ms, 1),
    )
    return (
        f"promotion, {count} viewers: promoted after {promoting_ms:.0f} ms,"
        f" the next entry at half of them {first_ms:.0f} ms and at all {last_ms:.0f} ms later"
    )


def must(run, what, query, answer):
    if not wait_until(PATIENCE_S, lambda: run.cluster.sql(query) == answer):
        run.fault(f"waited in vain: {what}")


# --- telling ----------------------------------------------------------------------


def my_goals(figures):
    def cpu(case, count):
        return case, count, "cpu_us"

    def late(place):
        return "delay", place, "delay_p50_us"

    standby = figures.summary("delay", "standby", "delay_p50_us")
    return [
        *pairs.goals_of(figures),
        at_most("the primary's CPU: 64 relays ÷ 64 bare LISTEN sessions", figures.ratio(cpu("relays", 64), cpu("listeners", 64)), 1.25, 1.1),
        at_most("WAL: 64 relays ÷ none", figures.ratio(("relays", 64, "wal_bytes"), ("relays", 0, "wal_bytes")), 1.1, 1.02),
        at_most("delay p50: relay ÷ trigger + send() loop", figures.ratio(late("0 hops"), late("trigger")), 1.25, 1),
        at_most("delay p50: 2 hops ÷ 0 hops", figures.ratio(late("2 hops"), late("0 hops")), 1.5, 1.25),
        at_most("delay p50 at a standby", standby and standby.divided(1000), 100, 50, " ms"),
        Goal("promotion: viewers that go on where they were", figures.summary("promotion", RESUMING, "resumed_pct"), 100, None, " %"),
        Goal("promotion: viewers that get the next entry", figures.summary("promotion", RESUMING, "delivered_pct"), 100, None, " %"),
        at_most("promotion: viewers that were closed", figures.summary("promotion", RESUMING, "closed"), 0),
    ]


STUDY = Study(
    title="Beyond one machine: relays, edges, standbys, followers, and a promotion",
    prepare=prepare,
    steps=steps,
    report=[
        "![](scale.svg)",
        f"One match, {RATE} entries a second from one writer, each server with one viewer. Relays and edges share"
        " one core, PostgreSQL and the load the other. A bare LISTEN session is one of the send() loop.",
        goals(my_goals),
        "### What the primary pays",
        *tables(
            [
                (f"CPU of PostgreSQL, µs an entry (at {RATE} a second, {10000 // RATE} µs are 1 % of a core):", "cpu_us"),
                ("Of it, sessions that LISTEN:", "relays_us"),
                ("Of it, the flusher, which notifies:", "flusher_us"),
                ("WAL, bytes an entry:", "wal_bytes"),
                ("Entries written a second:", "entries_per_s"),
            ],
            *[list(CASES), RELAYS, "servers", CASES],
        ),
        *pairs.REPORT,
        "### How late an entry is",
        f"Delay from before the INSERT to the viewer: {SAMPLES_PER_S} a second, {VIEWERS} viewers. It includes"
        " commit and fsync. All programs run on one machine: add the network's delay for each hop.",
        *tables(
            [("p50, µs:", "delay_p50_us"), ("p99, µs:", "delay_p99_us")],
            *[["delay"], list(PLACES), "place", {"delay": "delay"}],
        ),
        "### A promotion",
        f"{RESUMING:,} viewers follow one relay, which knows both hosts. The primary is stopped as in a crash, and"
        " its synchronous standby is promoted at once. The next entry is written as soon as pg_ctl returns. The"
        " viewers stay connected, and the relay tells them to go on in the new epoch.",
        *tables(
            [
                ("`pg_ctl promote` took, ms:", "promoting_ms"),
                ("From then to the next entry at half of the viewers, ms:", "half_ms"),
                ("The same, at 99.9 % of them, ms:", "all_ms"),
            ],
            *[["promotion"], [RESUMING], "viewers"],
        ),
    ],
    chart=Lines(
        "servers",
        [
            Panel("CPU of the primary, µs an entry", "cpu_us", list(CASES), RELAYS[1:], names=CASES),
            Panel("WAL, bytes an entry", "wal_bytes", list(CASES), RELAYS[1:], names=CASES),
        ],
    ),
)
