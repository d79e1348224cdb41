"""Viewers of a server, by fanout-load, and what became of them."""

import subprocess

from . import machine
from .processes import last_line, launch, pinned
from .servers import LOAD_CPU

TEXT_BYTES = 160
BAD = ("missing", "doubled", "damaged", "closed", "ready_pct", "left_behind")


def options_of(options):
    """{"warm_up": 0.3} as --warm-up 0.3"""
    return [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", str(value))]


def prepare(run, count, settings, matches=1):
    """A cluster with matches for so many viewers at once. The server under test has a core of its own."""
    run.need_files(count + 100)
    run.start_cluster(settings)
    run.create_matches(matches)
    run.cluster.pin(LOAD_CPU)


class Load:
    """What a load found: figures, as text, by their name."""

    def __init__(self, text, complaint="", status=0):
        self.figures = dict(line.split(" ", 1) for line in text.splitlines() if " " in line)
        self.complaint, self.has_failed = complaint, status != 0

    def __getitem__(self, name):
        return self.figures.get(name, "")

    def why(self):
        """What it complained of, and the figures that can be bad."""
        return " ".join([self.complaint] + [f"{name} {self[name]}" for name in self.figures if name in BAD]).strip()

    def taken(self, mode, *names):
        """Those figures, each with the mode before its name."""
        return {f"{mode}_{name}": self[name] for name in names}


def command(run, server, options):
    """cpus, among the options: other ones than the load has as a rule."""
    options = dict(options)
    cpus = options.pop("cpus", LOAD_CPU)
    argv = [f"{run.places.tools}/fanout-load", "--port", str(server.port), "--server-pid", str(server.pid)]
    return pinned(cpus, argv + options_of(options))


def try_load(run, server, **options):
    """Runs it to its end, where a failure is a figure and not a fault."""
    environment = run.cluster.environment()
    argv = command(run, server, options)
    done = subprocess.run(argv, capture_output=True, text=True, env=environment, cwd=run.work, check=False)
    return Load(done.stdout, last_line(done.stderr), done.returncode)


def load(run, cell, server, **options):
    """The same, where a lost or doubled entry is a fault, and so is a viewer that was not let in."""
    found = try_load(run, server, **options)
    if found.has_failed:
        run.fault(f"{cell}: {found.why()}")
    return found


def begin(run, server, output, **options):
    """The same in the background, its figures to a file."""
    return launch(command(run, server, options), output, run.cluster.connection, cwd=run.work)


def text():
    """What follows the stamp in a message that others publish for --publish other; it is compared."""
    words = (
        "Number ten takes it on the turn, drifts past two defenders on the "
        "edge of the area, and drags a low shot just wide of the far post. "
    )
    return (words * 2)[: TEXT_BYTES - 1] + "."


def histogram(path):
    """(µs from which the bucket begins, deliveries in it); None when none was written."""
    try:
        with open(path, encoding="ascii") as file:
            return [tuple(line.split()) for line in file] or None
    except FileNotFoundError:
        return None


def of_file(path):
    """The figures that a load in the background left."""
    return Load(machine.read(path))
