"""`make bench-node`: the Node server that commentary replaces, faithful and small, driven by
as many concurrent POSTs as bench-write has clients."""

from .. import inserts, sentences, servers, wrk
from ..chart import Lines, Panel
from ..goals import Goal
from ..page import goals, tables
from ..pgbench import Pgbench
from ..processes import pinned
from ..run import Study, in_order, reference, step
from ..summaries import share_pct
from ..tables import markdown

WRITERS = [1, 10, 100, 1000]
QUICK_WRITERS = [100]
POOLS = [10, 50]
MANY = 500  # writers, from which on a cell takes longer: they wait for each other
WARM_UP_WRITERS = 10
CASES = ["node 10", "node 50", "durable"]
NAMES = {"node 10": "Node, pool of 10", "node 50": "Node, pool of 50", "durable": "**durable**"}

# What was published of the system that commentary replaces.
PUBLISHED = [
    ["", "published"],
    ["writes, at most", "32 a second"],
    ["writes at 100 concurrent requests", "0 of 50 succeeded, after about 2.5 s each"],
    ["a WebSocket connection", "about 2 ms to connect, 12 to 60 KB each"],
    ["reads", "63,885 a second"],
    ["broadcast", "never measured, because writes failed"],
]

# --- measuring --------------------------------------------------------------------


def prepare(run):
    run.need_files(4096)
    run.start_cluster(
        "max_connections = 1400",
        "shared_preload_libraries = 'pg_stat_statements, commentary'",
        "shared_buffers = 512MB",
        "max_wal_size = 8GB",
        "checkpoint_timeout = 30min",
    )
    servers.prepare_node(run)
    run.software.append(wrk.version())
    run.create_tables()
    run.pgbench = Pgbench(run, ["durable"], pinned(servers.LOAD_CPU, []))
    # Everything that serves has one core, PostgreSQL as well; the load has the other.
    run.cluster.pin(servers.SERVER_CPU)


def steps(run):
    repetitions = run.repetitions(2, 1)
    for repetition in repetitions:
        yield step(reference, repetition)
        for writers in run.chosen(WRITERS, QUICK_WRITERS):
            for kind in in_order(repetition, ["durable", *POOLS]):
                if kind == "durable":
                    yield step(insert, writers, repetition)
                else:
                    yield step(post, kind, writers, repetition)
    yield step(reference, len(repetitions) + 1)


def insert(run, writers, repetition):
    return inserts.cell(run, run.pgbench, "durable", writers, writers, 3 if writers < MANY else 5, repetition)


def post(run, pool, writers, repetition):
    """A second of warm-up by ten writers, then what counts. What has no answer after ten
    seconds has failed."""
    case, seconds = f"node {pool}", 2 if writers < MANY else 5
    said = sentences.path(run.places)
    with servers.running(run, "node", pool) as server:
        wrk.requests(run, server, "/", min(writers, WARM_UP_WRITERS), 1, said)
        before = entries_stored(run)
        found = wrk.requests(run, server, "/", writers, seconds, said)
        stored = entries_stored(run) - before
    answered, failed = int(found["ok"] or 0), int(found["failed"] or 0)
    run.record(
        *[case, writers, repetition],
        tps=found["per_s"],
        p50_ms=found["p50_ms"],
        p99_ms=found["p99_ms"],
        success_pct=f"{share_pct(answered, failed):.6f}",
    )
    if answered == 0:
        run.fault(f"{case}, {writers} writers: no answer within {seconds} s")
    if stored < answered:
        run.fault(f"{case}, {writers} writers: {answered} were answered, {stored} are stored")
    return (
        f"node, pool {pool:<3} {writers:6} writers  {float(found['per_s'] or 0):9.0f}/s"
        f"  p50 {float(found['p50_ms'] or 0):8.2f} ms  p99 {float(found['p99_ms'] or 0):8.2f} ms"
    )


def entries_stored(run):
    return run.cluster.number("select count(*) from node.commentary")


# --- telling ----------------------------------------------------------------------


def my_goals(figures):
    found = [
        Goal(
            f"durable ÷ Node with a pool of 10, {x:,} writers",
            figures.ratio(("durable", x, "tps"), ("node 10", x, "tps")),
            *[5, 10],
        )
        for x in (10, 100, 1000)
    ]
    cells = [figures.summary("durable", x, "success_pct") for x in WRITERS]
    worst = min((one for one in cells if one), key=lambda one: one.low, default=None)
    return found + [Goal("success, the worst cell of durable", worst, 100, None, " %")]


STUDY = Study(
    title="Writing through a Node server: Express, pg and ws, against durable",
    prepare=prepare,
    steps=steps,
    report=[
        "![](node.svg)",
        "`bench/peers/node`: a POST inserts one row into a table with a primary key, a foreign key and an index,"
        " broadcasts it to the viewers of its match (there are none here, which favours the peer), and answers"
        " 201. wrk keeps one connection for each writer, with one request under way. `durable`: pgbench with as"
        " many clients, INSERT INTO commentary.feed. PostgreSQL and Node share one core, and the load has the"
        " other.",
        goals(my_goals),
        *tables(
            [
                ("### Entries stored per second", "tps"),
                ("### Success, %", "success_pct"),
                ("### p50, ms", "p50_ms"),
                ("### p99, ms", "p99_ms"),
            ],
            *[CASES, WRITERS, "writers", NAMES],
        ),
        "### The replaced system's own figures",
        "As published, on the system's own machine and network; **not measured here**. The peer above does"
        " better: its database is on the same machine, and nothing limits how long a request may wait for a"
        " connection of the pool.",
        markdown(PUBLISHED),
    ],
    chart=Lines(
        "concurrent writers",
        [
            Panel(title, metric, CASES, WRITERS, {case: name.strip("*") for case, name in NAMES.items()}, True)
            for title, metric in (("entries/s", "tps"), ("p99, ms", "p99_ms"))
        ],
    ),
)
