"""`make bench-upgrade`: how long viewers are away when another program takes the relay's place."""

import os
import signal
import time

from .. import machine, servers, viewers
from ..chart import Lines, Panel
from ..goals import Goal, at_most
from ..page import goals, table, tables
from ..processes import stop, wait_until
from ..run import Study, in_order, reference, step

VIEWERS = [1000, 5000, 10000]
QUICK_VIEWERS = [1000]
WORKERS = {"one worker": 1, "two workers": 2}
PATIENCE_S = 60
SAMPLES_EVERY_S = 0.02
INSERT = "INSERT INTO commentary.feed (match_id, message) VALUES ($1, $2)"

# --- measuring --------------------------------------------------------------------


def prepare(run):
    viewers.prepare(run, run.chosen(VIEWERS, QUICK_VIEWERS)[-1], "max_connections = 50")


def steps(run):
    repetitions = run.repetitions(3, 1)
    for repetition in repetitions:
        yield step(reference, repetition)
        for count in run.chosen(VIEWERS, QUICK_VIEWERS):
            for case in in_order(repetition, list(WORKERS)):
                yield step(move, case, count, repetition)
    yield step(reference, len(repetitions) + 1)


def move(run, case, count, repetition):
    """All come, the relay is upgraded, and all come back, while entries are written."""
    told = f"{case}, {count} viewers"
    with servers.running(run, "live relay", "--workers", str(WORKERS[case])) as server:
        supervisor = server.process.pid
        load = begin_viewers(run, supervisor, server, count)
        before = workers_of(supervisor)
        os.kill(supervisor, signal.SIGUSR2)
        after = watched(load, supervisor)
        server.pid = machine.children(supervisor)[0]
    found = viewers.of_file(f"{run.work}/moves.out")
    if load.returncode != 0 or int(found["back"] or 0) < count or found["refused"] != "0":
        run.fault(f"{told}: {found['back']} came back, {found['refused']} refused; {found.why()}")
    run.record(case, count, repetition, **figures_of(found, before, after, count))
    return (
        f"{told}: away p50 {ms(found, 'away_p50_us')} ms, p99 {ms(found, 'away_p99_us')} ms,"
        f" at most {ms(found, 'away_max_us')} ms; all of it {found['moving_ms']} ms"
    )


def begin_viewers(run, supervisor, server, count):
    """They follow the match, and one of the same program writes an entry a second."""
    options = {"protocol": "relay", "publish": "insert", "insert": INSERT, "rate": 1, "viewers": count}
    options |= {"come_back": "yes", "warm_up": 0, "seconds": PATIENCE_S, "server_pid": supervisor}
    load = viewers.begin(run, server, f"{run.work}/moves.out", **options)
    run.endings.callback(stop, load, signal.SIGKILL)
    if not wait_until(PATIENCE_S, lambda: machine.connections(server.port) >= count):
        run.fault("the viewers have not connected")
    time.sleep(1)  # the last of them subscribe, and the first entry comes
    return load


def workers_of(supervisor):
    """{pid: ns of CPU} of the children that there are."""
    return {pid: ns for pid in machine.children(supervisor) if (ns := machine.cpu_ns(pid)) is not None}


def watched(load, supervisor):
    """The same of all children that there have been until the load ends, each as last seen."""
    seen = {}
    while load.poll() is None:
        seen |= workers_of(supervisor)
        time.sleep(SAMPLES_EVERY_S)
    return seen


def figures_of(found, before, after, count):
    old_ns = sum(after.get(pid, ns) - ns for pid, ns in before.items())
    new_ns = sum(ns for pid, ns in after.items() if pid not in before)
    return {
        "back_pct": f"{100 * int(found['back'] or 0) / count:.6g}",
        "p50_ms": ms(found, "away_p50_us"),
        "p99_ms": ms(found, "away_p99_us"),
        "max_ms": ms(found, "away_max_us"),
        "late_ms": ms(found, "p999_us"),
        "moving_ms": found["moving_ms"],
        "old_cpu_us": f"{old_ns / 1000 / count:.1f}",
        "new_cpu_us": f"{new_ns / 1000 / count:.1f}",
        "load_cpu_us": found["load_cpu_us"],
    }


def ms(found, name):
    return f"{float(found[name] or 0) / 1000:.3f}"


# --- telling ----------------------------------------------------------------------


def my_goals(figures):
    most = figures.most_measured("one worker", VIEWERS, "max_ms")
    found = [
        Goal(f"{most:,} viewers, {case}: back, with every entry", figures.summary(case, most, "back_pct"), 100, None, " %")
        for case in WORKERS
    ]
    return found + [
        at_most(f"{most:,} viewers, {case}: away, the last", figures.summary(case, most, "max_ms"), 1000, 500, " ms")
        for case in WORKERS
    ]


CASES = list(WORKERS)
STUDY = Study(
    title="Upgrade: how long viewers are away when another program takes the relay's place",
    prepare=prepare,
    steps=steps,
    report=[
        "![](upgrade.svg)",
        "The old and the new program share one core, the viewers and PostgreSQL the other. `--drain` is the"
        " default of 5 s. A viewer is away from its `bye` until it is subscribed again. The study counts as an"
        " error each viewer that misses an entry or gets it twice, and each connection that is refused or ends"
        " without `bye`.",
        goals(my_goals),
        "### How long a viewer is away",
        *tables(
            [("p50, ms:", "p50_ms"), ("p99, ms:", "p99_ms"), ("The last, ms:", "max_ms")],
            *[CASES, VIEWERS, "viewers"],
        ),
        "### The whole upgrade",
        "From the first `bye` until the last viewer is back, ms. The old program sends its viewers away one after"
        " the other, over three quarters of `--drain`.",
        table("moving_ms", CASES, VIEWERS, "viewers"),
        "Delay from before an INSERT to a viewer, p99.9 of all deliveries during the upgrade, ms:",
        table("late_ms", CASES, VIEWERS, "viewers"),
        "### What a move takes of the CPU",
        "µs for each viewer, with its share of the entries that come meanwhile.",
        *tables(
            [
                ("The old program:", "old_cpu_us"),
                ("The new program, with its start:", "new_cpu_us"),
                ("The load, all viewers in one program:", "load_cpu_us"),
            ],
            *[CASES, VIEWERS, "viewers"],
        ),
    ],
    chart=Lines("viewers", [Panel("away, p99, ms", "p99_ms", CASES, VIEWERS), Panel("away, the last, ms", "max_ms", CASES, VIEWERS)]),
)
