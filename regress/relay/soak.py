#!/usr/bin/python3
"""A soak: one random fault after the other under load, and nothing is lost, doubled, or leaked.

`make check-deep` has variables for how long it takes, how often there is a fault, and for the seed of
what is random in the faults.
"""
import asyncio
import copy
import itertools
import math
import os
import random
import shutil
import time
import unittest

from audience import until
from case import Case, run
from faults import Faults
from growth import growth
from ledger import Ledger
from process import allow_descriptors, descriptors, is_deep, is_sanitized, rss_kib
from proxy import DatabaseProxy
from reporter import Reporter, texts
from stack import free_port
from stubborn import Stubborn

MINUTES = int(os.environ.get("COMMENTARY_FAULTS_MINUTES") or 3)
EVERY_S = int(os.environ.get("COMMENTARY_FAULTS_EVERY") or 20)
SEED = int(os.environ.get("COMMENTARY_FAULTS_SEED") or random.randrange(1 << 31))
MATCHES = 4
REPORTERS = 4
VIEWERS = 2         # at each relay, of each match and of the lobby
DROP_AFTER = 300    # entries, until a viewer loses its connection
RECOVER_S = 60      # until all write and see again after a fault; it is a few seconds
LOBBY = 0           # in the table
PAGE = 10000        # entries read at once
# What the relay's memory may have grown by at the end: batches of catching up, which are of any size,
# leave the heap some MiB larger or smaller, however long the soak was. A leak grows with its length.
GROWN_KIB = 8192
# And its descriptors: as many as there are viewers of it who may just then be away.
GROWN_DESCRIPTORS = VIEWERS * (MATCHES + 1)


@unittest.skipUnless(is_deep(), "make check-deep runs it")
class Soak(Case):
    async def asyncSetUp(self):
        self.addCleanup(self.keep_logs)
        self.proxy = DatabaseProxy(self.stack)
        self.addCleanup(self.proxy.close)
        options = ("--database", self.proxy.conninfo, "--heartbeat", "1s", "--topic-bytes", "128KiB")
        self.stack.start_relay(*options)
        self.start_steady_relay(*options)
        self.faults = Faults(self.stack, self.proxy, options, random.Random(SEED))
        self.ledger, self.samples, self.began = Ledger(), [], time.monotonic()
        await self.load()

    def start_steady_relay(self, *options):
        """One that is never killed: only of that it can be said whether it grows."""
        self.steady = copy.copy(self.stack)
        self.steady.relay_port = free_port()
        self.steady.start_relay(*options)
        self.addCleanup(lambda: self.assertEqual(self.steady.stop_relay(), 0))

    def keep_logs(self):
        """Beside the test's output, which stays when it has failed."""
        for name in ("postgres.log", "relay.log"):
            shutil.copy(f"{self.stack.dir}/{name}", name)

    async def load(self):
        self.is_over = False
        matches, said, self.reporters = self.stack.create_matches(MATCHES, "live"), texts(), []
        self.viewers = {match: [Stubborn(stack, match or "lobby") for stack in (self.stack, self.steady)
                                for _ in range(VIEWERS)] for match in (LOBBY, *matches)}
        self.follows = [asyncio.create_task(viewer.follow(lambda: 0 if self.is_over else math.inf, DROP_AFTER))
                        for viewer in itertools.chain(*self.viewers.values())]
        await self.until(lambda: all(viewer.epoch for viewer in itertools.chain(*self.viewers.values())),
                         "all have joined")
        self.reporters += [Reporter(self.stack, number, matches, said, resends=number % 2 == 0)
                           for number in range(REPORTERS)]

    async def asyncTearDown(self):
        for reporter in self.reporters:
            await asyncio.to_thread(reporter.stop)
        self.is_over = True
        await asyncio.gather(*self.follows, return_exceptions=True)
        await asyncio.gather(*(viewer.close() for viewer in itertools.chain(*self.viewers.values())))

    async def until(self, condition, what):
        """Who follows does so for ever: if one has ended, that is why nothing comes."""
        def is_met():
            for follow in self.follows:
                if follow.done():
                    follow.result()
            return condition()

        try:
            await until(is_met, what, RECOVER_S)
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.state()}") from None

    def state(self):
        return {"acknowledged": [reporter.count for reporter in self.reporters],
                "unexpected": [reporter.unexpected[-1:] for reporter in self.reporters],
                "viewers": {match: [(viewer.seq, viewer.is_live) for viewer in viewers]
                            for match, viewers in self.viewers.items()}}

    def heads(self):
        found = self.stack.sql(f"SELECT match_id, head FROM commentary.heads(ARRAY{list(self.viewers)}::bigint[])")
        return dict(map(int, line.split("|")) for line in found.split("\n"))

    def entries(self, match, after, head):
        """The bodies of those after one, up to another; fewer, if the table has not as many."""
        while after < head:
            page = self.stack.sql(
                f"SELECT body FROM commentary.read({match}, {after}, {min(head - after, PAGE)})").split("\n")
            if page == [""]:
                return
            yield from page
            after += len(page)

    async def recover(self):
        """All write, all see what they write. Returns how long that took."""
        began, counts = time.monotonic(), [reporter.count for reporter in self.reporters]
        await self.until(lambda: all(reporter.count > count for reporter, count in zip(self.reporters, counts)),
                         "all reporters write")
        await self.check()
        return time.monotonic() - began

    async def check(self):
        """All that there is, and that was not looked at before."""
        for reporter in self.reporters:
            self.ledger.acknowledge(reporter.take())
        heads = await asyncio.to_thread(self.heads)
        await self.until(lambda: all(viewer.seq >= heads[match] for match, viewers in self.viewers.items()
                                     for viewer in viewers), f"all viewers see {heads}")
        for match, head in heads.items():
            bodies = await asyncio.to_thread(list, self.entries(match, self.ledger.heads[match], head))
            for viewer in self.viewers[match]:
                self.ledger.compare(viewer, match, bodies)
            self.ledger.read(match, bodies, head)
        self.ledger.settle()
        self.assertEqual(self.ledger.problems[:10], [])
        self.assertEqual([error for reporter in self.reporters for error in reporter.unexpected][:10], [])

    def sample(self):
        pid = self.steady.relay.pid
        self.samples.append((time.monotonic() - self.began, rss_kib(pid), descriptors(pid)))

    def tell(self, what):
        now, kib, open_descriptors = self.samples[-1]
        print(f"# {now:.0f} s: {what}; {sum(reporter.count for reporter in self.reporters)} acknowledged,"
              f" {sum(reporter.lost for reporter in self.reporters)} failed; relay: {kib} KiB,"
              f" {open_descriptors} descriptors", flush=True)

    async def suffer(self, fault):
        began = time.monotonic()
        await asyncio.to_thread(fault)
        lasted_s = time.monotonic() - began
        recovered_s = await self.recover()
        self.sample()
        self.tell(f"{fault.__name__.replace('_', ' ')} for {lasted_s:.1f} s, all go on after {recovered_s:.1f} s")

    async def check_the_whole(self):
        """When all is written: the log is what it was when it was looked at, and the score is told."""
        for reporter in self.reporters:
            await asyncio.to_thread(reporter.stop)
        self.stack.sql("SELECT commentary.flush()")
        await self.check()
        for match, head in self.ledger.heads.items():
            await asyncio.to_thread(self.ledger.read_again, match, self.entries(match, 0, head))
        scores = self.stack.sql("SELECT match_id, home_score FROM commentary.match WHERE home_score > 0").split("\n")
        for match, score in (map(int, line.split("|")) for line in scores):
            self.ledger.hold_score(match, score)
        self.assertEqual(self.ledger.problems, [])
        self.assertEqual(self.stack.sql("SELECT count(*) FROM commentary.rejected"), "0")

    def check_growth(self):
        kib = growth([(when, kib) for when, kib, _ in self.samples])
        more = growth([(when, count) for when, _, count in self.samples])
        size = self.stack.sql("SELECT pg_size_pretty(pg_database_size(current_database()))")
        print(f"# the relay has grown by {kib:.0f} KiB, {more:.1f} descriptors; the database has {size},"
              f" {sum(self.ledger.heads.values())} entries", flush=True)
        self.assertLess(more, GROWN_DESCRIPTORS)
        if not is_sanitized():
            self.assertLess(kib, GROWN_KIB)

    async def test_random_faults(self):
        print(f"# FAULTS_SEED={SEED}: {MINUTES} minutes, a fault about every {EVERY_S} s", flush=True)
        await self.recover()
        self.sample()
        self.tell("all write and see")
        for fault in self.faults.without_end():
            await asyncio.sleep(self.faults.chance.uniform(0.25, 1) * EVERY_S)
            await self.suffer(fault)
            if time.monotonic() - self.began > 60 * MINUTES:
                break
        await self.check_the_whole()
        self.check_growth()


if __name__ == "__main__":
    allow_descriptors()
    run(Soak)
