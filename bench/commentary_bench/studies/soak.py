"""`make bench-soak`: half an hour (SOAK_MINUTES=) of real commentary, fifty times as fast, with
viewers coming and going. The data is not part of the project: SOAK_DATA=FOLDER with
football.csv and cricket.csv."""

import os
import re
import subprocess
import sys

from .. import machine, servers
from ..chart import Lines, Panel
from ..console import Trouble
from ..figures import Figures, FiguresFile
from ..goals import at_most
from ..page import goals, of_figures
from ..processes import pinned
from ..run import Study, reference, step
from ..summaries import number, summary_of
from ..tables import MISSING, cell, markdown

MINUTES, QUICK_MINUTES = 30, 0.25
SHORT_MINUTES = 10  # a shorter soak says so
FILES = ("football.csv", "cricket.csv")
MOST_FAULTS = 20
WARM_UP = 0.2  # of the time: until matches and viewers are as many as they stay

SLOPES = {
    "rss_bytes": ("RSS of the relay", "bytes/min"),
    "own_descriptors": ("descriptors of the relay, without its viewers'", "a min"),
    "staging_bytes": ("staging", "bytes/min"),
    "delay_p50_ms": ("delay p50", "ms/min"),
    "delay_p99_ms": ("delay p99", "ms/min"),
    "commit_p99_ms": ("commit p99", "ms/min"),
}

# --- measuring --------------------------------------------------------------------


def data_folder(places):
    return os.path.abspath(os.environ.get("SOAK_DATA") or f"{places.top}/../shared/data")


def why_skipped(places):
    folder = data_folder(places)
    if any(os.path.exists(f"{folder}/{name}") for name in FILES):
        return None
    return f"there is no football.csv or cricket.csv in {folder}; SOAK_DATA=FOLDER names another"


def minutes(run):
    said = os.environ.get("SOAK_MINUTES") or str(run.chosen(MINUTES, QUICK_MINUTES))
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", said):
        raise Trouble(f"SOAK_MINUTES={said} is not a number")
    return said


def prepare(run):
    run.title = f"Soak: {minutes(run)} minutes of real commentary, fifty times as fast"
    run.need_files(2048)
    run.start_cluster("max_connections = 50", "autovacuum_naptime = 10s", "log_autovacuum_min_duration = -1")
    run.cluster.pin(servers.LOAD_CPU)


def steps(run):
    yield step(reference, 1)
    yield step(soak, minutes(run))
    yield step(reference, 2)
    yield step(count_faults)


def soak(run, lasts):
    """With caches that are full within the first fifth: what grows after that is a leak."""
    options = ["--heartbeat", "3s", "--topic-bytes", "128KiB", "--cache-bytes", "3MiB"]
    found = FiguresFile(f"{run.work}/steps.csv").path
    with servers.running(run, "relay", *options) as server:
        argv = [sys.executable, f"{run.places.bench}/soak/soak", "--data", data_folder(run.places), "--progress"]
        argv += ["--relay", f"ws://127.0.0.1:{server.port}/ws", "--relay-pid", str(server.pid)]
        argv += ["--csv", found, "--minutes", lasts]
        told = follow(run, pinned(servers.LOAD_CPU, argv))
    for line in machine.read(f"{run.work}/soak.err").splitlines()[:MOST_FAULTS]:
        run.fault(line[:200])
    if "faults" not in told:
        run.fault("the soak did not end by itself")
    for (case, x, metric), values in Figures.read(found).found.items():
        for repetition, value in values.items():
            run.record(case, x, repetition, **{metric: f"{value:.3f}"})
    return f"{told.get('entries')} entries, {told.get('deliveries')} deliveries to {told.get('stays')} stays"


def follow(run, argv):
    """Runs it and shows what it prints; returns its last figures, as text."""
    told = {}
    with open(f"{run.work}/soak.err", "wb") as err:
        process = subprocess.Popen(
            argv, stdout=subprocess.PIPE, stderr=err, text=True, env=run.cluster.environment(), cwd=run.work
        )
        with process:
            for line in process.stdout:
                print(line, end="", flush=True)
                words = line.split()
                if len(words) == 2:
                    told[words[0]] = words[1]
    return told


def count_faults(run):
    run.tell_server_log()
    run.record("run", "soak", 1, faults=len(run.faults))
    return f"{len(run.faults)} faults"


# --- telling ----------------------------------------------------------------------


def settled(figures):
    xs = figures.xs("soak")
    return [x for x in xs if float(x) > WARM_UP * float(xs[-1])]


def summary_of_steps(figures, metric):
    found = [figures.summary("soak", x, metric) for x in settled(figures)]
    return summary_of(one.median for one in found if one)


def growth(figures, metric):
    """By the slope over the whole time, as a share of the median."""
    slope, middle = figures.slope("soak", settled(figures), metric), summary_of_steps(figures, metric)
    seconds = float(figures.xs("soak")[-1])
    return summary_of([100 * slope * seconds / middle.median]) if slope is not None and middle.median else None


def my_goals(figures):
    faults, staging = figures.summary("run", "soak", "faults"), summary_of_steps(figures, "staging_bytes")
    return [
        at_most("faults: lost, doubled, refused, not stored", faults, 0),
        at_most("RSS, growth over the run", growth(figures, "rss_bytes"), 5, 1, " %"),
        at_most("delay p50, growth over the run", growth(figures, "delay_p50_ms"), 20, 5, " %"),
        at_most("staging, at most", staging and summary_of([staging.high / 1048576]), 32, 1, " MB"),
    ]


def lasted_minutes(figures):
    return float(figures.xs("soak")[-1]) / 60


def introduction(figures):
    return (
        "Real football and cricket commentary is played fifty times as fast as it was written, with forty matches"
        " live at once and a durable INSERT for each line. Two hundred viewers stay ten seconds on average; half"
        " of them resume where they were, and half of them break the connection when they leave. Each checks that"
        " it sees every entry once and in order. The relay's caches are small (`--cache-bytes 3MiB --topic-bytes"
        f" 128KiB`), so that they are full early, and growth after that is a leak. {lasted_minutes(figures):.1f}"
        " minutes, in sixty steps; slopes leave out the first fifth."
    )


def warning(figures):
    if lasted_minutes(figures) >= SHORT_MINUTES:
        return ""
    return (
        "**This was a short soak**, to keep `make bench` within its time: its slopes say little."
        " `make bench-soak` alone takes half an hour."
    )


def totals(figures):
    last = figures.xs("soak")[-1]
    found = [figures.summary("soak", last, metric) for metric in ("entries", "deliveries", "stays")]
    found += [summary_of_steps(figures, metric) for metric in ("live_matches", "viewers")]
    heading = ["entries", "deliveries", "stays of viewers", "live matches", "viewers at once"]
    return markdown([heading, [str(one) for one in found]])


def slopes(figures):
    rows = [["", "median (least–most)", "slope"]]
    for metric, (title, unit) in SLOPES.items():
        slope = figures.slope("soak", settled(figures), metric)
        told = MISSING if slope is None else f"{number(slope * 60)} {unit}"
        rows.append([title, cell(summary_of_steps(figures, metric)), told])
    return markdown(rows)


def panels(figures):
    xs = [float(x) for x in figures.xs("soak")]
    return [
        Panel(title, metric, ["soak"], xs, {"soak": name}, log_x=False, has_points=False)
        for title, metric, name in (
            ("RSS of the relay, bytes", "rss_bytes", "RSS"),
            ("delay p99, ms", "delay_p99_ms", "from INSERT to viewer"),
        )
    ]


STUDY = Study(
    title="Soak",
    prepare=prepare,
    steps=steps,
    skipped=why_skipped,
    report=[
        "![](soak.svg)",
        of_figures(introduction),
        of_figures(warning),
        goals(my_goals),
        "### What happened",
        of_figures(totals),
        "### Slopes",
        of_figures(slopes),
    ],
    chart=Lines("seconds", panels),
)
