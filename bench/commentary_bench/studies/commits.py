"""`make bench-commits`: what a durable COMMIT costs in situations that differ, each against the
same with a notify trigger."""

import subprocess
import time

from ..chart import Lines, Panel
from ..console import Trouble
from ..goals import Goal, at_most
from ..page import goals, of_figures, table
from ..pgbench import VARIANTS, Pgbench
from ..processes import stop
from ..run import Study, in_order, reference, step
from ..tables import cell, markdown

CASES = ["trigger", "durable"]
NAMES = {"trigger": "(b) trigger", "durable": "**durable**"}
RATES = [1, 10, 100]
CLIENTS = [1, 10, 100]
SETTING_CLIENTS = 10
LARGEST_MATCH = 100_000  # entries
OPEN_ROWS, SAVEPOINTS = 300_000, 10_000
LOADED_ROWS, QUICK_LOADED_ROWS = 500_000, 50_000
PURGE_S, QUICK_PURGE_S = 5, 2
PATIENCE_S = 120

OPEN = (
    "begin; insert into commentary.feed (match_id, message)"
    f" select 2, 'open ' || n from generate_series(1, {OPEN_ROWS}) n; select 'ready';"
)
NESTED = (
    "begin;"
    + "".join(f"savepoint s{n}; select commentary.post(2, 'nested');" for n in range(SAVEPOINTS))
    + "select 'ready';"
)
# What another session has open meanwhile.
BESIDE = {"alone": "", f"{OPEN_ROWS:,} open rows": OPEN, f"{SAVEPOINTS:,} nested savepoints": NESTED}

# How the server is set, by ALTER SYSTEM, beside its own defaults.
SETTINGS = {
    "as it is": {},
    "wal_compression": {"wal_compression": "on"},
    "synchronous standby": {"synchronous_standby_names": "standby"},
}

# --- measuring --------------------------------------------------------------------


def prepare(run):
    run.start_cluster(
        "max_connections = 200",
        "shared_preload_libraries = 'pg_stat_statements, commentary'",
        "pg_stat_statements.track = none",
        "shared_buffers = 512MB",
        "max_wal_size = 8GB",
        "checkpoint_timeout = 30min",
    )
    run.create_tables()
    run.pgbench = Pgbench(run, CASES)
    run.standby = f"{run.work}/standby"
    run.endings.callback(standby_stop, run)


def steps(run):
    repetitions = run.repetitions(2, 1)
    for repetition in repetitions:
        yield step(reference, repetition)
        for rate in run.chosen(RATES, RATES[-1:]):
            for name in in_order(repetition, CASES):
                yield step(paced, name, rate, repetition)
        for clients in run.chosen(CLIENTS, CLIENTS[-1:]):
            for name in in_order(repetition, CASES):
                yield step(mixed, name, clients, repetition)
        for setting in in_order(repetition, run.chosen(SETTINGS, list(SETTINGS)[:2])):
            for name in in_order(repetition, CASES):
                yield step(setting_of, name, setting, repetition)
        for other in in_order(repetition, BESIDE):
            yield step(beside, other, repetition)
    yield step(reference, len(repetitions) + 1)
    yield step(large)
    yield step(purge)


def measured(run, name, clients, seconds, script=None, rate=None):
    """What pgbench tells of a run, after which all is in the log."""
    outcome = run.pgbench.insert(VARIANTS[name], clients, seconds, script=script, rate=rate)
    failed = outcome.transactions()[1]
    if failed:
        run.fault(f"{name}, {script or 'INSERT'}: {failed} failed: {outcome.first_error()}")
    run.drain()
    return outcome


def recorded(run, case, x, repetition, outcome, clients, warm_up_s=1):
    """Returns what is told of it."""
    p50, p99 = outcome.latencies_ms(warm_up_s, [50, 99])
    tps = run.pgbench.steady_tps(outcome, warm_up_s, clients)
    run.record(case, x, repetition, tps=f"{tps:.1f}", p50_ms=f"{p50:.3f}", p99_ms=f"{p99:.3f}")
    return f"{tps:.0f}/s, p50 {p50:.2f} ms, p99 {p99:.2f} ms"


def paced(run, name, rate, repetition):
    """A lone writer that commits so often a second."""
    seconds = run.chosen(5 if rate == 1 else 2, 2)
    outcome = measured(run, name, 1, seconds, rate=rate)
    return f"{name}, {rate} commits/s: " + recorded(run, f"{name} paced", rate, repetition, outcome, 1, warm_up_s=0)


def mixed(run, name, clients, repetition):
    """Transactions that write a row of another table as well."""
    outcome = measured(run, name, clients, run.chosen(3, 2), script=f"{name}-mixed")
    told = recorded(run, f"{name} mixed", clients, repetition, outcome, clients)
    return f"{name}, with another table, {clients} clients: {told}"


def setting_of(run, name, setting, repetition):
    """The server is set otherwise, or waits for a standby."""
    if setting == "synchronous standby":
        standby_start(run)
    alter(run, SETTINGS[setting])
    outcome = measured(run, name, SETTING_CLIENTS, run.chosen(3, 2))
    alter(run, {})
    standby_stop(run)
    return f"{name}, {setting}: " + recorded(run, name, setting, repetition, outcome, SETTING_CLIENTS)


def alter(run, settings):
    run.cluster.sql("alter system reset all", *[f"alter system set {key} = '{value}'" for key, value in settings.items()])
    run.cluster.sql("select pg_reload_conf()")
    wanted = settings.get("synchronous_standby_names", "")
    until(run, f"select current_setting('synchronous_standby_names') = '{wanted}'", "t")


def until(run, query, answer):
    deadline = time.monotonic() + PATIENCE_S
    while run.cluster.sql(query) != answer:
        if time.monotonic() > deadline:
            run.fault(f"waited in vain: {query}")
            return
        time.sleep(0.1)


def standby_start(run):
    """On the same machine: it shares the CPUs and the disk."""
    run.places.make_runner_folder(run.standby)
    data, conninfo = f"{run.standby}/data", f"host={run.cluster.folder} user=bench"
    run.cluster.run("pg_basebackup", "-D", data, "-R", "-c", "fast", "-d", f"{conninfo} application_name=standby")
    options = f"-c unix_socket_directories={run.standby}"
    run.cluster.run("pg_ctl", "-D", data, "-l", f"{run.standby}/log", "-o", options, "-w", "start")
    until(run, "select count(*) from pg_stat_replication where state = 'streaming'", "1")


def standby_stop(run):
    try:
        data = f"{run.standby}/data"
        run.cluster.run("pg_ctl", "-D", data, "-m", "fast", "-w", "stop")
        run.cluster.as_runner(["rm", "-rf", data])
    except Trouble:  # it does not run
        return


class Other:
    """Another session that has something open until it is ended."""

    def __init__(self, run, statements):
        argv = [f"{run.places.pgbin}/psql", "-X", "-q", "-A", "-t"]
        self.psql = subprocess.Popen(
            *[argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=run.cluster.environment(), cwd=run.work
        )
        if statements:
            self.psql.stdin.write(f"{statements}\n".encode())
            self.psql.stdin.flush()
            while self.psql.stdout.readline() not in (b"ready\n", b""):
                continue

    def end(self):
        self.psql.stdin.close()
        stop(self.psql)


def beside(run, other, repetition):
    """A lone writer beside another session with an open transaction."""
    session = Other(run, BESIDE[other])
    try:
        outcome = measured(run, "durable", 1, run.chosen(3, 2))
    finally:
        session.end()
    return f"durable, {other}: " + recorded(run, "beside", other, repetition, outcome, 1)


def large(run):
    """One match with so many entries, against the same in a match that has few."""
    run.cluster.sql(
        "insert into commentary.feed (match_id, message)"
        f" select 1, 'Line ' || n from generate_series(1, {LARGEST_MATCH}) n"
    )
    run.drain()
    told = []
    for x, match in (("100,000 entries", 1), ("few entries", 20)):
        run.pgbench.write_script("one", f"INSERT INTO commentary.feed (match_id, message) VALUES ({match}, 'A line');\n")
        outcome = measured(run, "durable", SETTING_CLIENTS, run.chosen(3, 2), script="one")
        told.append(f"{x}: " + recorded(run, "large", x, 1, outcome, SETTING_CLIENTS))
    return "; ".join(told)


def purge(run):
    """Many entries are purged while a writer commits; how fast, and what they took on disk."""
    rows, seconds = run.chosen(LOADED_ROWS, QUICK_LOADED_ROWS), run.chosen(PURGE_S, QUICK_PURGE_S)
    run.cluster.sql(
        "select count(commentary.create_match('Old', 'Match')) from generate_series(1, 100)",
        "insert into commentary.feed (match_id, message) select m, 'Line ' || n || repeat('x', 140)"
        f" from (select match_id from commentary.match where home = 'Old') as old(m), generate_series(1, {rows // 100}) n",
        "update commentary.match set status = 'finished' where home = 'Old'",
    )
    run.drain()
    entries = run.cluster.number("select count(*) from commentary.entry")
    run.record("log", "disk", 1, bytes_per_entry=run.cluster.number("select pg_total_relation_size('commentary.entry')") // entries)
    told = ["before: " + recorded(run, "purge", "before it", 1, measured(run, "durable", SETTING_CLIENTS, seconds), SETTING_CLIENTS)]
    run.cluster.sql("set commentary.ack = staged; select commentary.purge_before(now())")
    before = run.cluster.number("select count(*) from commentary.entry")
    outcome = run.pgbench.insert(VARIANTS["durable"], SETTING_CLIENTS, seconds)
    told.append("beside: " + recorded(run, "purge", "beside it", 1, outcome, SETTING_CLIENTS))
    left = run.cluster.number("select count(*) from commentary.entry")
    began = time.monotonic()
    until(run, "select count(*) from commentary.purging", "0")
    took = time.monotonic() - began
    removed = left - run.cluster.number("select count(*) from commentary.entry")
    if took > 0.5 and removed > 0:
        run.record("purge", "alone", 1, rows_per_s=round(removed / took))
    return "; ".join(told) + f"; {before - left:+} entries meanwhile, {removed} in {took:.1f} s after it"


# --- telling ----------------------------------------------------------------------


def my_goals(figures):
    def ratio(kind, x, metric="tps"):
        return figures.ratio((f"durable{kind}", x, metric), (f"trigger{kind}", x, metric))

    beside_names = list(BESIDE)[1:]
    return [
        *[
            Goal(f"with another table's row, durable ÷ (b), {x} clients", ratio(" mixed", x), *reach)
            for x, reach in zip(CLIENTS, ((0.8, 1), (2.5, 4), (5, 7)))
        ],
        *[
            at_most(f"a lone commit's p50 beside {other} ÷ alone", figures.ratio(("beside", other, "p50_ms"), ("beside", "alone", "p50_ms")), 1.5, 1.1)
            for other in beside_names
        ],
        at_most("p99 beside a purge ÷ before it", figures.ratio(("purge", "beside it", "p99_ms"), ("purge", "before it", "p99_ms")), 2),
        *[Goal(f"durable ÷ (b), 10 clients, {setting}", ratio("", setting), 4.5 if setting == "as it is" else 3) for setting in SETTINGS],
    ]


def ratios(figures):
    rows = [["commits/s of a lone writer", "(b) p50", "durable p50", "durable ÷ (b)"]]
    for rate in RATES:
        pair = [figures.summary(f"{name} paced", rate, "p50_ms") for name in CASES]
        quotient = figures.ratio(("durable paced", rate, "p50_ms"), ("trigger paced", rate, "p50_ms"))
        rows.append([str(rate)] + [cell(one, " ms") for one in pair] + [cell(quotient)])
    return markdown(rows)


def others(figures):
    rows = [["", "p50", "p99"]]
    for case, x in [("beside", other) for other in BESIDE] + [("large", x) for x in ("few entries", "100,000 entries")] + [
        ("purge", x) for x in ("before it", "beside it")
    ]:
        rows.append([f"{case}: {x}"] + [cell(figures.summary(case, x, metric), " ms") for metric in ("p50_ms", "p99_ms")])
    return markdown(rows)


def retention(figures):
    size = figures.summary("log", "disk", "bytes_per_entry")
    rate = figures.summary("purge", "alone", "rows_per_s")
    if not size or not rate:
        return "Not measured."
    return (
        f"An entry of 150 bytes of text takes {size.median:.0f} bytes of disk with its indexes, and the flusher removes"
        f" {rate.median:.0f} a second when nobody commits. Reckoned from that, 50 million entries are"
        f" {size.median * 50e6 / 1e9:.0f} GB, and their purge takes {50e6 / rate.median / 60:.0f} minutes."
    )


STUDY = Study(
    title="Commits: with other tables, paced, beside others, and retention",
    prepare=prepare,
    steps=steps,
    cores=1,
    report=[
        "![](commits.svg)",
        "(b) `trigger`: a logged table with a row trigger that calls `pg_notify`. `durable`: INSERT INTO"
        " commentary.feed. Data checksums are on throughout.",
        goals(my_goals),
        "### With a row of another table, transactions per second",
        table("tps", [f"{name} mixed" for name in CASES], CLIENTS, "clients", {f"{name} mixed": NAMES[name] for name in CASES}),
        "### A lone writer that does something else in between",
        of_figures(ratios),
        "### Settings, 10 clients, inserts per second",
        "The standby runs on the same machine.",
        table("tps", CASES, list(SETTINGS), "", NAMES),
        "### Beside others, in the largest match, beside a purge",
        of_figures(others),
        "### What many entries cost",
        of_figures(retention),
    ],
    chart=Lines(
        "clients",
        [
            Panel(
                *["transactions/s with another table", "tps", [f"{name} mixed" for name in CASES], CLIENTS],
                log_y=True,
            )
        ],
    ),
)
