#!/usr/bin/python3
"""A soak: one random fault after the other under load, and nothing is lost, doubled, or leaked.

`make check-deep` has variables for how long it takes, how often there is a fault, and for the seed of
what is random in the faults.
"""
import asyncio
import os
import random
import time
import unittest

from support.audit.audited import MATCHES, VIEWERS, Audited
from support.audit.growth import growth
from support.base.case import run
from support.base.process import allow_descriptors, descriptors, is_deep, is_sanitized, rss_kib
from support.fault.faults import Faults
from support.fault.proxy import DatabaseProxy

MINUTES = int(os.environ.get("COMMENTARY_FAULTS_MINUTES") or 3)
EVERY_S = int(os.environ.get("COMMENTARY_FAULTS_EVERY") or 20)
SEED = int(os.environ.get("COMMENTARY_FAULTS_SEED") or random.randrange(1 << 31))
# What the relay's memory may have grown by at the end: batches of catching up, which are of any size,
# leave the heap some MiB larger or smaller, however long the soak was. A leak grows with its length.
GROWN_KIB = 8192
# And its descriptors: as many as there are viewers of it who may just then be away.
GROWN_DESCRIPTORS = VIEWERS * (MATCHES + 1)


@unittest.skipUnless(is_deep(), "make check-deep runs it")
class Soak(Audited):
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.proxy = DatabaseProxy(self.stack)
        self.addCleanup(self.proxy.close)
        options = ("--database", self.proxy.conninfo, "--heartbeat", "1s", "--topic-bytes", "128KiB")
        self.stack.start_relay(*options)
        self.start_steady_relay(*options)   # only of one that is never killed can be said whether it grows
        self.faults = Faults(self.stack, self.proxy, options, random.Random(SEED))
        self.samples, self.began = [], time.monotonic()
        await self.load()

    async def recover(self):
        """All write, all see what they write. Returns how long that took."""
        began = time.monotonic()
        await self.write()
        await self.check()
        return time.monotonic() - began

    def sample(self):
        pid = self.steady.relay_pid
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
