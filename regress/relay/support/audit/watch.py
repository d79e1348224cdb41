"""What processes hold over time: none may grow steadily, in memory or descriptors.

A process that is killed and started again counts as another one. Descriptors of a relay's viewers and edges do not
count, as these come and go.
"""
import collections
import os
import time

from support.audit.growth import growth
from support.base.process import ESTABLISHED, CLOSE_WAIT, children, descriptors, status

# By how much the heap may have grown at the end. Batches of different sizes leave it some MiB larger or smaller,
# however long it was watched; a leak grows with the time.
GROWN_KIB = 8192
GROWN_DESCRIPTORS = 16
SAMPLES_MIN = 9     # a process with fewer is not judged
OURS = ("postgres: commentary", "postgres: logical replication worker", "postgres: walsender")


class Watch:
    def __init__(self):
        self.samples = collections.defaultdict(list)    # by name and pid: when, KiB, descriptors

    def look(self, relays, servers):
        """Takes a sample of the processes that run now."""
        for relay in relays:
            if relay.relay:
                for pid in children_of(relay.relay.pid):
                    self.take(relay.host.name, pid, viewers_of(pid, relay.relay_port))
        for server in servers:
            for name, pid in processes_of(server):
                self.take(f"{server.host.name}: {name}", pid, 0)

    def take(self, name, pid, connections):
        try:
            self.note(name, pid, time.monotonic(), int(status(pid)["RssAnon"][0]), descriptors(pid) - connections)
        except (OSError, KeyError):
            pass    # it has just ended

    def note(self, name, pid, when, kib, count):
        self.samples[name, pid].append((when, kib, count))

    def judged(self):
        """By name and pid: growth of KiB and descriptors of each process that was seen for long enough."""
        return {key: (growth([(when, kib) for when, kib, _ in samples]), growth([(when, count) for when, _, count in samples]))
                for key, samples in self.samples.items() if len(samples) >= SAMPLES_MIN}

    def problems(self, looks_at_memory=True):
        return [f"{name}, pid {pid}, has grown by {kib:.0f} KiB and {more:.1f} descriptors"
                for (name, pid), (kib, more) in self.judged().items()
                if (looks_at_memory and kib > GROWN_KIB) or more > GROWN_DESCRIPTORS]


def children_of(pid):
    try:
        return children(pid)
    except OSError:
        return []


def viewers_of(pid, port):
    """How many connections at its port a process in another network has."""
    try:
        with open(f"/proc/{pid}/net/tcp", encoding="ascii") as table:
            rows = [line.split() for line in table][1:]
    except OSError:
        return 0
    return sum(int(row[1].split(":")[1], 16) == port and row[3] in (ESTABLISHED, CLOSE_WAIT) for row in rows)


def processes_of(server):
    """The postmaster, and those of its children that are ours or replicate."""
    if not os.path.exists(f"{server.data}/postmaster.pid"):
        return
    postmaster = server.postmaster
    yield "postmaster", postmaster
    for pid in children_of(postmaster):
        try:
            with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
                title = file.read().strip("\0 ")
        except OSError:
            continue
        if title.startswith(OURS):
            yield title.removeprefix("postgres: ").split(" for ")[0], pid
