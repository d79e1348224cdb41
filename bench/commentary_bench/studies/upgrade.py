"""`make bench-upgrade`: how long viewers are away when another program takes the relay's place."""

import os
import signal
import time

from .. import machine, servers
from ..chart import Lines, Panel
from ..console import Trouble
from ..goals import Goal, at_most
from ..movers import Movers
from ..page import goals, table
from ..run import Study, in_order, reference, step
from ..summaries import percentile

VIEWERS = [1000, 5000, 10000]
QUICK_VIEWERS = [1000]
WORKERS = {"one worker": 1, "two workers": 2}
DEADLINE_S = 60
ENTRY_EVERY_S = 2
ENTRY = "select max(seq) from commentary.entry where match_id = 1"

# --- measuring --------------------------------------------------------------------


def prepare(run):
    run.need_files(run.chosen(VIEWERS, QUICK_VIEWERS)[-1] + 100)
    run.start_cluster("max_connections = 50")
    run.create_matches(1)
    run.cluster.pin(servers.LOAD_CPU)


def steps(run):
    repetitions = run.repetitions(2, 1)
    for repetition in repetitions:
        yield step(reference, repetition)
        for count in run.chosen(VIEWERS, QUICK_VIEWERS):
            for case in in_order(repetition, list(WORKERS)):
                yield step(move, case, count, repetition)
    yield step(reference, len(repetitions) + 1)


def move(run, case, count, repetition):
    """All come, the relay is upgraded, and all come back, while entries are written."""
    told = f"{case}, {count} viewers"
    with servers.running(run, "relay", "--workers", str(WORKERS[case])) as server:
        movers = Movers(server.port, count)
        if not movers.join(DEADLINE_S):
            raise Trouble(f"{told}: not all viewers came", *server.last_told())
        supervisor = server.process.pid
        os.kill(supervisor, signal.SIGUSR2)
        entries = follow(run, movers)
        server.pid = machine.child(supervisor)
        away = sorted(mover.away_s for mover in movers.all if mover.away_s is not None)
        behind = sum(mover.missed for mover in movers.all) + sum(mover.seq < entries for mover in movers.all)
        lost = sum(mover.lost for mover in movers.all)
        movers.close()
    if len(away) < count or behind or lost or movers.refused:
        run.fault(f"{told}: {len(away)} came back, {behind} entries missed, {lost} lost, {movers.refused} refused")
    found = {
        "back_pct": f"{100 * len(away) / count:.6g}",
        "p50_ms": f"{1000 * percentile(away, 50):.3f}",
        "p99_ms": f"{1000 * percentile(away, 99):.3f}",
        "max_ms": f"{1000 * away[-1]:.3f}",
    }
    run.record(case, count, repetition, **found)
    return f"{told}: away p50 {found['p50_ms']} ms, p99 {found['p99_ms']} ms, at most {found['max_ms']} ms"


def follow(run, movers):
    """Until all are back and have the last entry; returns its seq."""
    end_s, next_s, entries = time.monotonic() + DEADLINE_S, 0.0, 0
    while time.monotonic() < end_s:
        is_over = all(mover.away_s is not None for mover in movers.all)
        if is_over and all(mover.seq >= entries for mover in movers.all):
            break
        if not is_over and time.monotonic() >= next_s:
            next_s = time.monotonic() + ENTRY_EVERY_S
            entries = int(run.cluster.sql("select commentary.post(1, 'a line of commentary')", ENTRY).split()[-1])
        movers.turn(0.05)
    return entries


# --- telling ----------------------------------------------------------------------


def my_goals(figures):
    most = figures.most_measured("one worker", VIEWERS, "max_ms")
    found = [
        Goal(f"{most:,} viewers, {case}: back, %", figures.summary(case, most, "back_pct"), 100)
        for case in WORKERS
    ]
    return found + [
        at_most(f"{most:,} viewers, {case}: away, the last, ms", figures.summary(case, most, "max_ms"), 1000, 500)
        for case in WORKERS
    ]


CASES = list(WORKERS)
STUDY = Study(
    title="Upgrade: how long viewers are away when another program takes the relay's place",
    prepare=prepare,
    steps=steps,
    report=[
        "![](upgrade.svg)",
        "From the `bye` of a viewer until it is subscribed again, at the default `--drain` of 5 s. A viewer"
        " that missed an entry, a connection that was refused or ended without `bye` is an error of the"
        " study.",
        goals(my_goals),
        "### Away, p50, ms",
        table("p50_ms", CASES, VIEWERS, "viewers"),
        "### Away, p99, ms",
        table("p99_ms", CASES, VIEWERS, "viewers"),
        "### Away, the last, ms",
        table("max_ms", CASES, VIEWERS, "viewers"),
    ],
    chart=Lines("viewers", [Panel("away, p99, ms", "p99_ms", CASES, VIEWERS)]),
)
