"""`make bench-connections`: who is let in, how soon, and what a connection takes."""

from .. import servers, viewers
from ..chart import Lines, Panel
from ..goals import Goal
from ..page import goals, of_figures, table, tables
from ..run import Study, in_order, reference, step
from ..tables import cell

VIEWERS = [10, 100, 1000, 5000, 10000]
QUICK_VIEWERS = [10, 1000]
PEER_VIEWERS = [100, 1000, 10000]  # at which the peer is measured as well
CASES = ["relay", "node"]
NAMES = {"relay": "**relay**", "node": "Node peer"}
PATTERNS = {"staggered": "Staggered over two seconds", "burst": "All in one second"}
STAGGERED_S = 2
ADDRESSES = 32
GREEDY_ADDRESS = 200  # the last part of it

# --- measuring --------------------------------------------------------------------


def prepare(run):
    run.need_files(run.chosen(VIEWERS, QUICK_VIEWERS)[-1] + 100)
    run.start_cluster("max_connections = 50")
    servers.prepare_node(run)
    run.create_matches(1)
    run.cluster.pin(servers.LOAD_CPU)


def steps(run):
    counts = run.chosen(VIEWERS, QUICK_VIEWERS)
    repetitions = run.repetitions(2, 1)
    for repetition in repetitions:
        yield step(reference, repetition)
        for count in counts:
            for pattern in PATTERNS:
                kinds = CASES if count in PEER_VIEWERS else ["relay"]
                for kind in in_order(repetition, kinds):
                    yield step(arrive, kind, count, pattern, repetition)
        yield step(stadium, counts[-1], repetition)
        yield step(crowded, counts[-1], repetition)
    yield step(reference, len(repetitions) + 1)


def rate_of(pattern, count):
    """How many are begun in a second."""
    return count if pattern == "burst" else -(-count // STAGGERED_S)


def arrive(run, kind, count, pattern, repetition):
    """The peer's failures are its figures, the relay's are faults."""
    told = f"{kind}, {count} viewers, {pattern}"
    with servers.running(run, kind) as server:
        options = {"viewers": count, "connecting": count, "connect_rate": rate_of(pattern, count), "seconds": 0.1}
        found = viewers.try_load(run, server, **server.publishing | {"publish": "nothing"} | options)
    if found.has_failed and kind == "relay":
        run.fault(f"{told}: {found.why()}")
    metrics = ["ready_pct", "connect_p50_us", "connect_p99_us", "rss_per_viewer", "kernel_per_viewer"]
    run.record(kind, count, repetition, **found.taken(pattern, *metrics))
    return (
        f"{told}: {found['ready_pct']} % let in,"
        f" p50 {found['connect_p50_us']} µs, p99 {found['connect_p99_us']} µs"
    )


def all_at_once(count):
    return {"protocol": "relay", "viewers": count, "connecting": count, "connect_rate": count}


def stadium(run, count, repetition):
    """All in one second, from one address, with the limits as they are."""
    told = f"relay, {count} viewers of one address"
    with servers.running(run, "relay") as server:
        found = viewers.load(run, told, server, **all_at_once(count), sources=1, seconds=0.1)
    run.record("relay", "stadium", repetition, **found.taken("limits", "ready_pct", "connect_p99_us"))
    return f"{told}: {found['ready_pct']} % let in"


def crowded(run, count, repetition):
    """A limit just above what each of 32 addresses needs, and one more address that wants
    ten times as much in the same second."""
    told = f"relay, {count} viewers beside a greedy address"
    limit = count // ADDRESSES + 10
    wanted = limit * 10
    options = ["--max-viewers-per-address", str(limit), "--connects-per-address", str(limit)]
    with servers.running(run, "relay", *options) as server:
        greedy = viewers.begin(
            *[run, server, f"{run.work}/greedy.out"],
            **all_at_once(wanted) | {"source": GREEDY_ADDRESS, "sources": 1, "seconds": 1},
        )
        found = viewers.load(run, told, server, **all_at_once(count), seconds=0.1)
        greedy.wait()  # it was refused, so its status means nothing
    run.record("relay", "crowded", repetition, **found.taken("limits", "ready_pct", "connect_p99_us"))
    refused = viewers.of_file(f"{run.work}/greedy.out")["refused"]
    run.record("greedy", "crowded", repetition, limits_refused_pct=refused and f"{100 * int(refused) / wanted:.6g}")
    return f"{told}: {found['ready_pct']} % let in"


# --- telling ----------------------------------------------------------------------


def my_goals(figures):
    most = figures.most_measured("relay", VIEWERS, "burst_ready_pct")
    found = [
        Goal(f"{x:,} viewers, {pattern}: let in", figures.summary("relay", x, f"{pattern}_ready_pct"), 100, None, " %")
        for pattern in PATTERNS
        for x in VIEWERS
        if figures.of("relay", x, f"{pattern}_ready_pct")
    ]
    for name, x in (("of one address, default limits", "stadium"), ("beside a greedy address", "crowded")):
        let_in = figures.summary("relay", x, "limits_ready_pct")
        found.append(Goal(f"{most:,} in one second {name}: let in", let_in, 100, None, " %"))
    return found


def limits(figures):
    refused = figures.summary("greedy", "crowded", "limits_refused_pct")
    honest = figures.summary("relay", "crowded", "limits_ready_pct")
    return (
        "### Limits per address\n\n32 addresses stay within their limits, and one more attempts ten times its"
        f" limit in the same second: {cell(refused)} % of its connections are refused, and {cell(honest)} % of the"
        " others are let in."
    )


def pattern_blocks(pattern, title):
    titled = [
        ("Let in, %:", f"{pattern}_ready_pct"),
        ("Time to connect, p50, µs:", f"{pattern}_connect_p50_us"),
        ("Time to connect, p99, µs:", f"{pattern}_connect_p99_us"),
    ]
    return [f"### {title}"] + tables(titled, CASES, VIEWERS, "viewers", NAMES)


STUDY = Study(
    title="Connections: from 10 to 10,000 viewers, staggered and in one second",
    prepare=prepare,
    steps=steps,
    report=[
        "![](connections.svg)",
        "The time to connect ends when the viewer is subscribed: it includes TCP, the WebSocket handshake,"
        " `subscribe` and its answer. A viewer of the Node peer is connected after the handshake. The replaced"
        " system published about 2 ms to connect and 12 to 60 KB for each connection; these figures were not"
        " measured here.",
        goals(my_goals),
        *[block for pattern, title in PATTERNS.items() for block in pattern_blocks(pattern, title)],
        "### What a connection takes",
        "RSS of the server, bytes for each viewer (with few viewers it is mostly the server's own):",
        table("staggered_rss_per_viewer", CASES, VIEWERS, "viewers", NAMES),
        "Kernel memory, bytes for each connection, both ends together:",
        table("staggered_kernel_per_viewer", CASES, VIEWERS[2:], "viewers", NAMES),
        of_figures(limits),
    ],
    chart=Lines(
        "viewers",
        [
            Panel(
                *[f"time to connect, p99, µs: {pattern}", f"{pattern}_connect_p99_us", CASES, VIEWERS],
                names={"relay": "relay", "node": "Node peer"},
                log_y=True,
            )
            for pattern in PATTERNS
        ],
    ),
)
