#!/usr/bin/python3
"""A soak of a landscape: one random fault of its network, relays or servers after the other, a thousand viewers
all over it, and every one is sent what the log holds, once and in order, and never begins afresh.

`make check-deep` has variables for how long it takes, how often there is a fault, and for the seed of
what is random in the faults.
"""
import asyncio
import os
import random
import time
import unittest

from support import network
from support.case import run
from support.far_faults import FarFaults
from support.process import allow_descriptors, is_deep
from support.scattered import Scattered

MINUTES = int(os.environ.get("COMMENTARY_FAULTS_MINUTES") or 3)
EVERY_S = int(os.environ.get("COMMENTARY_FAULTS_EVERY") or 20)
SEED = int(os.environ.get("COMMENTARY_FAULTS_SEED") or random.randrange(1 << 31))


@unittest.skipUnless(is_deep(), "make check-deep runs it")
class LandscapeSoak(Scattered):
    viewers_each = 34

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
        faults = FarFaults(self.land, random.Random(SEED))
        for fault in faults.without_end():
            await asyncio.sleep(faults.chance.uniform(0.25, 1) * EVERY_S)
            await self.suffer(fault)
            if time.monotonic() - self.began > 60 * MINUTES:
                break
        await self.check_the_whole()
        print(f"# {sum(self.ledger.heads.values())} entries", flush=True)


if __name__ == "__main__":
    if is_deep():
        network.enter()
    allow_descriptors()
    run(LandscapeSoak)
