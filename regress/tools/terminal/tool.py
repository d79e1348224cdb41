"""A tool in a process of its own, or in a pseudo-terminal, as a person runs it."""
import os
import pty
import re
import select
import subprocess
import time

DEADLINE_S = 120
ANSI = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|[=>])")


def path(name):
    return f"{os.environ['COMMENTARY_TOOLS']}/commentary-{name}"


def environment(variables):
    """What the tests of a person's terminal need, and nothing of ours."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return clean | {"TERM": "xterm", "HOME": os.environ.get("TMPDIR", "/tmp")} | variables


def run_tool(name, *arguments, given="", **variables):
    """To its end: exit code, standard output, standard error."""
    done = subprocess.run([path(name), *arguments], input=given, capture_output=True, text=True, check=False,
                          timeout=DEADLINE_S, env=environment(variables))
    return done.returncode, done.stdout, done.stderr


class Terminal:
    """A tool in a pseudo-terminal of its own; `seen` is what it has written there so far."""

    def __init__(self, name, *arguments, **variables):
        self.seen = ""
        self.marked = 0
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(path(name), [path(name), *arguments], environment(variables))

    def read(self, wait_s):
        """What there is; false when it has ended."""
        if not select.select([self.fd], [], [], wait_s)[0]:
            return True
        try:
            piece = os.read(self.fd, 65536)
        except OSError:
            return False
        self.seen += piece.decode("utf-8", "replace")
        return bool(piece)

    def mark(self):
        """wait_for() looks at what comes from here on."""
        self.marked = len(self.seen)

    @property
    def text(self):
        """Since the mark, without colours and movements of the cursor."""
        return ANSI.sub("", self.seen[self.marked:])

    def wait_for(self, wanted):
        """A regular expression; returns the match."""
        end = time.monotonic() + DEADLINE_S
        while time.monotonic() < end:
            found = re.search(wanted, self.text)
            if found:
                return found
            if not self.read(0.2) and not re.search(wanted, self.text):
                break
        raise AssertionError(f"in vain: {wanted!r} in {self.text!r}")

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def end(self):
        """Reads to its end; returns its exit code."""
        end = time.monotonic() + DEADLINE_S
        while self.read(0.2):
            if time.monotonic() > end:
                raise AssertionError(f"it does not end: {self.text!r}")
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)
