"""A run of one study: where its figures go, what is told, and what must end with it.

A study is data, in its module in studies/:

    STUDY = Study(
        title="How fast is it?",
        prepare=prepare,    # prepare(run) makes what is measured
        steps=steps,        # steps(run) yields what is measured, a Step each
        report=[…],         # blocks: see page.py
        chart=Lines(…),     # see chart.py
    )

The steps are a list before the first of them begins, so that tests can look at it and
progress can be counted.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
from typing import Any, Callable, NamedTuple

from . import chart, machine, noise, section
from .cluster import MOST_LOG_LINES, Cluster
from .console import TooNoisy, Trouble, say, warn
from .figures import FiguresFile
from .page import Page, rendered
from .pgbench import MATCHES

LOG_LINE_LENGTH = 200
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Step(NamedTuple):
    """function(run, *arguments) measures; the text that it returns is shown as progress."""

    function: Callable
    arguments: tuple


def step(function, *arguments):
    return Step(function, arguments)


class Study(NamedTuple):
    title: str
    prepare: Callable
    steps: Callable
    report: list
    chart: Any
    cores: int = 2  # one for the server, one for the load
    skipped: Callable = lambda places: None  # why it cannot run here, before anything is made


def reference(run, repetition):
    """The first step of each repetition, and one after the last: see noise.py."""
    noise.reference(run.record, repetition, run.work, run.began)


def in_order(repetition, cases):
    """The cases, from either end in turn, so that none is always the first."""
    return list(cases) if repetition % 2 == 1 else list(reversed(cases))


@contextlib.contextmanager
def uninterrupted():
    """A second Ctrl-C does not keep a server from being stopped."""
    kept = {number: signal.signal(number, signal.SIG_IGN) for number in ENDING_SIGNALS}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


class Run:
    def __init__(self, name, study, places, wishes):
        self.name, self.study, self.places, self.wishes = name, study, places, wishes
        self.title = study.title
        self.work = places.work(name)
        self.software, self.faults = [], []
        self.endings = contextlib.ExitStack()
        self.cluster = None
        self.began = None  # CpuTicks
        self.log_lines_told = 0

    # What a study calls.

    def chosen(self, full, quick):
        return self.wishes.chosen(full, quick)

    def repetitions(self, full, quick):
        return range(1, self.chosen(full, quick) + 1)

    def record(self, case, x, repetition, **figures):
        """A figure for each metric: a number, or its text, which is kept as it is."""
        for metric, value in figures.items():
            if value in (None, ""):
                self.fault(f"{case}, {x}: no figure for {metric}")
            else:
                self.file.add(case, x, repetition, metric, value)

    def fault(self, text):
        """An error: shown at once, counted, and told in the section."""
        self.faults.append(" ".join(text.split("\n")))
        warn(f"  !!       {text}")

    def start_cluster(self, *settings):
        self.cluster = Cluster(self.places, self.work)
        self.endings.callback(self.cluster.stop)
        self.cluster.start(settings)
        self.software.append(self.cluster.version())

    def need_files(self, count):
        """Each program must be able to open so many."""
        if machine.allow_files() < count:
            raise Trouble(f"this shell may not open {count} files", "Raise it: ulimit -Hn, or nofile in limits.conf")

    def create_matches(self, count):
        """And a table with a row trigger that notifies: see data/matches.sql."""
        self.cluster.psql("-v", f"matches={count}", "-f", f"{self.places.data}/matches.sql")

    def create_tables(self, matches=MATCHES):
        """What rows are written to beside commentary.feed, and its roles: see data/tables.sql."""
        roles = ["-f", f"{self.places.top}/sql/roles.sql"]
        self.cluster.psql(*roles, "-v", f"matches={matches}", "-f", f"{self.places.data}/tables.sql")

    def save(self, name, query):
        """The rows of its answer, separated by tabs, as a file for the report."""
        rows = self.cluster.psql("-F", "\t", "-c", query)
        with open(f"{self.work}/{name}", "w", encoding="utf-8") as file:
            file.write(rows and rows + "\n")

    def tell(self, text):
        """Something on the way, within a step."""
        say(f"           {text}")

    def drain(self):
        if not self.cluster.drain():
            self.fault("the flusher did not drain within 60 s")

    def tell_server_log(self):
        """Errors and warnings of PostgreSQL are faults, those that have not been told yet."""
        troubles = self.cluster.troubles()
        for line in troubles[self.log_lines_told : MOST_LOG_LINES]:
            self.fault(f"server log: {line[:LOG_LINE_LENGTH]}")
        self.log_lines_told = len(troubles)

    @property
    def figures(self):
        return self.file.figures

    # The frame.

    def execute(self):
        """Measures and reports. What was started is ended, however that ends."""
        with self.lock():
            self.make_folder()
            try:
                self.measure()
                self.publish()
            finally:
                self.finish()

    def finish(self):
        with uninterrupted():
            try:
                self.endings.close()
            finally:
                self.reap(5)

    @contextlib.contextmanager
    def lock(self):
        """One study at a time in this checkout."""
        with open(f"{self.places.build}/.lock-bench", "a", encoding="ascii") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                warn(f"  waiting: another make is at work in {self.places.top}")
                fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def reap(self, patience_s):
        """Ends what stands in the study's folder; after a run that was killed, that is all of it."""
        argv = [f"{self.places.top}/regress/stack/reap", str(patience_s), self.work]
        subprocess.run(argv, check=False)

    def make_folder(self):
        if os.path.isdir(self.work):
            self.reap(0)
            shutil.rmtree(self.work)
        os.makedirs(self.work)
        self.file = FiguresFile(f"{self.work}/{self.name}.csv")

    def measure(self):
        self.must_have_cores()
        self.must_be_quiet()
        self.began = machine.cpu_ticks()
        self.study.prepare(self)
        steps = list(self.study.steps(self))
        total, done = sum(one.function is not reference for one in steps), 0
        for one in steps:
            told = one.function(self, *one.arguments)
            if one.function is not reference:
                done += 1
                say(f"  {done:3d}/{total}  {told}")
        self.tell_server_log()

    def must_have_cores(self):
        if machine.cpus() < self.study.cores:
            raise Trouble("this study needs two cores: one for the server, one for the load")

    def must_be_quiet(self):
        others = round(noise.others_pct(self.chosen(3, 1)), 1)
        if others > noise.MOST_OTHERS_PCT and not self.wishes.may_be_noisy:
            raise TooNoisy(
                f"the machine is busy: other programs use {others:.1f} % of its CPUs",
                f"Stop them and try again, or measure nevertheless: BENCH_FORCE=1 make bench-{self.name}",
            )

    def publish(self):
        """The section, the chart and the figures, unless the machine was too noisy."""
        problems = noise.Noise(self.figures).problems()
        if problems and not self.wishes.may_be_noisy:
            raise TooNoisy(
                f"the machine was too noisy, so nothing is reported: {'; '.join(problems)}",
                f"Stop what else runs and try again, or report nevertheless: BENCH_FORCE=1 make bench-{self.name}",
                f"The raw figures: {self.file.path}",
            )
        text = section.section(self) + rendered(self.study.report, Page(self.figures, self.work))
        chart.draw(self.study.chart, self.figures, f"{self.work}/{self.name}.svg")
        with open(f"{self.work}/{self.name}.md", "w", encoding="utf-8") as file:
            file.write(text)
        say(text)
        results = self.places.results(self.wishes.is_quick)
        os.makedirs(results, exist_ok=True)
        for kind in ("csv", "svg", "md"):
            shutil.copy(f"{self.work}/{self.name}.{kind}", results)
