"""A fixed piece of work, timed.

The same work takes the same time on a quiet machine; how far repeated runs lie apart
tells how noisy the machine is. Both figures are medians, so that a moment's disturbance
is not taken for a slow machine.
"""

import os
import statistics
import time

COMPUTATIONS = 5
WRITES = 50
WRITE_BYTES = 8192


def timed_ms(work):
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def compute():
    total = 0
    for number in range(2_000_000):
        total += number & 7
    return total


def cpu_ms():
    """The time of a computation, in milliseconds."""
    return statistics.median(timed_ms(compute) for _ in range(COMPUTATIONS))


def sync_ms(folder):
    """The time of a write with fdatasync to a file of the folder, which must lie on the
    disk that is measured, in milliseconds."""
    path = os.path.join(folder, "reference.tmp")
    file = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)

    def write():
        os.pwrite(file, b"x" * WRITE_BYTES, 0)
        os.fdatasync(file)

    try:
        return statistics.median(timed_ms(write) for _ in range(WRITES))
    finally:
        os.close(file)
        os.unlink(path)
