"""A cell of a comparison: so many clients insert into one variant for some seconds."""

import time
from typing import NamedTuple

from .pgbench import VARIANTS, Outcome
from .summaries import share_pct


class Attempt(NamedTuple):
    """What a run of pgbench left, and what the server had written before it."""

    outcome: Outcome
    wal_before: int
    flushed_before: int


def wal_bytes(cluster):
    """Those of the whole server, since it was made."""
    return cluster.number("select (pg_current_wal_insert_lsn() - '0/0')::bigint")


def entries_flushed(cluster):
    return cluster.number("select entries from commentary.status()")


def attempt(run, pgbench, variant, clients, seconds, pooled):
    before = wal_bytes(run.cluster), entries_flushed(run.cluster)
    return Attempt(pgbench.insert(variant, clients, seconds, pooled=pooled), *before)


def load(run, pgbench, variant, clients, seconds, warm_up_s, pooled):
    """A second time when connecting took so much longer than expected that nothing was left
    to measure."""
    first = attempt(run, pgbench, variant, clients, seconds, pooled)
    if first.outcome.first_error() or pgbench.steady_tps(first.outcome, warm_up_s, clients) > 0:
        return first
    return attempt(run, pgbench, variant, clients, seconds, pooled)


def settle(run, variant, x, repetition, tried):
    """Ours are in the log before others are measured: all of what was acknowledged."""
    began = time.monotonic()
    run.drain()
    drained_ms = round((time.monotonic() - began) * 1000)
    run.record(variant.name, x, repetition, drain_ms=drained_ms)
    processed, failed = tried.outcome.transactions()
    lost = tried.flushed_before + processed - entries_flushed(run.cluster)
    if failed == 0 and lost != 0:
        run.fault(f"{variant.name}, {x} clients: {processed} were acknowledged, and {lost} of them are not in the log")
    return f"  drained in {drained_ms} ms"


def cell(run, pgbench, name, x, clients, seconds, repetition, warm_up_s=1, pooled=None):
    """Measures it and records. x: what the cell is filed under, mostly its clients."""
    variant = VARIANTS[name]
    tried = load(run, pgbench, variant, clients, seconds, warm_up_s, pooled)
    processed, failed = tried.outcome.transactions()
    p50, p99 = tried.outcome.latencies_ms(warm_up_s, [50, 99])
    tps = round(pgbench.steady_tps(tried.outcome, warm_up_s, clients), 1)
    told = f"{name:<8} {x:>6} clients  {tps:9.0f}/s  p50 {p50:8.2f} ms  p99 {p99:8.2f} ms"
    if variant.is_ours:
        told += settle(run, variant, x, repetition, tried)
    written = wal_bytes(run.cluster) - tried.wal_before
    run.record(
        *[name, x, repetition],
        tps=f"{tps:.1f}",
        p50_ms=f"{p50:.3f}",
        p99_ms=f"{p99:.3f}",
        success_pct=f"{share_pct(processed, failed):.6f}",
        failed=failed,
        wal_bytes=f"{written / processed if processed else 0:.0f}",
    )
    if failed or not tps:
        run.fault(f"{name}, {x} clients: {failed} failed: {tried.outcome.first_error()}")
    return told
