"""`make bench-broadcast`: from writing an entry to each viewer, at match pace and far above it."""

import contextlib
import os

from .. import servers, viewers
from ..chart import Lines, Panel
from ..goals import Goal, at_most
from ..page import goals, of_figures
from ..run import Study, in_order, reference, step
from ..tables import cell, markdown

VIEWERS = [100, 1000, 10000]
QUICK_VIEWERS = [1000]
RATES = [1, 10, 100]
QUICK_RATES = [10, 100]
MOST_OF_PEERS = 200_000  # deliveries/s that a peer is still asked for: see the report
FLAT_VIEWERS = 1000
CASES = ["relay", "node", "nchan"]
NAMES = {"relay": "**relay**", "node": "Node peer", "nchan": "nginx + nchan"}
SHOWN_AT = 10  # entries a second, of the histograms
INSERT = {"publish": "insert", "insert": "INSERT INTO commentary.feed (match_id, message) VALUES ($1, $2)"}

# --- measuring --------------------------------------------------------------------


def prepare(run):
    run.need_files(run.chosen(VIEWERS, QUICK_VIEWERS)[-1] + 100)
    run.start_cluster("max_connections = 50")
    servers.prepare_nginx(run)
    servers.prepare_node(run)
    run.create_matches(1)
    run.cluster.pin(servers.LOAD_CPU)  # the server under test has a core of its own


def steps(run):
    cells = [
        (paced, kind, count, rate)
        for count in run.chosen(VIEWERS, QUICK_VIEWERS)
        for rate in run.chosen(RATES, QUICK_RATES)
        for kind in CASES
        if kind == "relay" or count * rate <= MOST_OF_PEERS
    ]
    cells += [(flat_out, kind) for kind in CASES]
    repetitions = run.repetitions(2, 1)
    for repetition in repetitions:
        yield step(reference, repetition)
        for function, *arguments in in_order(repetition, cells):
            yield step(function, *arguments, repetition)
    yield step(reference, len(repetitions) + 1)


def load(run, kind, told, **options):
    """The relay's entries are INSERTs, the others' what they are written to by. The Node peer
    may lose its order under load, and a peer may fall behind: that is told as a figure."""
    with servers.running(run, kind) as server:
        writing = server.publishing | (INSERT if kind == "relay" else {})
        found = viewers.try_load(run, server, **writing | {"warm_up": 0.3} | options)
    if found.has_failed and kind == "relay":
        run.fault(f"{told}: {found.why()}")
    return found


def paced(run, kind, count, rate, repetition):
    told = f"{kind}, {count} viewers, {rate} entries/s"
    path = f"{run.work}/histogram"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    found = load(run, kind, told, viewers=count, rate=rate, seconds=run.chosen(1.5, 1), histogram=path)
    buckets = viewers.histogram(path)
    if not buckets:
        run.fault(f"{told}: {found.why()}")
        return f"{told}: no histogram"
    metrics = ["p50_us", "p99_us", "p999_us", "deliveries_per_s", "cpu_us", "missing", "doubled"]
    run.record(kind, count, repetition, **found.taken(f"at_{rate}", *metrics))
    for from_us, deliveries in buckets:
        run.record(f"{kind} {count} at {rate}", from_us, repetition, deliveries=deliveries)
    return f"{told}: p50 {found['p50_us']} µs, p99 {found['p99_us']} µs, p99.9 {found['p999_us']} µs"


def flat_out(run, kind, repetition):
    """Through the database, the next entry when all have the last."""
    told = f"{kind}, {FLAT_VIEWERS} viewers, flat out"
    found = load(run, kind, told, viewers=FLAT_VIEWERS, seconds=run.chosen(2, 1))
    metrics = ["deliveries_per_s", "p50_us", "p99_us", "p999_us", "cpu_us"]
    run.record(kind, FLAT_VIEWERS, repetition, **found.taken("flat", *metrics))
    return f"{told}: {found['deliveries_per_s']} deliveries/s, p99 {found['p99_us']} µs"


# --- telling ----------------------------------------------------------------------


def my_goals(figures):
    found = []
    for x in VIEWERS:
        for metric in ("p50_us", "p99_us"):
            name = f"at_{SHOWN_AT}_{metric}"
            ratio = figures.ratio(("relay", x, name), ("node", x, name))
            if ratio:
                told = f"{SHOWN_AT} entries/s, {x:,} viewers, {metric[:3]} ÷ Node peer"
                found.append(at_most(told, ratio, 1, 0.5))
    flat = ("relay", 1000, "flat_deliveries_per_s"), ("node", 1000, "flat_deliveries_per_s")
    found.append(Goal("flat out, 1,000 viewers, deliveries/s ÷ Node peer", figures.ratio(*flat), 1, 2))
    missing = [figures.summary("relay", x, f"at_{rate}_missing") for x in VIEWERS for rate in RATES]
    worst = max((one for one in missing if one), key=lambda one: one.high, default=None)
    found.append(at_most("entries that the relay's viewers miss, the worst cell", worst, 0))
    return found


def delays(metric):
    def block(figures):
        rows = [["entries/s", "viewers"] + [NAMES[case] for case in CASES]]
        for rate in RATES:
            for x in VIEWERS:
                found = [figures.summary(case, x, f"at_{rate}_{metric}") for case in CASES]
                if any(found):
                    rows.append([str(rate), f"{x:,}"] + [cell(one) for one in found])
        return markdown(rows)

    return of_figures(block)


def flat(figures):
    metrics = ["deliveries_per_s", "cpu_us", "p50_us", "p99_us", "p999_us"]
    rows = [["1,000 viewers", "deliveries/s", "CPU, µs a delivery", "p50, µs", "p99, µs", "p99.9, µs"]]
    for case in CASES:
        rows.append([NAMES[case]] + [cell(figures.summary(case, 1000, f"flat_{metric}")) for metric in metrics])
    return markdown(rows)


def disorder(figures):
    """What the peers lost or sent twice or out of order, told where there was any."""
    lines = []
    for case in CASES[1:]:
        for rate in RATES:
            for x in VIEWERS:
                missing, doubled = (figures.summary(case, x, f"at_{rate}_{name}") for name in ("missing", "doubled"))
                if missing and (missing.high or doubled.high):
                    told = f"{missing} deliveries missing, {doubled} out of order"
                    lines.append(f"- {NAMES[case]}, {x:,} viewers, {rate} entries/s: {told}")
    return "\n".join(lines)


def panels(figures):
    found = []
    for x in [x for x in VIEWERS if figures.of("relay", x, f"at_{SHOWN_AT}_p50_us")]:
        names = {f"{case} {x} at {SHOWN_AT}": NAMES[case].strip("*") for case in CASES}
        xs = sorted({float(at) for name in names for at in figures.xs(name)})
        title = f"deliveries by their delay, µs: {x:,} viewers, {SHOWN_AT} entries/s"
        found.append(Panel(title, "deliveries", list(names), xs, names, has_points=False))
    return found


STUDY = Study(
    title="Broadcast: from writing an entry to each viewer, against the Node peer and nchan",
    prepare=prepare,
    steps=steps,
    report=[
        "![](broadcast.svg)",
        "The delay from the moment when the writer sends an entry until it arrives at each viewer. relay: INSERT"
        " INTO commentary.feed, `durable`, so the delay includes the commit and its fsync. Node peer: POST,"
        " INSERT, broadcast. nchan: a POST, and **nothing is stored**: its delay is that of broadcasting alone."
        " Each server has a core of its own; PostgreSQL and the load share the other.",
        "– : not measured. A peer that needs one send for each entry and viewer cannot reach 1,000,000 deliveries"
        " a second; the relay can, because it sends entries that arrive together in one send. The section of"
        " bench-fanout shows how fast each server sends when no entry is stored.",
        goals(my_goals),
        "### p50, µs",
        delays("p50_us"),
        "### p99, µs",
        delays("p99_us"),
        "### p99.9, µs",
        delays("p999_us"),
        "### Flat out",
        "The next entry is written when all viewers have the last:",
        of_figures(flat),
        of_figures(disorder),
    ],
    chart=Lines("µs", panels),
)
