"""`make bench-matches`: what many live matches cost, and viewers that follow many."""

from .. import servers, viewers
from ..chart import Lines, Panel
from ..goals import at_most
from ..page import goals, of_figures, table
from ..run import Study, in_order, reference, step
from ..tables import cell, markdown

VIEWERS = 1000
MATCHES = 1000
LIVE = [1, 10, 100, 1000]
FOLLOWED = [1, 32, 128]
QUICK_FOLLOWED = [1, 128]
# (live matches, followed by each viewer)
CELLS = [(1, 1), (10, 1), (100, 1), (1000, 1), (1000, 32), (1000, 128)]
QUICK_CELLS = [(1, 1), (10, 1), (1000, 1), (1000, 128)]
METRICS = {
    "entry_cpu_us": "CPU, µs an entry",
    "cpu_us": "CPU, µs a delivery",
    "deliveries_per_s": "deliveries/s",
    "p99_us": "p99, µs",
    "rss_per_viewer": "RSS, bytes a viewer",
    "connect_per_s": "subscribed/s",
}

# --- measuring --------------------------------------------------------------------


def prepare(run):
    viewers.prepare(run, VIEWERS, "max_connections = 20", MATCHES)


def steps(run):
    repetitions = run.repetitions(2, 1)
    for repetition in repetitions:
        yield step(reference, repetition)
        for live, each in in_order(repetition, run.chosen(CELLS, QUICK_CELLS)):
            yield step(follow, live, each, repetition)
        for each in in_order(repetition, run.chosen(FOLLOWED, QUICK_FOLLOWED)):
            yield step(leaving, each, repetition)
    yield step(reference, len(repetitions) + 1)


def follow(run, live, each, repetition):
    """Entries go to the matches in turn, the next when all who follow its match have the last."""
    told = f"{live} live matches, {each} followed"
    options = {"viewers": VIEWERS, "matches": live, "follow": each, "warm_up": 0.3, "leave": 10}
    with servers.running(run, "relay") as server:
        found = viewers.load(run, told, server, **server.publishing | options, seconds=run.chosen(1.5, 0.5))
    run.record(f"followed {each}", live, repetition, **found.taken("flat", *METRICS))
    return f"{told}: CPU {found['entry_cpu_us']} µs an entry, {found['cpu_us']} µs a delivery"


def leaving(run, each, repetition):
    """Nothing is published: what it takes the relay to see everybody off."""
    told = f"leaving, {each} followed"
    options = {"protocol": "relay", "viewers": VIEWERS, "matches": MATCHES, "follow": each, "seconds": 0.1, "leave": 10}
    with servers.running(run, "relay") as server:
        found = viewers.load(run, told, server, **options)
    run.record("leaving", each, repetition, **found.taken("all", "leave_cpu_us", "leave_ms"))
    return f"{told}: CPU {found['leave_cpu_us']} µs a viewer, all gone after {found['leave_ms']} ms"


# --- telling ----------------------------------------------------------------------


def my_goals(figures):
    each = figures.ratio(("followed 128", 1000, "flat_cpu_us"), ("followed 1", 10, "flat_cpu_us"))
    left = figures.ratio(("leaving", 128, "all_leave_cpu_us"), ("leaving", 1, "all_leave_cpu_us"))
    return [
        at_most("a delivery: 128 of 1,000 followed, 128 readers an entry ÷ 1 of 10, 100 readers", each, 1.5, 1.2),
        at_most("leaving: 128 followed ÷ 1", left, 4, 2),
    ]


def table_of(pairs):
    """pairs: (live matches, followed by each viewer)."""

    def block(figures):
        rows = [["live", "followed by each", "readers of an entry"] + list(METRICS.values())]
        for live, each in pairs:
            found = [figures.summary(f"followed {each}", live, f"flat_{metric}") for metric in METRICS]
            rows.append([f"{live:,}", str(each), f"{VIEWERS * each // live:,}"] + [cell(one) for one in found])
        return markdown(rows)

    return of_figures(block)


STUDY = Study(
    title="Many matches: from 1 to 1,000 live, viewers that follow 1 to 128",
    prepare=prepare,
    steps=steps,
    report=[
        "![](matches.svg)",
        "One relay, 1,000 viewers. Entries go to the live matches in turn, one outstanding at a time. An entry"
        " with few readers is delivered soon, and a large part of its cost is that of the entry itself:"
        " PostgreSQL's NOTIFY, parsing, framing. So read the cost of an entry and of a delivery together.",
        goals(my_goals),
        "### More live matches, one followed by each viewer",
        table_of([(live, 1) for live in LIVE]),
        "### More followed, 1,000 live",
        table_of([(1000, each) for each in FOLLOWED]),
        "### Leaving",
        "CPU of the relay, µs a viewer, when all 1,000 leave at once:",
        table("all_leave_cpu_us", ["leaving"], FOLLOWED, "followed", {"leaving": "µs"}),
    ],
    chart=Lines(
        "live matches, followed matches",
        [
            Panel(
                *["CPU of an entry, µs", "flat_entry_cpu_us", ["followed 1"], LIVE],
                names={"followed 1": "one followed by each"},
                log_y=True,
            ),
            Panel(
                *["CPU of a viewer that leaves, µs", "all_leave_cpu_us", ["leaving"], FOLLOWED],
                names={"leaving": "by matches followed"},
            ),
        ],
    ),
)
