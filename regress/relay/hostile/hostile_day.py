#!/usr/bin/python3
"""A hostile day: everything that others do, all at once, and nothing is lost, doubled or forged.

DBAs change our tables and settings, a stranger forges notifications, a migration writes as a replica, matches
are purged beside VACUUM, entries are deleted by force, the network is full of packets that are none, of
crowds that do not read and of questions without end, and a relay is restarted: beside reporters whose every
acknowledgement, and viewers whose every message, is held against the log.

In `make check-deep` it takes HOSTILE_MINUTES; HOSTILE_SEED repeats what is random in the attacks.
"""
import asyncio
import contextlib
import json
import os
import random
import re
import shutil
import signal
import time
import urllib.request

from support.attack.attack import NOT_NOW, Attack
from support.attack.from_database import FORGED, Dba, Holes, Operators, Purges, Replica, Settings, Stranger
from support.attack.from_network import Honest, Packets, Readers, Slowloris, Unknown
from support.audit.audited import RECOVER_S, Audited
from support.audit.reporter import Reporter
from support.base.case import run
from support.base.process import allow_descriptors, is_deep, is_sanitized, rss_kib
from support.base.stack import LONG_S, wait_for
from support.viewer.audience import until
from support.viewer.node_client import TODAY, NodeClient

SECONDS = 60 * int(os.environ.get("COMMENTARY_HOSTILE_MINUTES") or 3) if is_deep() else 40
LOOK_S = 5          # between two looks at the whole
SEED = int(os.environ.get("COMMENTARY_HOSTILE_SEED") or random.randrange(1 << 31))
# Attacks by name, for whoever looks for a fault.
ONLY = (os.environ.get("COMMENTARY_HOSTILE_ONLY") or
        "Dba,Operators,Settings,Purges,Replica,Stranger,Honest,Holes,Packets,Readers,Slowloris,Unknown,Restarts").split(",")
ROLES = f"""
    \\i {os.path.dirname(os.path.realpath(__file__))}/../../../sql/roles.sql
    CREATE ROLE relay LOGIN IN ROLE commentary_relay;
    CREATE ROLE reporter LOGIN IN ROLE commentary_writer, commentary_reader;
    GRANT SET ON PARAMETER session_replication_role TO reporter;
    CREATE ROLE stranger LOGIN;
    GRANT stranger TO relay;
"""
LOG_LINES_A_SECOND = 20     # of a relay, in the mean, however much is done to it
RELAY_MIB = 256


class Restarts(Attack):
    """Its operator restarts the one relay, in each of the ways that there are."""

    pause_s = 8

    def __init__(self, stack, steady, seed, options):
        super().__init__(stack, steady, seed)
        self.options = options

    def once(self):
        way = self.chance.choice((signal.SIGTERM, signal.SIGKILL, signal.SIGHUP))
        if way == signal.SIGHUP:
            self.stack.relay.send_signal(way)
            return
        code = self.stack.stop_relay(way)
        self.expect(code == (0 if way == signal.SIGTERM else -signal.SIGKILL), f"a relay ended with {code}")
        self.stack.start_relay(*self.options)


class HostileDay(Audited):
    settings = "commentary.max_staged = 20000\nfsync = on\n"  # or check() complains

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.psql(ROLES)
        options = ("--database", f"{self.stack.conninfo} user=relay", "--heartbeat", "1s",
                   "--topic-bytes", "128KiB", "--drain", "1s")
        self.stack.start_relay(*options)
        self.start_steady_relay(*options)
        await self.load()
        self.page = await self.open_page()
        kinds = (Dba, Holes, Operators, Purges, Replica, Settings, Stranger, Honest, Packets, Readers, Slowloris,
                 Unknown)
        self.attacks = [attack for attack in (
            *(kind(self.stack, self.steady, SEED) for kind in kinds),
            Restarts(self.stack, self.steady, SEED, options)) if attack.name in ONLY]
        self.addCleanup(self.end_attacks)

    async def open_page(self):
        """commentary.js itself, at the relay that is restarted; None where there is no Node."""
        if not shutil.which("node"):
            return None
        page = (await NodeClient.start(self.stack, TODAY)).connect(*(match or "lobby" for match in self.viewers))
        self.addAsyncCleanup(page.stop)
        return page

    async def check(self):
        await super().check()
        await self.check_page()

    async def check_page(self):
        """It shows all that was looked at, each entry once, and never had to begin afresh."""
        for match, head in self.ledger.heads.items() if self.page else ():
            name = match or "lobby"
            await until(lambda name=name, head=head: len(self.page.shown.get(name, [])) >= head, "the page shows all")
            bodies = await asyncio.to_thread(list, self.entries(match, 0, head))
            self.assertEqual(self.page.shown[name][:head], [json.loads(body) for body in bodies])
            self.assertEqual(self.page.starts[name], 1)

    def check_rejected(self):
        """
        A constraint of a DBA has set rows aside; their writers were told so, and have resent some. All are
        tried again: each is in the log once, and an old state does not become the newest.
        """
        matches = ", ".join(map(str, self.viewers))
        self.stack.sql(f"DELETE FROM commentary.rejected WHERE match_id NOT IN ({matches})")  # of attacks: purged
        tried = self.stack.sql("SELECT count(commentary.replay_rejected(rejected_id)) FROM commentary.rejected")
        print(f"# {tried} rows were set aside, and are tried again", flush=True)
        self.stack.sql("SELECT commentary.flush()")
        self.stack.sql("DELETE FROM commentary.rejected WHERE sqlstate = '27000'")  # there is a newer state
        super().check_rejected()
        self.assertEqual(self.stack.sql("SELECT count(*) FROM (SELECT FROM commentary.entry WHERE op = 'insert'"
                                        " GROUP BY match_id, client_ref HAVING count(*) > 1"
                                        " AND client_ref IS NOT NULL) AS twice"), "0")
        for match, score in self.scores():
            wait_for(lambda match=match, score=score: self.told_score(match) == score, f"{match} has score {score}")

    def told_score(self, match):
        with urllib.request.urlopen(f"{self.steady.url}/matches/{match}", timeout=LONG_S) as answer:
            return json.load(answer)["state"].get("home_score")

    def psql(self, script):
        path = f"{self.stack.dir}/script.sql"
        with open(path, "w", encoding="utf-8") as file:
            file.write(script)
        self.stack.pg("psql", "-XAtqd", self.stack.conninfo, "-v", "ON_ERROR_STOP=1", "-f", path)

    def new_reporters(self, matches, said):
        """Half of them write as a migration tool does."""
        conninfo = f"{self.stack.conninfo} user=reporter"
        replica = f"{conninfo} options='-csession_replication_role=replica'"
        return [Reporter(whose, number, matches, said, number % 2 == 0, NOT_NOW)
                for number, whose in enumerate((conninfo, conninfo, replica, replica))]

    def ask(self, statement):
        """A DBA may just have renamed what is asked for, or rewritten it: then it looks empty for a moment."""
        end = time.monotonic() + RECOVER_S
        while True:
            try:
                found = super().ask(statement)
                if found or time.monotonic() > end:
                    return found
            except AssertionError:
                if time.monotonic() > end:
                    raise

    def end_attacks(self):
        """Returns what was wrong."""
        attacks, self.attacks = self.attacks, []
        for attack in attacks:
            attack.ending.set()
        return [problem for attack in attacks for problem in attack.stop()]

    def tell(self, attacks):
        rounds = ", ".join(f"{attack.name} {attack.rounds}" for attack in attacks)
        print(f"# {sum(reporter.count for reporter in self.reporters)} acknowledged,"
              f" {sum(reporter.lost for reporter in self.reporters)} failed;"
              f" the relay has {rss_kib(self.steady.relay_pid) >> 10} MiB; rounds: {rounds}", flush=True)

    def assert_none(self, problems):
        if problems:
            self.fail("\n".join(problems))

    async def test_all_at_once(self):
        print(f"# HOSTILE_SEED={SEED}: {SECONDS} s", flush=True)
        began = time.monotonic()
        attacks, end = self.attacks, began + SECONDS
        for attack in attacks:
            attack.start()
        while time.monotonic() < end:
            await asyncio.sleep(LOOK_S)
            await self.write()
            await self.check()
            self.tell(attacks)
            self.assert_none([problem for attack in attacks for problem in attack.problems])
        self.assert_none(await asyncio.to_thread(self.end_attacks))
        await self.write()
        await self.check_the_whole()
        self.check_what_is_left(time.monotonic() - began)

    def check_what_is_left(self, seconds):
        self.assertEqual(self.stack.sql(
            f"SELECT count(*) FROM commentary.entry WHERE message LIKE '%{FORGED}%'"), "0")
        findings = "SELECT subject, finding FROM commentary.check() WHERE NOT is_ok"
        with contextlib.suppress(AssertionError):   # what was done last may not be over yet
            wait_for(lambda: self.stack.sql(findings) == "", "all is well")
        self.assertEqual(self.stack.sql(findings), "")
        for stack in (self.stack, self.steady):
            wait_for(stack.is_ready, "the relay is ready")
            if not is_sanitized():
                self.assertLess(rss_kib(stack.relay_pid) >> 10, RELAY_MIB)
        with open(f"{self.stack.dir}/postgres.log", encoding="utf-8") as log:
            crashes = re.findall(r".*(?:was terminated by signal|PANIC).*", log.read())
        self.assertEqual(crashes, [])
        self.assertLess(len(self.stack.relay_said().split("\n")), 2 * LOG_LINES_A_SECOND * seconds)


if __name__ == "__main__":
    allow_descriptors()
    run(HostileDay)
