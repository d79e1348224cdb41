"""A test that hangs fails with a message that says where, and the others of its file go on.

The harness kills a file that takes longer than COMMENTARY_TEST_SECONDS, and what it did not get to
is not known then. So a test may take what is left of that, less something for those behind it.
"""
import asyncio
import os
import signal
import sys
import threading
import time

RESERVE_S = 70      # for the tests behind it, and for the end of the file
UNBLOCK_S = 30      # what a blocked test has to notice its deadline
AGAIN_S = 5         # so that what a test tries next ends soon, too: a subtest, its end

BEGAN = time.monotonic()


def left_s():
    """Of the file's time."""
    return int(os.environ.get("COMMENTARY_TEST_SECONDS", "86400")) - (time.monotonic() - BEGAN)


def allowed_s():
    """To the next test."""
    return max(left_s() - RESERVE_S, left_s() / 3, 1)


def show_tasks():
    """Where each task stands: the traceback of a signal tells only of the loop."""
    try:
        tasks = asyncio.all_tasks(asyncio.get_running_loop())
    except RuntimeError:
        return
    for task in tasks:
        task.print_stack(file=sys.stderr)


class Deadline:
    """A context. `unblock` is called, in another thread, when the deadline does not end it."""

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
