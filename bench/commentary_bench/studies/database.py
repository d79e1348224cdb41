"""`make bench-database`: what PostgreSQL has to do, and whether it stays the same while the log
grows. ENTRIES=10000000 lets it grow to ten million instead of one."""

import csv
import os
import re
import time

from .. import inserts, plans, samples, sentences, servers, viewers
from ..chart import Lines, Panel
from ..console import Trouble
from ..goals import Goal, at_most
from ..page import goals, of_figures
from ..pgbench import VARIANTS, Pgbench
from ..processes import stop, wait_until
from ..run import Study, reference, step
from ..summaries import number, summary_of
from ..tables import MISSING, code, markdown

ENTRIES, QUICK_ENTRIES = 1_000_000, 20_000
MATCHES = 1001
FILLED = (21, 1000)  # the matches of the growing log, first and last; ten writers have those before
READ_MATCH = 1001  # of a size that does not change: what is read is always as much
READ_ROWS = 2000
PIECE = 200_000  # rows that one transaction may stage
CLIENTS = 10
LARGE_ROWS = 10_000  # of a table that no query may scan

# What the relay asks, as it does; and the view for those who read in SQL.
READS = {
    "newer": f"SELECT r.seq, r.body FROM commentary.read({READ_MATCH}, {READ_ROWS - 100}, 500) AS r;",
    "history": f"SELECT r.seq, r.body FROM commentary.read({READ_MATCH}, 0, 500) AS r;",
    "newest": f"SELECT t.seq, t.body FROM commentary.tail({READ_MATCH}, 1000) AS t;",
    "heads": "SELECT * FROM commentary.heads(array(SELECT generate_series(1, 100)::bigint));",
    "lobby": "SELECT commentary.lobby();",
    "feed": f"SELECT * FROM commentary.feed WHERE match_id = {READ_MATCH} ORDER BY seq DESC LIMIT 50;",
}
TITLES = {
    "newer": "catch up: the newest 100 of 2,000",
    "history": "history: the first 500",
    "newest": "a match is loaded: the newest 1,000",
    "heads": "heads of 100 matches",
    "lobby": "lobby of 1,001 matches",
    "feed": "`commentary.feed`, newest 50",
}

# --- measuring --------------------------------------------------------------------


def sizes(run):
    entries = os.environ.get("ENTRIES") or str(run.chosen(ENTRIES, QUICK_ENTRIES))
    if not re.fullmatch("[1-9][0-9]{4,8}", entries):
        raise Trouble(f"ENTRIES={entries} is not a number from 10000 to 999999999")
    most = int(entries)
    return run.chosen([most // 100, most // 10, most], [most // 10, most])


def prepare(run):
    sizes(run)
    run.need_files(1024)
    run.start_cluster(
        "max_connections = 100",
        "shared_preload_libraries = 'pg_stat_statements, auto_explain, commentary'",
        "pg_stat_statements.track = all",
        "shared_buffers = 1GB",
        "max_wal_size = 8GB",
        "checkpoint_timeout = 30min",
        "autovacuum_naptime = 10s",
        "log_line_prefix = '%m [%p] %b|%a|'",
        "auto_explain.log_nested_statements = on",
        "auto_explain.log_format = json",
    )
    run.create_tables(MATCHES)
    run.pgbench = Pgbench(run, ["durable"])
    for name, query in READS.items():
        run.pgbench.write_script(name, f"{query}\n")
    run.sentences = sentences.sentences(run.places)
    store(run, READ_ROWS, READ_MATCH, READ_MATCH)


def steps(run):
    for size in sizes(run):
        yield step(grow, size)
        for repetition in run.repetitions(2, 1):
            yield step(reference, f"{size}-{repetition}")
            yield step(insert, size, repetition)
            for name in READS:
                yield step(read_one, name, size, repetition)
    yield step(profile)
    yield step(explain)
    yield step(reference, "end")


def store(run, count, first_match, last_match):
    text = sentences.copy_text(sentences.rows(run.sentences, count, first_match, last_match))
    copy = f"copy commentary.feed ({sentences.COLUMNS}) from stdin"
    run.cluster.psql("-c", copy, input=text, environment={"PGOPTIONS": "-c commentary.ack=staged"})
    run.drain()


def log_size(run):
    return run.cluster.number("select count(*) from commentary.entry")


def grow(run, size):
    """By COPY, in pieces that one transaction may stage."""
    began, missing = time.monotonic(), size - log_size(run)
    while missing > 0:
        store(run, min(missing, PIECE), *FILLED)
        missing -= PIECE
    run.cluster.sql("vacuum analyze commentary.entry", "checkpoint")
    return f"the log has {log_size(run)} entries, after {time.monotonic() - began:.0f} s"


def insert(run, size, repetition):
    told = inserts.cell(run, run.pgbench, "durable", size, CLIENTS, run.chosen(4, 2), repetition)
    return told.replace(f"{size} clients", f"{CLIENTS} clients, {size} entries:")


def read_one(run, name, size, repetition):
    """By one client, again and again."""
    try:
        ms = run.pgbench.latency_ms(name)
    except Trouble as trouble:
        run.fault(f"{trouble}: {' '.join(trouble.hints)}")
        return f"{name}, {size} entries: failed"
    run.record(name, size, repetition, latency_ms=ms)
    return f"{name}, {size} entries: {ms} ms"


WAITS = """select backend_type || case when application_name = 'commentary-relay' then ' (relay)' else '' end,
 coalesce(wait_event_type || ': ' || wait_event, 'on a CPU, or waiting for one')
 from pg_stat_activity where pid <> pg_backend_pid() and
 (backend_type = 'commentary flusher' or backend_type = 'client backend' and state <> 'idle'
 and query !~ 'staging_bytes|queue_usage')"""

STATEMENTS = r"""select calls, round(mean_exec_time::numeric, 4), round(total_exec_time::numeric, 1),
 round(rows::numeric / calls, 1), round(wal_bytes / calls, 0), regexp_replace(left(query, 110), '\s+', ' ', 'g')
 from pg_stat_statements where query !~ 'pg_stat_activity|staging_bytes|queue_usage|pg_stat_statements'
 order by total_exec_time desc limit 12"""

TABLES = """select relname, n_live_tup, n_dead_tup, autovacuum_count, autoanalyze_count,
 pg_table_size(relid), pg_indexes_size(relid), seq_scan, coalesce(idx_scan, 0)
 from pg_stat_user_tables where schemaname = 'commentary' order by relname"""


def profile(run):
    """Ten durable writers and a relay with a hundred viewers, on the full log. Leaves profile.*
    for the report. What pgbench writes is not what fanout-load expects, so its status means
    nothing."""
    seconds = run.chosen(8, 3)
    run.cluster.sql("select pg_stat_statements_reset()")
    left = f"{run.work}/profile"
    with servers.running(run, "relay", "--heartbeat", "1s", "--report-interval", "1s") as server:
        watchers = [
            run.cluster.watch(0.05, WAITS.replace("\n", " "), f"{left}.waits"),
            run.cluster.watch(0.1, "select staging_bytes from commentary.status()", f"{left}.staging"),
            run.cluster.watch(0.1, "select pg_notification_queue_usage() * 100", f"{left}.queue"),
        ]
        options = {"protocol": "relay", "viewers": 100, "matches": 20, "follow": 1, "seconds": seconds}
        viewing = viewers.begin(run, server, f"{run.work}/viewing.out", **options)
        run.pgbench.insert(VARIANTS["durable"], CLIENTS, seconds)
        viewing.wait()
        for watcher in watchers:
            stop(watcher)
    run.drain()
    staging, queue = samples.largest(f"{left}.staging"), samples.largest(f"{left}.queue")
    run.record("profile", "log", 1, staging_bytes=staging, notify_queue_pct=queue)
    run.save("profile.statements", STATEMENTS)
    run.save("profile.tables", TABLES)
    return f"profile: staging at most {int(staging) // 1024} KB, notification queue at most {queue} %"


# What is asked of the database by DBAs and writers beside INSERT.
BY_SQL = [
    "SELECT commentary.post(1, 'Once', client_ref => 'explain')",
    "SELECT commentary.flush()",
    "SELECT commentary.post(1, 'Twice', client_ref => 'explain')",
    "SELECT commentary.amend(1, 2, message => 'Amended')",
    "SELECT commentary.retract(1, 3)",
    "UPDATE commentary.match SET home_score = 1 WHERE match_id = 1",
    "SELECT commentary.flush()",
    f"SELECT * FROM commentary.feed WHERE match_id = {READ_MATCH} ORDER BY seq DESC LIMIT 50",
    "SELECT * FROM commentary.stat_match WHERE match_id = 1",
    "SELECT * FROM commentary.stat_flush",
    "SELECT * FROM commentary.stat_relay",
    "SELECT * FROM commentary.viewers",
    "SELECT * FROM commentary.check()",
    "SELECT commentary.worker_restart()",
    "UPDATE commentary.match SET status = 'finished' WHERE match_id = 1000",
    "SELECT commentary.flush()",
    "SELECT commentary.purge(1000)",
]

# What the relay asks to answer these: the lobby, a state, pages of history.
BY_HTTP = [
    "/matches",
    "/matches/1",
    f"/matches/{READ_MATCH}/commentary?since=0&limit=500",
    f"/matches/{READ_MATCH}/commentary?since={READ_ROWS - 5}&limit=500",
]


def ask_by_sql(run):
    try:
        run.cluster.psql(input=";\n".join(BY_SQL) + ";\n")
    except Trouble as trouble:
        run.fault(f"SQL that DBAs call failed: {' '.join(trouble.hints)}")


def ask_by_relay(run):
    """To begin, to catch up, and by HTTP."""
    insert_one = "INSERT INTO commentary.feed (match_id, message) VALUES ($1, $2)"
    options = {"publish": "insert", "viewers": 20, "rate": 10, "seconds": 2, "insert": insert_one}
    with servers.running(run, "relay", "--heartbeat", "1s", "--report-interval", "1s") as server:
        viewers.load(run, "explain", server, **server.publishing | options)
        for path in BY_HTTP:
            if server.status(path) != 200:
                run.fault(f"GET {path} does not answer 200")


def explain(run):
    """The server logs each plan, also those of what functions run inside."""
    sql = run.cluster.sql
    sql("alter system set auto_explain.log_min_duration = 0", "select pg_reload_conf()")
    if not wait_until(10, lambda: sql("show auto_explain.log_min_duration") == "0"):
        run.fault("auto_explain did not begin")
    ask_by_sql(run)
    ask_by_relay(run)
    sql("alter system reset auto_explain.log_min_duration", "select pg_reload_conf()")
    large = sql(f"select relname from pg_class where relkind = 'r' and reltuples > {LARGE_ROWS}").split("\n")
    with open(run.cluster.log, encoding="utf-8", errors="replace") as file:
        queries = plans.queries_of(file, set(large))
    save_plans(f"{run.work}/profile.plans", queries)
    scans = sum(query.is_sequential for query, _ in queries)
    run.record("profile", "log", 1, sequential_scans=scans, queries=len(queries))
    if scans:
        run.fault(f"{scans} queries scan a large table sequentially: see the plans")
    return f"{len(queries)} different queries explained, {scans} scan a large table"


def save_plans(path, queries):
    with open(path, "w", encoding="utf-8") as file:
        for query, count in queries:
            verdict = "SEQUENTIAL" if query.is_sequential else "INDEXED"
            file.write("\t".join([verdict, query.who, str(count), query.scans, query.text]) + "\n")


# --- telling ----------------------------------------------------------------------


def measured_sizes(figures):
    return figures.xs("durable")


def my_goals(figures):
    xs = measured_sizes(figures)
    growth = f"log of {int(xs[-1]):,} ÷ {int(xs[0]):,}"

    def grown(case, metric):
        return figures.ratio((case, xs[-1], metric), (case, xs[0], metric))

    staging = figures.summary("profile", "log", "staging_bytes")
    scans = figures.summary("profile", "log", "sequential_scans")
    queue = figures.summary("profile", "log", "notify_queue_pct")
    return [
        Goal(f"inserts/s, durable, 10 clients, {growth}", grown("durable", "tps"), 0.85, 0.95),
        *[at_most(f"{TITLES[name]}, {growth}", grown(name, "latency_ms"), 1.25, 1.1) for name in READS],
        at_most("queries that scan a large table", scans, 0),
        at_most("staging under load, at most", staging and summary_of([staging.median / 1048576]), 32, 16, " MB"),
        at_most("notification queue, at most", queue, 1, 0.1, " %"),
    ]


def growing(figures):
    xs = measured_sizes(figures)
    lines = [
        ("inserts/s, durable, 10 clients", "durable", "tps"),
        ("their p99, ms", "durable", "p99_ms"),
        ("WAL bytes per entry", "durable", "wal_bytes"),
    ]
    lines += [(f"{title}, ms", name, "latency_ms") for name, title in TITLES.items()]
    rows = [["entries in the log"] + [f"{int(x):,}" for x in xs]]
    for title, case, metric in lines:
        rows.append([title] + [str(figures.summary(case, x, metric) or MISSING) for x in xs])
    return markdown(rows)


def saved(page, name):
    """The lines of profile.NAME, each a list of its columns."""
    with open(f"{page.folder}/profile.{name}", newline="", encoding="utf-8") as file:
        return [line for line in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if line]


def waits(page):
    return samples.table_of_waits(f"{page.folder}/profile.waits", 5)


def statements(page):
    rows = [["calls", "mean ms", "total ms", "rows each", "WAL bytes each", "statement"]]
    return markdown(rows + [line[:5] + [code(line[5])] for line in saved(page, "statements")])


def tables(page):
    rows = [["table", "live", "dead", "autovacuums", "autoanalyzes", "table, MB", "indexes, MB", "seq scans", "index scans"]]
    for name, live, dead, vacuums, analyzes, heap, indexes, scans, by_index in saved(page, "tables"):
        megabytes = [number(round(int(size) / 1048576, 1)) for size in (heap, indexes)]
        rows.append([name, f"{int(live):,}", f"{int(dead):,}", vacuums, analyzes] + megabytes + [scans, by_index])
    return markdown(rows)


def table_of_plans(page):
    rows = [["asked by", "scans", "query"]]
    for verdict, who, _, scans, text in saved(page, "plans"):
        rows.append([who, f"**{scans}**" if verdict == "SEQUENTIAL" else scans, code(text)])
    return markdown(rows)


def panels(figures):
    xs = [int(x) for x in measured_sizes(figures)]
    return [
        Panel("inserts/s, durable, 10 clients", "tps", ["durable"], xs),
        Panel("reads, ms", "latency_ms", list(READS), xs, log_y=True),
    ]


STUDY = Study(
    title="The database: a log of a million entries, and a profile of what is asked of it",
    prepare=prepare,
    steps=steps,
    report=[
        "![](database.svg)",
        "The log grows by COPY into commentary.feed, over 980 matches. Ten durable writers write to twenty"
        " others, and one client reads one match of 2,000 entries. The sizes are measured one after the other,"
        " since a log does not shrink: figures of the first and of the last size lie minutes apart.",
        goals(my_goals),
        "### Does it stay flat?",
        of_figures(growing),
        "### Under load",
        "Ten durable writers, a relay with 100 viewers, the full log. Wait events,"
        " sampled every 50 ms, of the flusher and of backends with a statement under way:",
        waits,
        "Statements, by pg_stat_statements:",
        statements,
        "Tables and autovacuum (asked every 10 s here):",
        tables,
        "### Plans",
        "Every query of the relay, the flusher and the functions for DBAs and writers, as auto_explain saw it run"
        " on the full log, with the queries inside functions. A sequential scan of a table with more than 10,000"
        " rows is an error of the study. What the flusher does by itself in C (staging, numbering, appending) has"
        " no plan.",
        table_of_plans,
    ],
    chart=Lines("entries in the log", panels),
)
