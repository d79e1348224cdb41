#!/usr/bin/python3
"""A DBA begins an epoch: viewers are told, and go on in the new one where they were."""
import asyncio

from support.audit.scene import Scene
from support.base.case import run
from support.viewer.viewer import Viewer


class Epoch(Scene):
    relay_options = ("--heartbeat", "600s")  # later than any test waits: an epoch is told at once

    async def begin(self):
        """Returns the epoch before it and the new one."""
        before = self.viewer.epoch
        return before, await asyncio.to_thread(self.stack.sql, "SELECT commentary.begin_epoch()")

    async def until_epoch(self, viewer, epoch):
        while viewer.epoch != epoch:
            joined = await viewer.next("subscribed")
        return joined

    async def goes_on_in(self, epoch):
        """The viewer, where it was."""
        joined = await self.until_epoch(self.viewer, epoch)
        self.assertTrue(joined["recovered"])
        self.post("after")
        await self.until("after")
        await self.compare()
        self.assertEqual(self.viewer.starts, 1)

    async def test_while_nobody_writes(self):
        self.post("before")
        await self.until("before")
        before, after = await self.begin()
        self.assertNotEqual(before, after)
        await self.goes_on_in(after)

    async def test_with_the_next_entry(self):
        """Which comes in the same transaction."""
        self.post("before")
        await self.until("before")
        after = await asyncio.to_thread(
            self.stack.sql, f"WITH e AS (SELECT commentary.begin_epoch() AS epoch), p AS (SELECT"
            f" commentary.post({self.match}, 'with it') FROM e) SELECT epoch FROM e, p")
        await self.goes_on_in(after)

    async def test_who_comes_back_from_before_goes_on(self):
        self.post("before")
        await self.until("before")
        away = await Viewer(self.stack, self.match).join()
        await away.follow(lambda: self.viewer.seq)
        await away.close()
        _, after = await self.begin()
        await self.until_epoch(self.viewer, after)
        await away.join()
        self.assertEqual(away.epoch, after)
        self.assertEqual(away.starts, 1)
        await away.close()

    async def test_of_a_log_that_was_changed_by_hand(self):
        """He says so: everybody begins afresh."""
        self.post("before")
        await self.until("before")
        after = await asyncio.to_thread(self.stack.sql, "SELECT commentary.begin_epoch(afresh => true)")
        joined = await self.until_epoch(self.viewer, after)
        self.assertFalse(joined["recovered"])
        self.post("after")
        await self.until("after")


if __name__ == "__main__":
    run(Epoch)
