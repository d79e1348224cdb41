"""This machine: what it is, what it has, and what the kernel says of its processes.

Everything is read from /proc. Functions of text stand apart from those that read it.
"""

import os
import re
import resource
import subprocess
from typing import NamedTuple


class CpuTicks(NamedTuple):
    """Clock ticks of all CPUs together since boot."""

    busy: int
    stolen: int
    all: int

    def busy_pct_until(self, later):
        return share_pct(later.busy - self.busy, later.all - self.all)

    def stolen_pct_until(self, later):
        return share_pct(later.stolen - self.stolen, later.all - self.all)


def share_pct(part, whole):
    return 100 * part / whole if whole > 0 else 0.0


def cpu_ticks_of(text):
    """Of /proc/stat, whose first line is: cpu USER NICE SYSTEM IDLE IOWAIT IRQ SOFTIRQ STEAL …"""
    user, nice, system, idle, iowait, irq, softirq, steal = map(int, text.split("\n")[0].split()[1:9])
    busy = user + nice + system + irq + softirq + steal
    return CpuTicks(busy, steal, busy + idle + iowait)


def cpu_ticks():
    return cpu_ticks_of(read("/proc/stat"))


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def status_of(text, name):
    """The first number of a line of /proc/PID/status."""
    return int(re.search(rf"^{name}:\s*(\d+)", text, re.MULTILINE).group(1))


def rss_bytes(pid):
    return status_of(read(f"/proc/{pid}/status"), "VmRSS") * 1024


def sleeps(pid):
    """How often the process has gone to sleep, and so was woken: its voluntary switches."""
    return status_of(read(f"/proc/{pid}/status"), "voluntary_ctxt_switches")


def cpu_ns(pid):
    """What the first thread of a process has used; None when there is no such process."""
    try:
        return int(read(f"/proc/{pid}/schedstat").split()[0])
    except FileNotFoundError:
        return None


def is_running(pid):
    """False also for a process that has ended and that nobody has waited for."""
    try:
        return re.search(r"^State:\s*(\w)", read(f"/proc/{pid}/status"), re.MULTILINE).group(1) not in "ZX"
    except FileNotFoundError:
        return False


def descriptors(pid):
    """How many it has open; 0 when there is no such process."""
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except FileNotFoundError:
        return 0


def heap_bytes_of(text):
    """Of /proc/PID/smaps: the resident bytes of the heap. What malloc() got by mmap() is
    not among them, and counts in the RSS alone."""
    found = re.search(r"\[heap\]\n(?:.*\n)*?Rss:\s*(\d+)", text)
    return int(found.group(1)) * 1024 if found else 0


def heap_bytes(pid):
    return heap_bytes_of(read(f"/proc/{pid}/smaps"))


ESTABLISHED, CLOSE_WAIT, LISTEN = "01", "08", "0A"  # states in /proc/net/tcp


def connections_of(text, port, states=(ESTABLISHED, CLOSE_WAIT)):
    """Of /proc/net/tcp: how many of this local port a program has open. A line is
    NUMBER: LOCAL_ADDRESS:PORT REMOTE_ADDRESS:PORT STATE …, in hexadecimal digits."""
    rows = [line.split() for line in text.splitlines()[1:]]
    return sum(int(row[1].split(":")[1], 16) == port and row[3] in states for row in rows)


def connections(port):
    return connections_of(read("/proc/net/tcp"), port)


def listens(port):
    """Whether a program does; not tried with a connection, which the server would count."""
    return any(connections_of(read(f"/proc/net/{family}"), port, [LISTEN]) for family in ("tcp", "tcp6"))


def cpus():
    """How many CPUs this process may use."""
    return len(os.sched_getaffinity(0))


def allow_files():
    """As many open files as the system gives; returns how many."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def pin(pid, cpu):
    """The process and its threads get this CPU and no other. It may be gone already."""
    subprocess.run(["taskset", "-a", "-p", "-c", str(cpu), str(pid)], capture_output=True, check=False)


def children(pid):
    """The pids of the children of all its threads."""
    found = []
    for thread in os.listdir(f"/proc/{pid}/task"):
        found += read(f"/proc/{pid}/task/{thread}/children").split()
    return [int(child) for child in found]


def description(folder):
    """What a figure means nothing without: CPUs, memory, kernel, and the folder's file system."""
    model = re.search(r"^model name\s*: (.*)", read("/proc/cpuinfo"), re.MULTILINE)
    memory_kib = int(re.search(r"MemTotal:\s*(\d+)", read("/proc/meminfo")).group(1))
    shown = subprocess.run(["df", "--output=fstype", folder], capture_output=True, text=True, check=True)
    return (
        f"{cpus()} × {model.group(1) if model else os.uname().machine}, {memory_kib / 1048576:.0f} GB,"
        f" Linux {os.uname().release.split('-')[0]}, {shown.stdout.split()[-1]}"
    )
