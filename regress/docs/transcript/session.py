"""Runs the blocks of a document in order, as its reader would: one shell, one psql."""
import os
import re
import signal
import subprocess
import tempfile
import time

from support.base.stack import DEADLINE_S, wait_for

MARK = "-- this block has ended --"
COMPLAINT = re.compile(r"^(ERROR|FATAL|PANIC|WARNING|psql:|\S+: error:)", re.MULTILINE)
INTERPRETERS = {"js": ("node", ".mjs"), "python": ("/usr/bin/python3", ".py")}
END_S = 60          # a program has nothing to do any more
AGAIN_S = 0.2       # between two runs of a block that waits for something


def tidy(text):
    """What does not show: blanks at the ends of lines, empty lines around all."""
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n") + "\n"


def pattern(expected):
    """… in a line is anything, as a line any lines."""
    lines = ["(?:.*\n)*?" if line == "…" else ".*?".join(map(re.escape, line.split("…"))) + "\n"
             for line in tidy(expected).rstrip("\n").split("\n")]
    return re.compile("".join(lines))


class Program:
    """It reads blocks, and says a mark after each."""

    def __init__(self, command, folder, environment):
        self.process = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def ask(self, text):
        """Returns what it prints until the mark, and what is behind the mark in its line."""
        self.process.stdin.write(text)
        self.process.stdin.flush()
        said = []
        for line in self.process.stdout:
            before, mark, behind = line.partition(MARK)
            if mark:
                return "".join(said) + before, behind.strip()
            said.append(line)
        raise AssertionError("it has ended:\n" + "".join(said))

    def end(self):
        """After a test that failed it may be in the middle of a block."""
        self.process.stdin.close()
        self.process.stdout.close()
        try:
            self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Background:
    """A block that goes on."""

    def __init__(self, pid, path):
        self.pid, self.path = pid, path

    def said(self):
        with open(self.path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def end(self):
        try:
            os.killpg(self.pid, signal.SIGTERM)
        except ProcessLookupError:
            return
        wait_for(lambda: not os.path.exists(f"/proc/{self.pid}"), f"{self.path} ends")


class Session:
    """For one document: it stands in a folder with the files that are beside it, which may be written to."""

    def __init__(self, folder, environment, prelude):
        self.folder, self.environment = folder, environment
        self.shell = Program(["bash", "--noprofile", "--norc"], folder, environment)
        self.psql = None
        self.background = []
        self.ask_shell("set -m\n" + prelude)

    def ask_shell(self, text):
        """Returns what it prints, and the status of the first command that failed, or 0."""
        path = self.write(text)
        said, status = self.shell.ask(
            f"failed=0; trap '[ $failed != 0 ] || failed=$?' ERR; . {path} </dev/null 2>&1; "
            f"trap - ERR; echo '{MARK}' $failed\n")
        return said, int(status)

    def write(self, text, suffix=".sh"):
        file, path = tempfile.mkstemp(suffix, dir=self.environment["TMPDIR"], text=True)
        with open(file, "w", encoding="utf-8") as out:
            out.write(text)
        return path

    def ask_psql(self, text):
        """psql of the shell's environment."""
        if self.psql is None:
            inherited = dict(line.split("=", 1) for line in self.ask_shell("env -0 | tr '\\n\\0' ' \\n'")[0].splitlines())
            self.psql = Program(["stdbuf", "-oL", "psql", "-X"], self.folder, inherited)
        return self.psql.ask(f"{text}\n\\echo '{MARK}'\n")[0]

    def start(self, text):
        path = self.write(text)
        open(f"{path}.said", "wb").close()      # the shell opens it at a time of its own
        self.ask_shell(f". {path} </dev/null >>{path}.said 2>&1 &\nlast=$!\n")
        self.background.append(Background(int(self.ask_shell("echo $last")[0]), f"{path}.said"))

    def end(self):
        for program in self.background + [self.psql, self.shell]:
            if program:
                program.end()


class Transcript:
    """Runs blocks in a session, or in those of several servers by their names, and holds what they print
    against what is shown."""

    def __init__(self, session, path, servers=None):
        self.session, self.path, self.servers = session, path, servers or {}
        self.last = ""          # what the block before has printed

    def run(self, blocks):
        for block in blocks:
            self.session = self.servers.get(block.server, self.session)
            if block.file:
                with open(f"{self.session.folder}/{block.file}", "w", encoding="utf-8") as file:
                    file.write(block.text)
            elif block.language == "text":
                self.wait_for(block, block.text)
            elif "background" in block.words:
                self.session.start(block.text)
                if block.expected is not None:
                    self.wait_for(block, block.expected)
            else:
                self.run_block(block)

    def run_block(self, block):
        run = {"sh": self.run_shell, "sql": self.run_sql}.get(block.language, self.run_script)
        shown = pattern(self.last if "same" in block.words else block.expected or "")
        said = run(block)
        if {"until", "same"} & set(block.words):
            said = self.repeat(block, run, said, shown)
        self.compare(block, said)
        self.last = said

    def repeat(self, block, run, said, shown):
        """Until it prints that; returns it."""
        end = time.monotonic() + DEADLINE_S
        while not shown.fullmatch(tidy(said)):
            if time.monotonic() > end:
                raise AssertionError(f"{self.place(block)} never prints\n{shown.pattern}but\n{said}")
            time.sleep(AGAIN_S)
            said = run(block)
        return said

    def run_shell(self, block, text=None):
        text = text or block.text
        if block.typed:
            text = f"{text.rstrip()} < {self.session.write(block.typed, '.typed')}\n"
        said, status = self.session.ask_shell(text)
        if (status != 0) != ("fails" in block.words):
            raise AssertionError(f"{self.place(block)}: status {status}\n{said}")
        return said

    def run_sql(self, block):
        said = self.session.ask_psql(block.text)
        if block.expected is None and COMPLAINT.search(said):
            raise AssertionError(f"{self.place(block)}:\n{said}")
        return said

    def run_script(self, block):
        program, suffix = INTERPRETERS[block.language]
        return self.run_shell(block, f"{program} {self.session.write(block.text, suffix)}\n")

    def compare(self, block, said):
        if block.expected is not None and not pattern(block.expected).fullmatch(tidy(said)):
            raise AssertionError(f"{self.place(block)} shows\n{block.expected}and prints\n{said}")

    def wait_for(self, block, shown):
        """Until the last program in the background has printed it."""
        background, wanted = self.session.background[-1], pattern(shown)
        try:
            wait_for(lambda: wanted.fullmatch(tidy(background.said())), "")
        except AssertionError:
            raise AssertionError(f"{self.place(block)} shows\n{shown}and prints\n{background.said()}") from None

    def place(self, block):
        return f"{self.path}:{block.line}"
