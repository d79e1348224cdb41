"""Load by pgbench: so many clients insert into one table, and what became of that.

pgbench's own clock starts before it connects, which takes long for a thousand clients. So
what connecting took the last time is added to the time that a run is given, and figures
are taken of the part in which all clients were there.
"""

import glob
import os
import re
import subprocess
from typing import NamedTuple

from . import sentences
from .console import Trouble
from .summaries import percentile

MATCHES = 20
SAMPLED = 0.2  # share of the transactions whose latency is logged
MOST_THREADS = 4
CONNECTING_MS = 3  # for each client, when nothing is known yet
CONNECTING_MS_FAILED = 10  # the same after a run that did not tell
MULTI_ROWS = 100
ERROR_LENGTH = 200

PROGRESS = re.compile(r"^progress: ([0-9.]+) s, ([0-9.]+) tps", re.MULTILINE)
CONNECTED = re.compile(r"^initial connection time = (\d+)", re.MULTILINE)
PROCESSED = re.compile(r"^number of transactions actually processed: (\d+)", re.MULTILINE)
FAILED = re.compile(r"^number of failed transactions: (\d+)", re.MULTILINE)
CLIENT_ENDED = re.compile("aborted in command|could not create connection|connection to server .* failed")
ERROR = re.compile("error|fatal", re.IGNORECASE)


class Variant(NamedTuple):
    """Where a row goes, and as whom."""

    name: str
    table: str
    role: str

    @property
    def is_ours(self):
        return self.table == "commentary.feed"


VARIANTS = {
    one.name: one
    for one in (
        Variant("plain", "bench.plain", "writer"),
        Variant("trigger", "bench.trigger", "writer"),
        Variant("bare", "bench.bare", "writer"),
        Variant("durable", "commentary.feed", "durable"),
        Variant("staged", "commentary.feed", "staged"),
    )
}


class Outcome(NamedTuple):
    """What pgbench told of a run."""

    out: str
    err: str
    log: list  # the lines of its logs of transactions
    lasted_s: float  # that it was given

    def connecting_ms(self, clients):
        found = CONNECTED.search(self.out)
        return int(found.group(1)) if found else clients * CONNECTING_MS_FAILED

    def transactions(self):
        """(acknowledged, failed). A client that meets an error ends, and so does one that
        cannot connect; a run without any transaction has failed."""
        found = PROCESSED.search(self.out)
        processed = int(found.group(1)) if found else 0
        found = FAILED.search(self.out)
        failed = int(found.group(1)) if found else 0
        failed += sum(bool(CLIENT_ENDED.search(line)) for line in self.err.splitlines())
        return processed, failed + (processed == 0)

    def first_error(self):
        """Nothing when there is none."""
        return next((line for line in self.err.splitlines() if ERROR.search(line)), "")[:ERROR_LENGTH]

    def steady_tps(self, warm_up_s, connecting_ms):
        """Transactions per second without warm-up and winding down: the mean of the lines of
        progress, a second each; 0 when none was in that part."""
        found, last = [], 0.0
        for line in PROGRESS.finditer(self.err):
            at, tps = float(line.group(1)), float(line.group(2))
            is_whole = at - last > 0.9
            has_begun = last >= connecting_ms / 1000 + warm_up_s - 0.5
            if is_whole and has_begun and at < self.lasted_s + 0.5:
                found.append(tps)
            last = at
        return sum(found) / len(found) if found else 0.0

    def latencies_ms(self, warm_up_s, percents):
        """Percentiles of the transactions that ended after the warm-up. A line of the log is
        CLIENT TRANSACTION LATENCY_US SCRIPT END_S END_US; a failed one has no number."""
        ended = []
        for line in self.log:
            words = line.split()
            if len(words) >= 6 and words[2].isdigit():
                ended.append((int(words[4]) + int(words[5]) / 1e6, int(words[2])))
        first = min((end for end, _ in ended), default=0)
        took = sorted(us for end, us in ended if end >= first + warm_up_s)
        return [percentile(took, percent) / 1000 for percent in percents]


def single_row(variant, columns, arrays, count):
    """The script of one INSERT, of which each transaction takes another sentence. pgbench
    has no variables of text, and with a script for each sentence a session would have so
    many statements to plan: so the sentences are arrays, and n is an index."""
    elements = "".join(f", ({array})[:n]" for array in arrays)
    return (
        f"\\set match random(1, {MATCHES})\n\\set minute random(1, {sentences.LAST_MINUTE})\n"
        f"\\set n random(1, {count})\n"
        f"INSERT INTO {variant.table} ({columns}) VALUES (:match, :minute{elements});\n"
    )


def mixed(variant, columns, arrays, count):
    """The same in a transaction that writes a row of another table as well."""
    one = single_row(variant, columns, arrays, count)
    sets, insert = one[: one.index("INSERT")], one[one.index("INSERT") :]
    return f"{sets}BEGIN;\nINSERT INTO bench.audit (note) VALUES ('x');\n{insert}COMMIT;\n"


def multi_row(variant, columns, rows):
    """The script of one INSERT of many rows."""
    return f"INSERT INTO {variant.table} ({columns}) VALUES\n{sentences.values(rows)};\n"


class Pgbench:
    """Runs pgbench on a study's cluster; its scripts and what it leaves are in the study's folder."""

    def __init__(self, run, variants, command=()):
        """command: what pgbench is started by, where the load has a core of its own."""
        self.run, self.command = run, list(command)
        self.variants = [VARIANTS[name] for name in variants]
        self.known_connecting_ms = {}  # by the number of clients: what the last run took
        self.scripts = f"{run.work}/scripts"
        self.make_scripts()

    def make_scripts(self):
        os.makedirs(self.scripts, exist_ok=True)
        said = sentences.sentences(self.run.places)
        for variant in self.variants:
            one = single_row(variant, sentences.COLUMNS, sentences.arrays(said), len(said))
            many = multi_row(variant, sentences.COLUMNS, sentences.rows(said, MULTI_ROWS, 1, MATCHES))
            self.write_script(variant.name, one)
            self.write_script(
                f"{variant.name}-mixed",
                mixed(variant, sentences.COLUMNS, sentences.arrays(said), len(said)),
            )
            self.write_script(f"{variant.name}-multi", many)

    def write_script(self, name, text):
        with open(f"{self.scripts}/{name}.sql", "w", encoding="utf-8") as file:
            file.write(text)

    def insert(self, variant, clients, seconds, script=None, pooled=None, rate=None):
        """Runs it to its end. script: the variant's own unless another is named. pooled: the
        environment by which clients come through the pooler, which cannot follow prepared
        statements across sessions. rate: transactions a second, at random intervals; else as
        many as there can be."""
        known_ms = self.known_connecting_ms.get(clients, clients * CONNECTING_MS)
        lasted_s = seconds + (known_ms + 500) // 1000
        where = pooled or self.run.cluster.connection
        argv = [*self.command, f"{self.run.places.pgbin}/pgbench", "-n", "-M", "extended" if pooled else "prepared"]
        argv += ["-c", str(clients), "-j", str(min(clients, MOST_THREADS)), "-T", str(lasted_s), "-P", "1"]
        argv += ["-l", f"--log-prefix={self.run.work}/cell.log", f"--sampling-rate={1 if rate else SAMPLED}"]
        argv += ["-R", str(rate)] if rate else []
        argv += ["-f", f"{self.scripts}/{script or variant.name}.sql"]
        outcome = self.outcome_of(argv, where | {"PGUSER": variant.role}, lasted_s)
        self.known_connecting_ms[clients] = outcome.connecting_ms(clients)
        return outcome

    def outcome_of(self, argv, environment, lasted_s):
        for path in glob.glob(f"{self.run.work}/cell.*"):
            os.unlink(path)
        with open(f"{self.run.work}/cell.out", "w+", encoding="utf-8") as out:
            with open(f"{self.run.work}/cell.err", "w+", encoding="utf-8") as err:
                subprocess.run(argv, stdout=out, stderr=err, env=os.environ | environment, cwd=self.run.work, check=False)
                out.seek(0)
                err.seek(0)
                return Outcome(out.read(), err.read(), list(self.logged()), lasted_s)

    def logged(self):
        for path in glob.glob(f"{self.run.work}/cell.log.*"):
            with open(path, encoding="ascii") as file:
                yield from file

    def steady_tps(self, outcome, warm_up_s, clients):
        return outcome.steady_tps(warm_up_s, self.known_connecting_ms[clients])

    def latency_ms(self, name):
        """The average latency, as text, of one client that runs a script again and again for a second."""
        argv = [f"{self.run.places.pgbin}/pgbench", "-n", "-M", "prepared", "-c", "1", "-T", "1"]
        argv += ["-f", f"{self.scripts}/{name}.sql"]
        environment = self.run.cluster.environment()
        done = subprocess.run(argv, capture_output=True, text=True, env=environment, cwd=self.run.work, check=False)
        found = re.search(r"^latency average = ([0-9.]+) ms", done.stdout, re.MULTILINE)
        if done.returncode != 0 or not found:
            raise Trouble(f"pgbench failed on {name}", *done.stderr.splitlines()[-1:])
        return found.group(1)
