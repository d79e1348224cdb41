"""A PostgreSQL for one study: a cluster of its own below the study's folder, with the
extension. It is reached by a socket in a folder that only its user and root can enter, so
that it needs neither network nor password."""

import os
import re
import subprocess

from . import machine
from .console import Trouble, step
from .processes import must, stop

SETTINGS = [
    "shared_preload_libraries = 'commentary'",
    "listen_addresses = ''",
    "fsync = on",
    "synchronous_commit = on",
]
PATIENCE_S = 60
MOST_LOG_LINES = 20

TROUBLES = re.compile("PANIC|FATAL|ERROR|WARNING")
# A study cancels statements, kills clients and stops the server itself.
EXPECTED = re.compile(
    "due to administrator command|canceling statement|connection to client lost"
    "|the database system is (shutting down|starting up|not yet accepting connections|in recovery mode)"
)


def troubles_of(lines):
    """The errors and warnings of a server's log, without those that a study causes."""
    return [line.rstrip("\n") for line in lines if TROUBLES.search(line) and not EXPECTED.search(line)]


class Cluster:
    def __init__(self, places, work, name="server"):
        self.places, self.work = places, work
        self.folder = f"{work}/{name}"
        self.data = f"{self.folder}/data"
        self.log = f"{self.folder}/log"
        self.connection = {"PGHOST": self.folder, "PGUSER": "bench", "PGDATABASE": "bench"}

    def start(self, settings):
        """Makes it and starts it; settings: lines of postgresql.conf, which win."""
        self.places.make_runner_folder(self.folder)
        with step("making a private cluster"):
            self.make(settings)
        with step("starting PostgreSQL"):
            self.start_again()
            self.sql("create database bench", database="postgres")
            self.sql("create extension commentary")

    def start_again(self):
        """After stop(), with what it had."""
        self.run("pg_ctl", "-D", self.data, "-l", self.log, "-w", "-t", str(PATIENCE_S), "start")

    def conninfo(self, *others):
        """By which programs reach it, or the first of several that can be written to."""
        hosts = ",".join(one.folder for one in (self, *others))
        return f"host={hosts} user=bench dbname=bench" + (" target_session_attrs=read-write" if others else "")

    def make(self, settings):
        self.run(
            *["initdb", "-D", self.data, "--username=bench", "--auth=trust"],
            *["--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"],
        )
        lines = [*SETTINGS, f"unix_socket_directories = '{self.folder}'", *settings]
        self.as_runner(["tee", "-a", f"{self.data}/postgresql.conf"], "\n".join(lines) + "\n")

    def run(self, program, *arguments):
        return self.as_runner([f"{self.places.pgbin}/{program}", *arguments])

    def as_runner(self, argv, text=""):
        """text: its stdin. Its output goes to a file, since the server that pg_ctl starts
        would hold a pipe open."""
        with open(f"{self.folder}.out", "w+", encoding="utf-8") as file:
            done = subprocess.run(
                argv,
                input=text,
                text=True,
                stdout=file,
                stderr=subprocess.STDOUT,
                cwd=self.places.build,
                env=os.environ | self.places.runner_environment(),
                check=False,
                **self.places.as_runner(),
            )
            if done.returncode != 0:
                file.seek(0)
                raise Trouble(f"{argv[0]} failed", *file.read().splitlines()[-MOST_LOG_LINES:], *self.last_of_log())

    def psql(self, *arguments, environment=None, **options):
        """What psql prints: rows without headings, columns separated by |. Any error ends it."""
        argv = [f"{self.places.pgbin}/psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", *arguments]
        return must(argv, env=self.environment() | (environment or {}), cwd=self.work, **options).rstrip("\n")

    def environment(self):
        """That of a program which connects."""
        return os.environ | self.connection

    def sql(self, *statements, database=None):
        """The answers, each statement in a transaction of its own."""
        commands = [part for statement in statements for part in ("-c", statement)]
        return self.psql(*(["-d", database] if database else []), *commands)

    def number(self, query):
        return int(self.sql(query))

    def version(self):
        return "PostgreSQL " + self.sql("show server_version")

    def postmaster(self):
        """Its pid; None when it does not run."""
        try:
            return int(machine.read(f"{self.data}/postmaster.pid").split("\n")[0])
        except FileNotFoundError:
            return None

    def pin(self, cpu):
        """Gives the whole server this CPU. Processes that start later inherit it."""
        postmaster = self.postmaster()
        for pid in [postmaster, *machine.children(postmaster)]:
            machine.pin(pid, cpu)

    def troubles(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return troubles_of(file)

    def last_of_log(self):
        try:
            return machine.read(self.log).splitlines()[-MOST_LOG_LINES:]
        except FileNotFoundError:
            return []

    def drain(self):
        """Waits until all that is staged is in the log. False when the flusher does not get
        there within a minute: one that died would keep us waiting for ever."""
        argv = [f"{self.places.pgbin}/psql", "-X", "-q", "-A", "-t", "-c", "select commentary.flush()"]
        process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, env=self.environment(), cwd=self.work)
        try:
            return process.wait(PATIENCE_S) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            stop(process)

    def watch(self, seconds, query, output):
        """A session that asks again and again, its answers to a file, until it is stopped."""
        argv = [f"{self.places.pgbin}/psql", "-X", "-q", "-A", "-t"]
        with open(output, "wb") as file:
            process = subprocess.Popen(
                argv, stdin=subprocess.PIPE, stdout=file, env=self.environment(), cwd=self.work
            )
        process.stdin.write(f"{query} \\watch {seconds}\n".encode())
        process.stdin.close()
        return process

    def stop(self):
        """Fast, which flushes what is staged; by force only when that hangs."""
        if self.postmaster() is None:
            return
        try:
            self.run("pg_ctl", "-D", self.data, "-w", "-t", str(PATIENCE_S), "-m", "fast", "stop")
        except Trouble:
            self.run("pg_ctl", "-D", self.data, "-w", "-t", "10", "-m", "immediate", "stop")

    def crash(self):
        """As if its machine had died: nothing is flushed."""
        self.run("pg_ctl", "-D", self.data, "-w", "-t", str(PATIENCE_S), "-m", "immediate", "stop")


class Standby(Cluster):
    """A copy of another cluster on the same machine, whose CPUs and disk it shares."""

    def __init__(self, primary, name="standby"):
        super().__init__(primary.places, primary.work, name)
        self.primary = primary

    def start(self, settings=()):
        """settings: NAME=VALUE, for what the primary has otherwise."""
        conninfo = f"host={self.primary.folder} user=bench application_name=standby"
        options = [f"unix_socket_directories={self.folder}", *settings]
        self.places.make_runner_folder(self.folder)
        self.run("pg_basebackup", "-D", self.data, "-R", "-c", "fast", "-d", conninfo)
        self.run(
            *["pg_ctl", "-D", self.data, "-l", self.log, "-w", "-t", str(PATIENCE_S)],
            *["-o", " ".join(f"-c {one}" for one in options), "start"],
        )

    def promote(self):
        self.run("pg_ctl", "-D", self.data, "-w", "-t", str(PATIENCE_S), "promote")

    def remove(self):
        self.stop()
        self.as_runner(["rm", "-rf", self.data])
