"""`make bench-write`: what a row costs, by every usual way and by ours."""

import subprocess
import threading
import time

from .. import bounds, inserts, machine, samples, sentences
from ..chart import Lines, Panel
from ..console import Trouble
from ..goals import Goal, at_most
from ..page import goals, of_figures, table, tables
from ..pgbench import MATCHES, MULTI_ROWS, VARIANTS, Pgbench
from ..pooler import Pooler
from ..processes import last_line, launch, stop
from ..run import Study, in_order, reference, step
from ..tables import cell, markdown
from ..viewers import Load

NAMES = {
    "plain": "(a) plain",
    "trigger": "(b) trigger",
    "bare": "(d) bare",
    "durable": "**durable**",
    "staged": "**staged**",
}
CASES = list(NAMES)
CLIENTS = [1, 10, 100, 500, 1000]
COLUMNS = CLIENTS + ["pooled"]
QUICK_COLUMNS = [100, "pooled"]
POOLED_CLIENTS = 1000
MANY = 500  # clients, from which on a cell takes longer
ROLES = ["writer", "durable", "staged"]
MULTI_ROW_CLIENTS = 10
COPIED_ROWS, QUICK_COPIED_ROWS = 100_000, 20_000
HELD_S, QUICK_HELD_S = 60, 4
HELD_CLIENTS = 100
DELAY_RATE = 500  # messages a second
MEGABYTE = 1024 * 1024

OLD_SNAPSHOT = "begin isolation level repeatable read; select count(*) from bench.match;"
IDLE_WRITER = (
    "set commentary.ack = staged; begin;"
    " insert into commentary.feed (match_id, message) values (1, 'Held back');"
)

# --- measuring --------------------------------------------------------------------


def prepare(run):
    run.need_files(4096)  # more than a thousand sockets in pgbench and in pgbouncer
    run.start_cluster(
        "max_connections = 1400",
        "shared_preload_libraries = 'pg_stat_statements, commentary'",
        "pg_stat_statements.track = none",
        "shared_buffers = 512MB",
        "max_wal_size = 8GB",
        "checkpoint_timeout = 30min",
    )
    run.pooler, run.listener = Pooler(run, ROLES), None
    run.endings.callback(listener_stop, run)
    run.endings.callback(run.pooler.stop)
    run.software.append(run.pooler.version())
    run.pgbench = Pgbench(run, CASES)
    make_copied_file(run)


def copied_rows(run):
    return run.chosen(COPIED_ROWS, QUICK_COPIED_ROWS)


def copied_path(run):
    return f"{run.work}/rows.copy"


def make_copied_file(run):
    said = sentences.sentences(run.places)
    with open(copied_path(run), "w", encoding="utf-8") as file:
        file.write(sentences.copy_text(sentences.rows(said, copied_rows(run), 1, MATCHES)))


def steps(run):
    repetitions = run.repetitions(3, 1)
    for repetition in repetitions:
        yield step(fresh_database)
        yield step(reference, repetition)
        for x in run.chosen(COLUMNS, QUICK_COLUMNS):
            for name in in_order(repetition, CASES):
                yield step(single_row, name, x, repetition)
        for name in in_order(repetition, CASES):
            yield step(multi_row, name, repetition)
            yield step(copy, name, repetition)
        for name in ("trigger", "durable"):
            yield step(delay, name, repetition)
    yield step(reference, len(repetitions) + 1)
    yield step(held, "old snapshot", OLD_SNAPSHOT)
    yield step(held, "idle writer", IDLE_WRITER)
    yield step(idle)
    for name in ("durable", "staged"):
        yield step(bounds.profile, name)


def fresh_database(run):
    """Each repetition begins with empty tables, ours as well."""
    listener_stop(run)
    run.pooler.stop()
    run.cluster.sql(
        "drop database if exists bench with (force)", "create database bench", database="postgres"
    )
    run.cluster.sql("create extension commentary")
    run.create_tables()
    run.drain()
    run.cluster.sql("checkpoint")
    run.pooler.start()
    listener_start(run)
    return "a fresh database"


def listener_start(run):
    """The same listener for all: whoever announces has one."""
    argv = [f"{run.places.tools}/notify-delay", "--rate", "0", "--channel", "bench", "--channel", "commentary"]
    run.listener = launch(argv, f"{run.work}/listener.out", run.cluster.connection, cwd=run.work)


def listener_stop(run):
    if run.listener:
        stop(run.listener)
        run.listener = None


def single_row(run, name, x, repetition):
    """x: the number of clients, or pooled."""
    clients = POOLED_CLIENTS if x == "pooled" else x
    seconds = run.chosen(3 if clients < MANY else 4, 2)
    pooled = run.pooler.connection if x == "pooled" else None
    return inserts.cell(run, run.pgbench, name, x, clients, seconds, repetition, pooled=pooled)


def multi_row(run, name, repetition):
    """Ten clients, a hundred rows in a statement."""
    variant = VARIANTS[name]
    outcome = run.pgbench.insert(variant, MULTI_ROW_CLIENTS, run.chosen(3, 2), script=f"{name}-multi")
    if variant.is_ours:
        run.drain()
    failed = outcome.transactions()[1]
    if failed:
        run.fault(f"{name}, INSERT of {MULTI_ROWS} rows: {failed} failed: {outcome.first_error()}")
    tps = run.pgbench.steady_tps(outcome, 1, MULTI_ROW_CLIENTS)
    rows_per_s = f"{round(tps, 1) * MULTI_ROWS:.0f}"
    run.record(name, "100-row INSERT", repetition, rows_per_s=rows_per_s)
    run.cluster.sql("truncate bench.plain, bench.trigger, bench.bare")
    return f"{name}, INSERT of {MULTI_ROWS} rows: {rows_per_s} rows/s"


COPY = """SET commentary.ack = :'ack';
SELECT clock_timestamp() AS began \\gset
COPY {table} ({columns}) FROM :'file';
SELECT clock_timestamp() AS copied \\gset
SELECT :flush \\g /dev/null
SELECT extract(epoch FROM :'copied'::timestamptz - :'began'::timestamptz) * 1000,
    extract(epoch FROM clock_timestamp() - :'copied'::timestamptz) * 1000;
"""


def copy(run, name, repetition):
    """One COPY of many rows, and for ours the flush after it: nothing of the transaction can
    be flushed before it commits, so that what follows is the draining alone."""
    variant, count = VARIANTS[name], copied_rows(run)
    settings = {
        "file": copied_path(run),
        "ack": "durable" if name == "durable" else "staged",
        "flush": "commentary.flush()" if variant.is_ours else "1",
    }
    arguments = [part for key, value in settings.items() for part in ("-v", f"{key}={value}")]
    script = COPY.format(table=variant.table, columns=sentences.COLUMNS)
    try:
        answer = run.cluster.psql(*arguments, input=script)
    except Trouble as trouble:
        run.fault(f"{name}, COPY of {count} rows failed: {' '.join(trouble.hints)}")
        return f"{name}, COPY of {count} rows: failed"
    copied_ms, flushed_ms = map(float, answer.split("|"))
    copied_per_s, flushed_per_s = (f"{count / ms * 1000:.0f}" for ms in (copied_ms, flushed_ms))
    run.record(name, "COPY", repetition, rows_per_s=copied_per_s)
    told = f"{name}, COPY of {count} rows: {copied_per_s} rows/s"
    if name != "staged":
        return told
    run.record("flusher", "drain", repetition, rows_per_s=flushed_per_s)
    return f"{told}, flushed {flushed_per_s} rows/s"


def delay(run, name, repetition):
    """From the moment at which a message is due to its notification."""
    variant = VARIANTS[name]
    argv = [f"{run.places.tools}/notify-delay", "--channel", "commentary" if variant.is_ours else "bench"]
    argv += ["--rate", str(DELAY_RATE), "--seconds", str(run.chosen(6, 3)), "--insert"]
    argv += [
        f"INSERT INTO {variant.table} ({sentences.COLUMNS})"
        " VALUES (1, 12, 'shot', 'Joana Pires', 'Harbour United', $1)"
    ]
    environment = run.cluster.environment() | {"PGUSER": variant.role}
    done = subprocess.run(argv, capture_output=True, text=True, env=environment, cwd=run.work, check=False)
    found = Load(done.stdout)
    if done.returncode != 0:
        counts = " ".join(f"{key} {found[key]}" for key in ("sent", "acknowledged", "errors", "received"))
        run.fault(f"{name}, delay of notifications: {last_line(done.stderr)} {counts}")
    run.record(name, "delay", repetition, p50_us=found["p50_us"], p99_us=found["p99_us"])
    return (
        f"{name}, INSERT → notification at {DELAY_RATE}/s: p50 {found['p50_us']} µs, p99 {found['p99_us']} µs"
    )


def held(run, name, statements):
    """Staging's largest size at full speed while a session holds what the statements opened."""
    seconds, sizes = run.chosen(HELD_S, QUICK_HELD_S), f"{run.work}/held.{name}"
    watcher = run.cluster.watch(0.2, "select staging_bytes from commentary.status()", sizes)
    holder = Holder(run, seconds, statements)
    try:
        outcome = run.pgbench.insert(VARIANTS["staged"], HELD_CLIENTS, seconds)
    finally:
        stop(watcher)
        holder.end()
    largest = int(samples.largest(sizes))
    tps = run.pgbench.steady_tps(outcome, 1, HELD_CLIENTS)
    run.record("staging", name, 1, bytes=largest, tps=f"{tps:.1f}")
    failed = outcome.transactions()[1]
    if failed:
        run.fault(f"staged, {name} held: {failed} failed: {outcome.first_error()}")
    run.drain()
    return f"{name} held for {seconds} s: staging grew to {largest // MEGABYTE} MB"


class Holder:
    """A session that runs statements and keeps its transaction for so many seconds. psql ends
    the transaction when its input ends."""

    def __init__(self, run, seconds, statements):
        argv = [f"{run.places.pgbin}/psql", "-X", "-q", "-v", "ON_ERROR_STOP=1"]
        self.psql = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=run.cluster.environment(), cwd=run.work
        )
        self.psql.stdin.write(f"{statements}\n".encode())
        self.psql.stdin.flush()
        self.timer = threading.Timer(seconds, self.psql.stdin.close)
        self.timer.start()

    def end(self):
        """Sooner only if what it was held for has ended sooner."""
        self.timer.cancel()
        self.psql.stdin.close()
        stop(self.psql)


def idle(run):
    seconds = run.chosen(10, 3)
    flusher = run.cluster.number("select flusher_pid from commentary.status()")
    run.drain()
    time.sleep(2)
    before = machine.sleeps(flusher)
    time.sleep(seconds)
    wakeups = machine.sleeps(flusher) - before
    run.record("flusher", "idle", 1, wakeups=wakeups)
    return f"{wakeups} wake-ups of the idle flusher in {seconds} s"


# --- telling ----------------------------------------------------------------------

# What the profiles of several runs had in common; each run's own figures stand below it.
READING = """From 10 clients on, the CPUs limit our variants and (a): writers, flusher and load tool share them.
One lock limits (b): it is held for the length of an fsync, while the CPUs idle. So durable ÷ (b) is
at most what the CPUs can do in that time: more CPUs or a slower fsync raise it. A single durable
client waits for the same fsync as (b), and for two changes of process that (b) does not need: to the
flusher, and back. With staged, the flusher works on the same CPUs as the writers, while (d) leaves
its rows where they are; a single staged client, with a CPU free for the flusher, is faster than (d).
By perf, the flusher spent a quarter of its time for each row on the index of the primary key, a sixth
on the JSON of the notification, an eighth on NOTIFY, and a ninth each on WAL and the heap. A COPY
into an unlogged table without a key has only the cost of the heap."""


def my_goals(figures):
    def ratio(this, that, x, metric="tps"):
        return figures.ratio((this, x, metric), (that, x, metric))

    drained = figures.ratio(("flusher", "drain", "rows_per_s"), ("bare", "COPY", "rows_per_s"))
    return [
        *[Goal(f"durable ÷ (b), {x} clients", ratio("durable", "trigger", x), 4.5, 6) for x in (10, 100)],
        Goal("durable ÷ (b), 1 client", ratio("durable", "trigger", 1), 0.9, 1),
        *[Goal(f"durable ÷ (a), {x} clients", ratio("durable", "plain", x), 1, 1.2) for x in (10, 100)],
        Goal("staged ÷ (d), 10 clients", ratio("staged", "bare", 10), 0.85, 0.95),
        Goal("staged ÷ (d), 100 clients", ratio("staged", "bare", 100), 0.75, 0.9),
        Goal("rows flushed per second ÷ COPY into unlogged", drained, 0.5, 0.7),
        *[
            at_most(
                f"INSERT → notification at 500/s, {metric[:3]}: durable ÷ (b)",
                ratio("durable", "trigger", "delay", metric),
                *[reach, stretch],
            )
            for metric, reach, stretch in (("p50_us", 1.2, 1.0), ("p99_us", 1.5, 1.25))
        ],
        Goal("success, the worst cell of ours", worst_success(figures), 100, unit=" %"),
        at_most("staging, old snapshot held", staging(figures, "old snapshot"), 32, None, " MB"),
        at_most("staging, idle writer held", staging(figures, "idle writer"), 64, None, " MB"),
        at_most("wake-ups while idle", figures.summary("flusher", "idle", "wakeups"), 0),
    ]


def worst_success(figures):
    cells = [figures.summary(name, x, "success_pct") for name in ("durable", "staged") for x in COLUMNS]
    return min((one for one in cells if one), key=lambda one: one.low, default=None)


def staging(figures, name):
    found = figures.summary("staging", name, "bytes")
    return found and found.divided(MEGABYTE)


def ratios(figures):
    """Every client count, not only those that have a goal."""
    pairs = [("durable", "trigger"), ("durable", "plain"), ("staged", "bare"), ("staged", "trigger")]
    rows = [["clients"] + [f"{this} ÷ {NAMES[that]}" for this, that in pairs]]
    for x in COLUMNS:
        found = [figures.ratio((this, x, "tps"), (that, x, "tps")) for this, that in pairs]
        rows.append([str(x)] + [cell(one) for one in found])
    return markdown(rows)


def drained_alone(figures):
    found = figures.summary("flusher", "drain", "rows_per_s")
    return f"The flusher alone, after that COPY: {found or 'not measured, for'} rows/s."


def delays(figures):
    rows = [["", "p50", "p99"]]
    for name in ("trigger", "durable"):
        found = [figures.summary(name, "delay", metric) for metric in ("p50_us", "p99_us")]
        rows.append([NAMES[name]] + [cell(one, " µs") for one in found])
    return markdown(rows)


STUDY = Study(
    title="Writing: durable and staged against what PostgreSQL offers",
    prepare=prepare,
    steps=steps,
    cores=1,
    report=[
        "![](write.svg)",
        "(a) `plain`: a logged table with a primary key and a foreign key. (b) `trigger`: the same with a row"
        " trigger that calls `pg_notify`. (d) `bare`: an unlogged table without any key, the upper bound."
        " `durable` and `staged`: INSERT INTO commentary.feed. One session LISTENs in all cases. `pooled`: 1,000"
        " clients through pgbouncer, transaction mode, 100 connections to the server, without prepared statements.",
        goals(my_goals),
        *tables([("### Inserts per second", "tps")], CASES, COLUMNS, "clients", NAMES),
        "Ratios:",
        of_figures(ratios),
        *tables(
            [
                ("### p50, ms", "p50_ms"),
                ("### p99, ms", "p99_ms"),
                ("### Success, %", "success_pct"),
                ("### WAL bytes per entry", "wal_bytes"),
            ],
            *[CASES, COLUMNS, "clients", NAMES],
        ),
        "How long the flusher needed for what was still staged when the clients ended, ms:",
        table("drain_ms", ["durable", "staged"], COLUMNS, "clients", NAMES),
        "### Rows per second in bulk",
        "INSERT: 10 clients. COPY: one client; the time of a staged COPY does not include the flush after it.",
        table("rows_per_s", CASES, ["100-row INSERT", "COPY"], "", NAMES),
        of_figures(drained_alone),
        "### From INSERT to notification",
        "500 inserts/s at random intervals over 20 connections:",
        of_figures(delays),
        "### What bounds it",
        READING,
        bounds.table_of("durable"),
        bounds.table_of("staged"),
    ],
    chart=Lines(
        "clients",
        [
            Panel(title, metric, CASES, CLIENTS, log_y=True)
            for title, metric in (("inserts/s", "tps"), ("p99, ms", "p99_ms"))
        ],
    ),
)
