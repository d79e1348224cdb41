"""What edges, and viewers, of one relay cost its primary, side by side.

One relay and one writer stay throughout, and so do the processes of PostgreSQL that are
looked at. The relay is alone, then there are edges, then it is alone again, then there are
viewers, and so on; each is compared with the time alone just before and just after it.

A virtual CPU that idles, or whose neighbour does, is faster or slower by more than what is
looked for. So a program of the lowest priority (SCHED_IDLE) keeps both from idling all the
time: it runs when nobody else wants to, and takes no time from anybody.
"""

import contextlib
import signal
import time

from . import machine, servers, viewers
from .costs import PATIENCE_S, begin_writer, figures_of, must_have_all, state_of
from .goals import at_most
from .listeners import Listeners
from .page import of_figures
from .processes import launch, stop, wait_until
from .tables import cell, markdown

EDGES = 64
VIEWERS = 1000
RATE = 50  # entries a second: with 64 edges the servers' core still keeps up
CASES = {"alone": "alone", "with edges": f"{EDGES} edges below it", "with viewers": f"{VIEWERS:,} viewers at it"}
COMPARED = list(CASES)[1:]
ROUNDS = 5
SECONDS = 3
SETTLE_S = 1
X = "relay"  # of the figures

# --- measuring --------------------------------------------------------------------


def compare(run, repetition):
    with contextlib.ExitStack() as endings:
        for cpu in (servers.SERVER_CPU, servers.LOAD_CPU):
            keep_awake(run, cpu, endings)
        relay = servers.start(run, "live relay", endings=endings)
        endings.callback(stop, begin_writer(run, RATE, 3600))
        window(run, relay)  # warm-up
        alone = window(run, relay)
        for number in range(1, run.chosen(ROUNDS, 1) + 1):
            for case in COMPARED:
                beside = BESIDE[case](run, relay)
                alone_again = window(run, relay)
                record(run, case, f"{repetition}.{number}", beside, (alone, alone_again))
                alone = alone_again
    ratios = {case: run.figures.ratio((case, X, "cpu_us"), (f"before and after {case}", X, "cpu_us")) for case in COMPARED}
    return "the primary's CPU ÷ that alone: " + ", ".join(f"{case} {ratios[case]}" for case in COMPARED)


def keep_awake(run, cpu, endings):
    argv = ["chrt", "--idle", "0", "taskset", "-c", str(cpu), "sh", "-c", "while :; do :; done"]
    endings.callback(stop, launch(argv, f"{run.work}/awake{cpu}.out"), signal.SIGKILL)


def window(run, relay):
    """Some seconds, once what was before has calmed down."""
    time.sleep(SETTLE_S)
    began, used_ns = state_of(run), machine.cpu_ns(relay.pid)
    time.sleep(run.chosen(SECONDS, 1))
    ended, used_ns = state_of(run), machine.cpu_ns(relay.pid) - used_ns
    entries = ended["entries"] - began["entries"]
    return figures_of(began, ended) | {"relay_us": round(used_ns / 1e3 / max(entries, 1), 1), "entries": entries}


def with_edges(run, relay):
    """Each with a viewer of its own. They and their viewers have the servers' core."""
    count = run.chosen(EDGES, 2)
    with contextlib.ExitStack() as endings:
        ports = [servers.start(run, "edge", str(relay.port), endings=endings).port for _ in range(count)]
        listening = endings.enter_context(Listeners(ports, "/matches/1/events", servers.SERVER_CPU))
        had = listening.entries()
        found = window(run, relay)
        must_have_all(
            run, "with edges", lambda: [now - then for now, then in zip(listening.entries(), had)], found["entries"]
        )
    return found


def with_viewers(run, relay):
    """By WebSocket. They have the servers' core as well."""
    path = f"{run.work}/viewers.out"
    options = {"protocol": "relay", "publish": "other", "viewers": run.chosen(VIEWERS, 10), "cpus": servers.SERVER_CPU}
    options |= {"warm_up": 0, "seconds": run.chosen(SECONDS, 1) + SETTLE_S + 2}
    load = viewers.begin(run, relay, path, **options)
    if not wait_until(PATIENCE_S, lambda: machine.connections(relay.port) >= options["viewers"]):
        run.fault("the viewers have not connected")
    found = window(run, relay)
    if load.wait(PATIENCE_S) != 0:
        run.fault(f"with viewers: {viewers.of_file(path).why()}")
    return found


BESIDE = {"with edges": with_edges, "with viewers": with_viewers}


def record(run, case, number, beside, alone):
    """What is compared, and the mean of the time alone before and after it, both under the same number."""
    for name in ("cpu_us", "relays_us", "flusher_us", "writer_us", "wal_bytes", "entries_per_s", "relay_us"):
        run.record(case, X, number, **{name: beside[name]})
        run.record(f"before and after {case}", X, number, **{name: round(sum(one[name] for one in alone) / 2, 1)})


# --- telling ----------------------------------------------------------------------


def ratio(figures, case, metric="cpu_us"):
    """The median of the pairs, in the interval in which it is with 95 % at least."""
    return figures.ratio_within((case, X, metric), (f"before and after {case}", X, metric))


def goals_of(figures):
    return [
        at_most(f"the primary's CPU: 1 relay with {EDGES} edges ÷ 1 relay", ratio(figures, "with edges"), 1.15, 1.05),
        at_most(f"the primary's CPU: 1 relay with {VIEWERS:,} viewers ÷ 1 relay", ratio(figures, "with viewers"), 1.15, 1.05),
    ]


def told(figures):
    """A row for each process, a column for each case."""
    rows = []
    for name, metric in (
        ("**PostgreSQL**", "cpu_us"),
        ("of it, the session of the relay", "relays_us"),
        ("of it, the flusher", "flusher_us"),
        ("of it, the session of the writer", "writer_us"),
        ("the relay itself", "relay_us"),
        ("entries a second", "entries_per_s"),
        ("WAL of an entry, bytes", "wal_bytes"),
    ):
        row = [name]
        for case in COMPARED:
            row += [
                cell(figures.summary(f"before and after {case}", X, metric)),
                cell(figures.summary(case, X, metric)),
                cell(ratio(figures, case, metric)),
            ]
        rows.append(row)
    heading = ["CPU, µs an entry"]
    for case in COMPARED:
        heading += ["alone", CASES[case], "÷"]
    return markdown([heading] + rows)


REPORT = [
    "### Edges and viewers of one relay",
    f"One relay and one writer with {RATE} entries a second throughout; the relay is alone, then has {EDGES} edges"
    f" with a viewer each, is alone again, then has {VIEWERS:,} viewers, and so on: {ROUNDS} times in each"
    " repetition. Each is compared with the relay alone just before and just after it. The ratio is the median of"
    " these pairs; the true median is in its brackets with 95 % at least. A program of the lowest priority keeps"
    " both CPUs from idling; otherwise the speed of a CPU would depend on whether its neighbour works. CPU is"
    " counted for each process, so the figures of PostgreSQL do not include what relay, edges and viewers use on"
    " the same two cores.",
    of_figures(told),
]
