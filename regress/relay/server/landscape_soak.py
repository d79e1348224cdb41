#!/usr/bin/python3
"""A soak of a landscape: one random fault of its network, relays or servers after the other, a thousand viewers
all over it, and every one is sent what the log holds, once and in order, and never begins afresh. No process
grows steadily.

`make check-deep` has variables for how long it takes, how often there is a fault, and for the seed of
what is random in the faults.
"""
import asyncio
import os
import random
import time
import unittest

from support.audit.watch import SAMPLES_MIN, Watch
from support.base.case import run
from support.base.process import allow_descriptors, is_deep, is_sanitized
from support.server import network
from support.server.far_faults import FarFaults
from support.server.scattered import Scattered

MINUTES = int(os.environ.get("COMMENTARY_FAULTS_MINUTES") or 3)
EVERY_S = int(os.environ.get("COMMENTARY_FAULTS_EVERY") or 20)
LOOKS_S = 2     # from one look at the processes to the next
SEED = int(os.environ.get("COMMENTARY_FAULTS_SEED") or random.randrange(1 << 31))


@unittest.skipUnless(is_deep(), "make check-deep runs it")
class LandscapeSoak(Scattered):
    viewers_each = 30
    relay_options = ("--topic-bytes", "128KiB")     # it is full soon, and what grows then is a leak

    async def watch(self):
        """As long as the test lasts."""
        while True:
            await asyncio.to_thread(self.watched.look, self.land.relays, self.land.servers)
            await asyncio.sleep(LOOKS_S)

    def check_growth(self):
        judged = self.watched.judged()
        for (name, pid), (kib, more) in sorted(judged.items()):
            print(f"# {name}, pid {pid}: {kib:+.0f} KiB, {more:+.1f} descriptors", flush=True)
        self.assertGreater(len(judged), 0, f"no process was seen {SAMPLES_MIN} times")
        self.assertEqual(self.watched.problems(looks_at_memory=not is_sanitized()), [])

    async def suffer(self, fault):
        began = time.monotonic()
        await asyncio.to_thread(fault)
        lasted_s = time.monotonic() - began
        self.stack = self.land.primary
        recovered_s = await self.recover()
        print(f"# {time.monotonic() - self.began:.0f} s: {fault.__name__.replace('_', ' ')} for {lasted_s:.1f} s, all go"
              f" on after {recovered_s:.1f} s; {sum(reporter.count for reporter in self.reporters)} acknowledged",
              flush=True)

    async def test_random_faults(self):
        self.began = time.monotonic()
        print(f"# FAULTS_SEED={SEED}: {MINUTES} minutes, a fault about every {EVERY_S} s,"
              f" {sum(map(len, self.viewers.values()))} viewers", flush=True)
        await self.recover()
        self.watched = Watch()
        self.follows.append(asyncio.create_task(self.watch()))
        faults = FarFaults(self.land, random.Random(SEED))
        for fault in faults.without_end():
            await asyncio.sleep(faults.chance.uniform(0.25, 1) * EVERY_S)
            await self.suffer(fault)
            if time.monotonic() - self.began > 60 * MINUTES:
                break
        await self.check_the_whole()
        self.check_growth()
        print(f"# {sum(self.ledger.heads.values())} entries", flush=True)


if __name__ == "__main__":
    if is_deep():
        network.enter()
    allow_descriptors()
    run(LandscapeSoak)
