"""`make bench-reads`: GET of states and history, against files and the Node peer."""

from .. import sentences, servers, wrk
from ..chart import Bars
from ..console import Trouble
from ..goals import Goal
from ..page import goals, of_figures
from ..run import Study, in_order, reference, step
from ..tables import cell, markdown

CONNECTIONS = 64
MATCHES = 128
ENTRIES = 999  # beside the one that a match begins with
PATHS = {
    "states": "/matches",
    "state": "/matches/1",
    "history": "/matches/1/commentary?since=0&limit=100",
    "newest": "/matches/1/commentary?since=990&limit=100",
}
TITLES = {
    "states": "`/matches`: 128 states",
    "state": "`/matches/1`: one",
    "history": "`…/commentary?since=0&limit=100`: the first hundred",
    "newest": "`…/commentary?since=990&limit=100`: the newest ten",
}
CASES = {"relay": "**relay**", "nginx": "nginx, the same bytes as a file", "node": "Node peer"}

# --- measuring --------------------------------------------------------------------


def prepare(run):
    run.start_cluster("max_connections = 100")
    servers.prepare_nginx(run)
    servers.prepare_node(run)
    run.software.append(wrk.version())
    run.create_matches(MATCHES)
    fill(run)
    run.cluster.pin(servers.LOAD_CPU)
    save_answers(run)


def fill(run):
    """The same entries for both: a match of 1,000, of the sentences in turn."""
    said = sentences.sentences(run.places)
    text = sentences.copy_text(sentences.rows(said, ENTRIES, 1, 1))
    for table in ("commentary.feed", "node.commentary"):
        run.cluster.psql("-c", f"copy {table} ({sentences.COLUMNS}) from stdin", input=text)
    run.cluster.sql("select commentary.flush()", "vacuum analyze")


def save_answers(run):
    """What the relay says, as files for nginx; their names are the routes'."""
    with servers.running(run, "relay") as server:
        for route, path in PATHS.items():
            status, answer = server.get(path)
            if status != 200:
                raise Trouble(f"the relay answers GET {path} with {status}")
            servers.serve_file(run, route, answer)
            run.record("bytes", route, 1, bytes=len(answer))


def steps(run):
    repetitions = run.repetitions(2, 1)
    for repetition in repetitions:
        yield step(reference, repetition)
        for route in PATHS:
            kinds = ["relay", "nginx"] if route == "state" else list(CASES)  # the Node peer has no single state
            for kind in in_order(repetition, kinds):
                yield step(get, kind, route, repetition)
    yield step(reference, len(repetitions) + 1)


def get(run, kind, route, repetition):
    path = f"/{route}" if kind == "nginx" else PATHS[route]
    with servers.running(run, kind) as server:
        if not run.wishes.is_quick:
            wrk.requests(run, server, path, CONNECTIONS, 1)  # to warm up
        found = wrk.requests(run, server, path, CONNECTIONS, run.chosen(2, 1))
    if found["failed"] != "0":
        run.fault(f"{kind}, GET {path}: {found['failed']} failed")
    run.record(kind, route, repetition, per_s=found["per_s"], p50_ms=found["p50_ms"], p99_ms=found["p99_ms"])
    return f"{kind}, GET {path}: {found['per_s']}/s, p99 {found['p99_ms']} ms"


# --- telling ----------------------------------------------------------------------


def my_goals(figures):
    def ratio(route, that):
        return figures.ratio(("relay", route, "per_s"), (that, route, "per_s"))

    found = [Goal(f"GET {TITLES[route]} ÷ nginx", ratio(route, "nginx"), 0.5, 0.8) for route in PATHS]
    return found + [
        Goal(f"GET {TITLES[route]} ÷ Node peer", ratio(route, "node"), 5, 10) for route in ("states", "history")
    ]


def table_of(metric):
    def block(figures):
        rows = [["GET", "bytes"] + list(CASES.values())]
        for route, title in TITLES.items():
            found = [cell(figures.summary(case, route, metric)) for case in CASES]
            rows.append([title, str(figures.summary("bytes", route, "bytes"))] + found)
        return markdown(rows)

    return of_figures(block)


STUDY = Study(
    title="Reading by HTTP: states and history, against nginx with files and the Node peer",
    prepare=prepare,
    steps=steps,
    report=[
        "![](reads.svg)",
        "wrk keeps 64 connections. The server has one core; wrk and PostgreSQL share the other. The Node peer"
        " asks PostgreSQL for each answer (its pool: 10). The replaced system published 63,885 reads/s, which was"
        " not measured here.",
        goals(my_goals),
        "### Answers per second",
        table_of("per_s"),
        "### p50, ms",
        table_of("p50_ms"),
        "### p99, ms",
        table_of("p99_ms"),
    ],
    chart=Bars("answers/s", "per_s", list(CASES), list(PATHS), {"nginx": "nginx, a file", "node": "Node peer"}),
)
