"""Starting programs, waiting for them, and ending them, always by their own pid."""

import os
import signal
import subprocess
import time

from .console import Trouble

POLL_S = 0.02
MOST_TOLD = 40  # lines of a program's output


def wait_until(seconds, condition):
    """Whether the condition came true within so many seconds; it is asked again and again."""
    end = time.monotonic() + seconds
    while not (is_true := condition()) and time.monotonic() < end:
        time.sleep(POLL_S)
    return bool(is_true)


def must(argv, **options):
    """Runs a program to its end and returns what it printed. Trouble, with the end of its
    output, when it fails. options: of subprocess.run(), with `input` for its stdin."""
    options.setdefault("input", "")
    done = subprocess.run(argv, capture_output=True, text=True, errors="replace", check=False, **options)
    if done.returncode != 0:
        output = (done.stdout + done.stderr).strip().splitlines()
        raise Trouble(f"{os.path.basename(argv[0])} failed with status {done.returncode}", *output[-MOST_TOLD:])
    return done.stdout


def launch(argv, output, environment=None, **options):
    """Starts a program in the background, what it prints to the file `output`. Root opens
    the file, so that the program needs no right to the folder."""
    with open(output, "wb") as file:
        return subprocess.Popen(
            argv,
            stdin=options.pop("stdin", subprocess.DEVNULL),
            stdout=file,
            stderr=options.pop("stderr", subprocess.STDOUT),
            env=os.environ | (environment or {}),
            **options,
        )


def stop(process, number=signal.SIGTERM, patience_s=10):
    """Ends a program, by force when it does not go by itself. It may be gone already."""
    if process.poll() is None:
        process.send_signal(number)
    try:
        return process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def pinned(cpu, argv):
    """The command that gives a program this CPU and no other; its pid stays its own."""
    return ["taskset", "-c", str(cpu), *argv]


def last_line(text):
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""
