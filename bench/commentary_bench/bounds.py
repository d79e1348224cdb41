"""What bounds the writers of a study: wait events, statements, and where the CPUs are."""

from . import machine, perf, samples
from .console import warn
from .pgbench import VARIANTS
from .processes import last_line, launch, stop
from .tables import markdown

CLIENTS = 100
PERF_HZ = 499

WAITS = """select case when usename = '{role}' then 'writers' else 'flusher' end,
 coalesce(wait_event_type || ': ' || wait_event, 'on a CPU, or waiting for one') from pg_stat_activity
 where usename = '{role}' or backend_type = 'commentary flusher'"""

STATEMENTS = """select sum(calls), round((sum(total_exec_time) / sum(calls))::numeric, 4),
 round(sum(wal_bytes) / sum(calls), 1), min(left(query, 60)) from pg_stat_statements
 where query ilike 'insert%' group by left(query, 60)"""


def profile(run, name):
    """What bounds the write path: the wait events, the statements, and where the CPUs are.
    Leaves profile.* for the report."""
    seconds, left = run.chosen(8, 4), f"{run.work}/profile.{name}"
    run.cluster.sql("alter system set pg_stat_statements.track = 'top'", "select pg_reload_conf()")
    run.cluster.sql("select pg_stat_statements_reset()")
    watcher = run.cluster.watch(0.05, WAITS.format(role=name).replace("\n", " "), f"{left}.waits")
    recording = launch(
        ["perf", "record", "-a", "-q", "-F", str(PERF_HZ), "-o", f"{run.work}/perf.data", "--"]
        + ["sleep", str(seconds - 2)],
        f"{run.work}/perf.err",
        cwd=run.work,
    )
    run.pgbench.insert(VARIANTS[name], CLIENTS, seconds)
    stop(watcher)
    if recording.wait() == 0:
        profile_cpus(run, f"{left}.cpu")
    else:
        warn(f"  perf cannot profile here: {last_line(machine.read(f'{run.work}/perf.err'))}")
    run.drain()
    run.save(f"profile.{name}.statements", STATEMENTS)
    return f"profile of {name} at {CLIENTS} clients"


def profile_cpus(run, path):
    flusher = run.cluster.number("select flusher_pid from commentary.status()")
    with open(path, "w", encoding="utf-8") as file:
        for line in perf.lines_of(perf.report(f"{run.work}/perf.data"), flusher):
            file.write("\t".join(line) + "\n")


def statements(path):
    rows = [line.replace("|", "\\|").split("\t") for line in machine.read(path).splitlines()]
    return markdown([["calls", "mean ms", "WAL bytes each", "statement"]] + [row[:3] + [f"`{row[3]}`"] for row in rows])


def table_of(name):
    """The block of a report."""

    def block(page):
        left = f"{page.folder}/profile.{name}"
        return (
            f"**{name}, 100 clients.** Wait events, sampled every 50 ms:\n\n{samples.table_of_waits(f'{left}.waits', 4)}"
            "\nCPUs, by perf (load tool and server share them):\n\n"
            + (perf.table_of_cpus(f"{left}.cpu") or "perf could not profile here.\n")
            + f"\nStatements, by pg_stat_statements:\n\n{statements(f'{left}.statements')}"
        )

    return block
