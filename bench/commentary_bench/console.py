"""What a person is told while a study runs, and how trouble ends it."""

import contextlib
import sys
import time

EXIT_TROUBLE = 1
EXIT_TOO_NOISY = 3  # `make bench` tries such a study once more


class Trouble(Exception):
    """Ends the study. message: what is wrong; hints: what to do, a line each."""

    status = EXIT_TROUBLE

    def __init__(self, message, *hints):
        super().__init__(message)
        self.hints = hints


class TooNoisy(Trouble):
    status = EXIT_TOO_NOISY


def say(text):
    print(text, flush=True)


def warn(text):
    print(text, file=sys.stderr, flush=True)


def tell_trouble(trouble):
    warn(f"error: {trouble}")
    for hint in trouble.hints:
        warn(f"       {hint}")


@contextlib.contextmanager
def step(text):
    """Tells what is being done, and then how long it took or that it failed."""
    print(f"  {text} ...".ljust(58), end="", flush=True)
    began = time.monotonic()
    try:
        yield
    except BaseException:
        say("failed")
        raise
    say(f"{time.monotonic() - began:6.1f} s")
