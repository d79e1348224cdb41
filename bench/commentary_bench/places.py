"""Where things are, and what the user asked for. bench/run tells the first, the
environment the second."""

import os
import pwd
from typing import NamedTuple

from .console import Trouble


class Places(NamedTuple):
    """Folders, and the user who runs the servers: PostgreSQL refuses to run as root."""

    top: str  # of the checkout
    build: str  # for everything that is made
    pgbin: str  # PostgreSQL's programs
    runner: str  # a user's name

    def arguments(self):
        """By which this program is told them."""
        return [part for name, value in self._asdict().items() for part in (f"--{name}", value)]

    @property
    def bench(self):
        return f"{self.top}/bench"

    @property
    def data(self):
        """SQL and sentences of the studies."""
        return f"{self.bench}/data"

    @property
    def tools(self):
        """The load tools in C."""
        return f"{self.build}/bench/bin"

    def work(self, study):
        """A study's own folder, made anew for each run."""
        return f"{self.build}/bench/{study}"

    def results(self, is_quick):
        """Figures of BENCH=quick mean nothing, and are not kept in the checkout."""
        return f"{self.build}/bench/results" if is_quick else f"{self.bench}/results"

    def as_runner(self):
        """Keyword arguments by which subprocess.Popen() starts a program as the runner."""
        if os.geteuid() != 0:
            return {}
        entry = pwd.getpwnam(self.runner)
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    def runner_environment(self):
        return {"HOME": self.build, "USER": self.runner, "LOGNAME": self.runner}

    def make_runner_folder(self, path):
        """A folder of the runner's own, which others cannot enter. Root must write nothing
        into it: who owns a folder can put a link to any file there."""
        os.makedirs(path, exist_ok=True)
        os.chmod(path, 0o700)
        if os.geteuid() == 0:
            entry = pwd.getpwnam(self.runner)
            os.chown(path, entry.pw_uid, entry.pw_gid)


class Wishes(NamedTuple):
    """What the environment says."""

    is_quick: bool  # BENCH=quick: one short repetition, to see that everything runs
    is_forced: bool  # BENCH_FORCE=1: measure also on a busy machine

    @classmethod
    def of(cls, environment):
        bench = environment.get("BENCH", "")
        if bench not in ("", "quick"):
            raise Trouble(f"BENCH={bench} is not known", "Leave it out for the whole study, or say BENCH=quick")
        return cls(bench == "quick", environment.get("BENCH_FORCE") == "1")

    def chosen(self, full, quick):
        """The one that goes with BENCH."""
        return quick if self.is_quick else full

    @property
    def may_be_noisy(self):
        return self.is_quick or self.is_forced
