#!/usr/bin/python3
"""To another major version by a follower: the new server copies the old one while that is in use, and takes its
place. Writers are acknowledged by the one or by the other; no viewer begins afresh, and none misses an entry."""
import asyncio
import os
import unittest

from support.audit.scene import Scene
from support.base.case import run
from support.base.stack import wait_for
from support.server.region import LOGICAL, OldStack, Region
from support.viewer.viewer import Viewer


@unittest.skipUnless(os.environ.get("COMMENTARY_OLD_PG"),
                     "no older PostgreSQL is at hand; make check-pg PG=17 brings one along")
class Upgrade(Scene):
    @classmethod
    def setUpClass(cls):
        cls.stack = cls.old = OldStack(LOGICAL)
        cls.addClassCleanup(cls.old.close)
        cls.old.start_relay("--heartbeat", "1s")

    async def test_in_use(self):
        self.write()
        await self.viewer.follow(lambda: 100)
        new = await asyncio.to_thread(Region, self.old)     # its initial copy is made beside the writers
        self.addCleanup(new.close)
        new.start_relay("--heartbeat", "1s")
        other = await Viewer(new, self.match).join()
        seq = other.seq
        await other.follow(lambda: seq + 100)

        # The writers' turn: nobody may write to the old one from here on.
        acknowledged = set(self.writers.pop().stop())
        head = self.old.head(self.match)
        await asyncio.to_thread(wait_for, lambda: new.has(self.match, head), "the new one has all of it")
        await self.viewer.follow(lambda: head)
        await asyncio.to_thread(new.promote)
        epoch = self.viewer.epoch
        await asyncio.to_thread(wait_for, lambda: new.sql("SELECT commentary.epoch()") != epoch, "it is a primary")
        self.old.stop_relay()
        self.old.stop_postgres("immediate")
        await self.viewer.close()
        self.viewer.url = f"ws://127.0.0.1:{new.relay_port}/ws"
        await self.viewer.join()
        self.stack = new
        self.write()
        await self.viewer.follow(lambda: head + 100)
        acknowledged |= set(self.writers.pop().stop())
        stored = set(await self.compare(new))
        self.assertEqual(acknowledged - stored, set())
        last = new.head(self.match)
        await other.follow(lambda: last)
        self.assertEqual((self.viewer.starts, other.starts, other.gaps, other.doubles), (1, 1, 0, 0))
        self.assertGreater(new.create_match(), self.match)
        await other.close()


if __name__ == "__main__":
    run(Upgrade)
