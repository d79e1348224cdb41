"""What an entry costs a primary: CPU by what its processes do, and WAL, between two moments."""

import time

from . import sessions, viewers
from .inserts import entries_flushed, wal_bytes
from .processes import launch, wait_until

GROUPS = ["relays", "flusher", "writer", "rest"]  # of sessions.py
PUBLISH = "INSERT INTO commentary.feed (match_id, message) VALUES (1, 'bench 1 {text}')"
PATIENCE_S = 60


def begin_writer(run, rate, seconds):
    """One client that inserts at that rate what viewers of fanout-load know; their stamp is of no use."""
    with open(f"{run.work}/publish.sql", "w", encoding="ascii") as file:
        file.write(PUBLISH.format(text=viewers.text()) + ";\n")
    argv = [f"{run.places.pgbin}/pgbench", "-n", "-M", "prepared", "-c", "1", "-R", str(rate), "-T", str(seconds)]
    return launch([*argv, "-f", file.name], f"{run.work}/pgbench.out", run.cluster.connection, cwd=run.work)


def state_of(run):
    """Everything that grows while entries are written."""
    return {
        "at": time.monotonic(),
        "cpu_ns": sessions.cpu_ns(run.cluster),
        "wal": wal_bytes(run.cluster),
        "entries": entries_flushed(run.cluster),
        "queue": float(run.cluster.sql("select pg_notification_queue_usage()")),
    }


def figures_of(before, after):
    """Of the processes that live throughout."""
    seconds = after["at"] - before["at"]
    entries = max(after["entries"] - before["entries"], 1)
    groups = {
        group: sum(after["cpu_ns"].get(group, {}).get(pid, 0) - ns for pid, ns in pids.items())
        for group, pids in before["cpu_ns"].items()
    }
    found = {f"{group}_us": round(groups.get(group, 0) / 1e3 / entries, 1) for group in GROUPS}
    return found | {
        "cpu_us": round(sum(groups.values()) / 1e3 / entries, 1),
        "wal_bytes": round((after["wal"] - before["wal"]) / entries),
        "entries_per_s": round(entries / seconds, 1),
        "queue_pct": after["queue"] * 100,
    }


def must_have_all(run, told, got, written):
    """Each viewer has at least what was written while it was measured. got() tells how much that is."""
    wanted = 0.98 * written  # of a stream that is cut between two reads an entry may not be counted
    if not wait_until(PATIENCE_S, lambda: all(count >= wanted for count in got())):
        run.fault(f"{told}: a viewer got {min(got())} of {written} entries")
