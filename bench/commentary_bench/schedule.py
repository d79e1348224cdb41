"""`make bench`: every study, one after the other and unattended, within a time.

A study that was too noisy is tried once more if there is time. One that is too noisy again,
or that fails, is left out: RESULTS.md says so in its place, and the others go on.
"""

import os
import signal
import subprocess
import sys
import time
from typing import NamedTuple

from . import section
from .console import EXIT_TOO_NOISY, say, warn

MOST_OF_ONE_S = 1200  # that a study may take
MOST_S, MOST_QUICK_S = 3000, 300  # after which no study is tried once more
SOAK_MINUTES, SOAK_QUICK_MINUTES = "1", "0.1"
PATIENCE_S = 30  # until a study that shall end is killed
EXIT_TIMEOUT = 124


class Outcome(NamedTuple):
    told: str
    why_left_out: str = ""


def attempt(argv, environment, most_s=MOST_OF_ONE_S):
    """Runs a study as a program of its own; its status, EXIT_TIMEOUT when it took too long.
    It has a process group of its own, so that only we hear of Ctrl-C and end it in order."""
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, env=environment, process_group=0)
    try:
        return process.wait(most_s)
    except subprocess.TimeoutExpired:
        return EXIT_TIMEOUT
    finally:
        end(process)


def end(process):
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def measure(study, attempt_it, is_time_for, is_reported):
    """The Outcome of a study. attempt_it() returns a status; is_time_for(seconds): whether it
    may begin again; is_reported(): whether it has left its section."""
    began, told = time.monotonic(), "measured"
    status = attempt_it()
    if status == EXIT_TOO_NOISY and is_time_for(time.monotonic() - began):
        warn(f"  !!       {study}: too noisy, once more")
        told = "measured the second time"
        status = attempt_it()
    if status == 0:
        return Outcome(told if is_reported() else "SKIPPED, as it says above")
    why = {
        EXIT_TOO_NOISY: "the machine was too noisy",
        EXIT_TIMEOUT: f"it did not end within {MOST_OF_ONE_S // 60} minutes",
    }.get(status, f"it failed with status {status}")
    return Outcome(f"LEFT OUT: {why}", why)


def clock(seconds):
    return f"{int(seconds) // 60:3d}:{int(seconds) % 60:02d}"


class Schedule:
    def __init__(self, places, wishes, command):
        """command: what runs a study when its name is added."""
        self.places, self.wishes, self.command = places, wishes, command
        self.results = places.results(wishes.is_quick)
        self.began = time.monotonic()
        self.environment = dict(os.environ)
        soak = wishes.chosen(SOAK_MINUTES, SOAK_QUICK_MINUTES)
        self.environment["SOAK_MINUTES"] = os.environ.get("SOAK_MINUTES") or soak

    def is_time_for(self, seconds):
        return time.monotonic() - self.began + seconds < self.wishes.chosen(MOST_S, MOST_QUICK_S)

    def run(self, studies):
        """How many were left out."""
        lines, left_out = [], 0
        for number, study in enumerate(studies, 1):
            began = time.monotonic()
            minutes = int(began - self.began) // 60
            say(f"\n=== study {number} of {len(studies)}: {study}, {minutes} min after the start")
            outcome = self.run_one(study)
            if outcome.why_left_out:
                left_out += 1
                self.leave_out(study, outcome.why_left_out)
            lines.append(f"  {study:<12} {clock(time.monotonic() - began)}  {outcome.told}")
        say(f"\nAll studies, {clock(time.monotonic() - self.began).strip()}:")
        say("\n".join(lines))
        return left_out

    def run_one(self, study):
        began_at = time.time()
        path = f"{self.results}/{study}.md"

        def attempt_it():
            status = attempt([*self.command, study], self.environment)
            self.reap(study)
            return status

        def is_reported():
            return os.path.exists(path) and os.path.getmtime(path) >= began_at

        return measure(study, attempt_it, self.is_time_for, is_reported)

    def reap(self, study):
        """What a study that hung has left running."""
        argv = [f"{self.places.top}/regress/stack/reap", "5", self.places.work(study)]
        subprocess.run(argv, check=False)

    def leave_out(self, study, why):
        """In place of an older section, which would pass for one of this run."""
        warn(f"  !!       {study} is left out: {why}")
        os.makedirs(self.results, exist_ok=True)
        for kind in ("csv", "svg"):
            if os.path.exists(f"{self.results}/{study}.{kind}"):
                os.unlink(f"{self.results}/{study}.{kind}")
        with open(f"{self.results}/{study}.md", "w", encoding="utf-8") as file:
            file.write(section.left_out(study, why))


def command_of(places):
    """What runs a study, without its name."""
    return [sys.executable, "-m", __package__, *places.arguments(), "study"]
