"""`make bench-memory`: whether anything is left when viewers have come and gone."""

import signal
import time

from .. import machine, servers, viewers
from ..chart import Lines, Panel
from ..goals import at_most
from ..page import goals, of_figures
from ..processes import stop, wait_until
from ..run import Study, reference, step
from ..summaries import number, summary_of
from ..tables import MISSING, markdown

VIEWERS = 1000
CYCLES, QUICK_CYCLES = 100, 10
CYCLES_TOLD = 10  # with one line of progress
ROUNDS, QUICK_ROUNDS = 4, 1
PATIENCE_S = 20
WARM_UP = 0.2  # of the cycles: until the log of the match and the allocator's pools are full
MOST_ROWS = 15  # of a table; of more cycles some are shown

# --- measuring --------------------------------------------------------------------


def prepare(run):
    viewers.prepare(run, VIEWERS, "max_connections = 20")


def steps(run):
    yield step(reference, 1)
    yield step(leaving, run.chosen(CYCLES, QUICK_CYCLES))
    yield step(vanishing, run.chosen(ROUNDS, QUICK_ROUNDS))
    yield step(reference, 2)


def take(run, case, x, pid):
    """What the server holds now."""
    run.record(
        *[case, x, 1],
        rss_bytes=machine.rss_bytes(pid),
        heap_bytes=machine.heap_bytes(pid),
        descriptors=machine.descriptors(pid),
    )


def leaving(run, cycles):
    """They come, get some hundred entries, and leave all at once. The log of the match is
    full after some cycles: what grows after that is not what was told."""
    with servers.running(run, "relay", "--topic-bytes", "16KiB") as server:
        take(run, "leaving", 0, server.pid)
        for cycle in range(1, cycles + 1):
            options = server.publishing | {"viewers": VIEWERS, "warm_up": 0, "seconds": 0.1, "leave": 10}
            viewers.load(run, f"cycle {cycle}", server, **options)
            take(run, "leaving", cycle, server.pid)
            if cycle % CYCLES_TOLD == 0:
                run.tell(f"cycle {cycle}: {held(server.pid)}")
        return f"{cycles} cycles: {held(server.pid)}"


def held(pid):
    return f"RSS {machine.rss_bytes(pid) // 1024} KB, {machine.descriptors(pid)} descriptors"


def vanishing(run, rounds):
    with servers.running(run, "relay", "--ping-interval", "1s") as server:
        at_first = machine.descriptors(server.pid)
        take(run, "vanishing", 0, server.pid)
        for number_of_round in range(1, rounds + 1):
            run.tell(vanish(run, server, number_of_round, at_first))
        return f"{rounds} times {VIEWERS} viewers vanished: {held(server.pid)}"


def vanish(run, server, number_of_round, at_first):
    """The program that holds the other ends stops, and neither closes anything nor answers
    a ping."""
    options = {"protocol": "relay", "viewers": VIEWERS, "seconds": 120}
    crowd = viewers.begin(run, server, f"{run.work}/crowd.out", **options)
    try:
        if not wait_until(PATIENCE_S, lambda: machine.descriptors(server.pid) >= at_first + VIEWERS):
            run.fault(f"round {number_of_round}: the viewers did not come")
        crowd.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        if not wait_until(PATIENCE_S, lambda: machine.descriptors(server.pid) <= at_first):
            left = machine.descriptors(server.pid) - at_first
            run.fault(f"round {number_of_round}: {left} descriptors are still open after {PATIENCE_S} s")
        freed_ms = round((time.monotonic() - began) * 1000)
    finally:
        stop(crowd, signal.SIGKILL)
    run.record("vanishing", number_of_round, 1, freed_ms=freed_ms)
    take(run, "vanishing", number_of_round, server.pid)
    return f"{VIEWERS} viewers vanished and were gone after {freed_ms} ms: {held(server.pid)}"


# --- telling ----------------------------------------------------------------------


def settled_slope(figures, case, metric):
    """Of the cycles that count: all but the first ones."""
    xs = [int(x) for x in figures.xs(case)]
    found = figures.slope(case, [x for x in xs if x > WARM_UP * max(xs)], metric)
    return None if found is None else summary_of([found])


def left_over(figures, case):
    return summary_of([figures.last(case, "descriptors") - figures.first(case, "descriptors")])


def my_goals(figures):
    rounds = figures.xs("vanishing")
    freed = summary_of(ms for x in rounds for ms in figures.of("vanishing", x, "freed_ms").values())
    return [
        at_most("RSS, bytes more with each cycle of 1,000", settled_slope(figures, "leaving", "rss_bytes"), 1024, 128),
        at_most("descriptors left by all cycles", left_over(figures, "leaving"), 0),
        at_most("descriptors left by those that vanished", left_over(figures, "vanishing"), 0),
        at_most("until the vanished are freed, pings every 1 s", freed, 8000, 3000, " ms"),
    ]


def is_shown(x):
    return int(x) in (0, 1, 2, 5) or int(x) % 10 == 0


def table_of(case, what):
    def block(figures):
        xs = figures.xs(case)
        rows = [[what, "RSS, KB", "heap, KB", "descriptors"]]
        for x in [x for x in xs if is_shown(x)] if len(xs) > MOST_ROWS else xs:
            found = [figures.summary(case, x, metric) for metric in ("rss_bytes", "heap_bytes", "descriptors")]
            rows.append([x] + [number(round(one.median / by)) for one, by in zip(found, (1024, 1024, 1))])
        return markdown(rows)

    return of_figures(block)


def heap(figures):
    grows = settled_slope(figures, "leaving", "heap_bytes")
    return f"The heap grows by {grows or MISSING} bytes with each cycle."


def panels(figures):
    cycles = [int(x) for x in figures.xs("leaving")]
    titled = (("RSS, bytes", "rss_bytes"), ("descriptors", "descriptors"))
    return [
        Panel(title, metric, ["leaving"], cycles, {"leaving": "after each cycle"}, log_x=False)
        for title, metric in titled
    ]


STUDY = Study(
    title="Memory: a thousand viewers come and go, a hundred times",
    prepare=prepare,
    steps=steps,
    report=[
        "![](memory.svg)",
        "One relay. In each cycle 1,000 viewers connect and follow a match. For 0.1 s the next entry is written"
        " as soon as all viewers have the last. Then all viewers leave at once, and the study measures the relay."
        " The slope is that of a straight line through all cycles but the first fifth, in which the log of the"
        " match fills (`--topic-bytes 16KiB`) and libwebsockets' pools grow to the largest number of connections.",
        goals(my_goals),
        "### Leaving",
        table_of("leaving", "after cycle"),
        of_figures(heap),
        "### Vanishing",
        "The program that holds 1,000 viewers is stopped: it neither closes its connections nor answers"
        " a ping. The relay closes a viewer that has not answered a ping after three quarters of `--ping-interval`,"
        " and frees it at most five seconds later: at the default of 30 s within a minute after it vanished.",
        table_of("vanishing", "after round"),
    ],
    chart=Lines("cycle", panels),
)
