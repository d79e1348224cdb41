"""A test that hangs fails with a message that says where, and the others of its file go on.

The harness kills a file that takes longer than COMMENTARY_TEST_SECONDS, and nothing is known then of the
tests that did not run yet. So a test may take what is left of that time, less a reserve for those behind it.
"""
import asyncio
import os
import signal
import sys
import threading
import time

RESERVE_S = 70      # for the tests behind it, and for the end of the file
UNBLOCK_S = 30      # after its deadline, until a test that is still blocked is unblocked
AGAIN_S = 5         # the alarm comes again: what the test does next, a subtest or its end, also ends soon

BEGAN = time.monotonic()


def left_s():
    """What is left of the file's time."""
    return int(os.environ.get("COMMENTARY_TEST_SECONDS", "86400")) - (time.monotonic() - BEGAN)


def allowed_s():
    """How long the next test may take."""
    return max(left_s() - RESERVE_S, left_s() / 3, 1)


def show_tasks():
    """Prints where each task of asyncio stands: the traceback of the signal shows only the loop."""
    try:
        tasks = asyncio.all_tasks(asyncio.get_running_loop())
    except RuntimeError:
        return
    for task in tasks:
        task.print_stack(file=sys.stderr)


class Deadline:
    """A context manager. When the deadline does not end the test, `unblock` is called in another thread."""

    def __init__(self, what, unblock):
        self.what = what
        self.seconds = allowed_s()
        self.timer = threading.Timer(self.seconds + UNBLOCK_S, unblock)
        self.timer.daemon = True

    def __enter__(self):
        signal.signal(signal.SIGALRM, self.on_alarm)
        signal.setitimer(signal.ITIMER_REAL, self.seconds, AGAIN_S)
        self.timer.start()

    def __exit__(self, *_):
        signal.setitimer(signal.ITIMER_REAL, 0)
        self.timer.cancel()

    def on_alarm(self, *_):
        show_tasks()
        raise AssertionError(f"{self.what} took longer than {self.seconds:.0f} s: see above where it stands")
