#!/usr/bin/python3
"""Another region: a relay whose database follows the primary by logical replication. Viewers get every entry
there, once and in order; move between the regions and go on; are told when it is late; and go on when it is promoted."""
import asyncio
import contextlib

import psycopg2

from support.audit.delay import is_soon
from support.audit.scene import Scene
from support.base.case import run
from support.base.metrics import get
from support.base.stack import Stack, wait_for
from support.server.edge import Edge
from support.server.region import LOGICAL, Region
from support.viewer.viewer import Viewer

COPIED = {"commentary.match", "commentary.entry", "commentary.epoch"}


def lag_s(stack):
    return float(get(stack.relay_port)[1].split("\ncommentary_region_lag_seconds ")[1].split()[0])


class Regional(Scene):
    """The viewer is one of the region's; writers and the match are the primary's."""

    @classmethod
    def setUpClass(cls):
        cls.primary = Stack(LOGICAL)
        cls.addClassCleanup(cls.primary.close)
        cls.primary.start_relay("--heartbeat", "1s")
        cls.first = cls.primary.create_match()
        cls.primary.insert_lines(cls.first, 50)
        cls.region = Region(cls.primary, "commentary.region_lag_limit = 2s\n")
        cls.addClassCleanup(cls.region.close)
        cls.region.start_relay("--heartbeat", "1s", "--edges", "127.0.0.1")
        cls.stack = cls.primary

    async def asyncSetUp(self):
        self.match = self.primary.create_match()
        head = self.primary.head(self.match)
        await asyncio.to_thread(wait_for, lambda: self.region.has(self.match, head), "the match is in the region")
        self.viewer = await Viewer(self.region, self.match).join()
        await self.viewer.until_live()
        self.writers = []

    def move(self, viewer, stack):
        """It comes back to a relay of the other region."""
        viewer.url = f"ws://127.0.0.1:{stack.relay_port}/ws"


class Regions(Regional):
    async def test_every_entry_once(self):
        self.write()
        await self.viewer.follow(lambda: 200)
        late = await Viewer(self.region, self.match).join()
        await late.follow(lambda: 250)
        await self.compare_written()
        self.assertEqual((self.viewer.starts, self.viewer.connects, self.viewer.doubles), (1, 1, 0))
        copied = await Viewer(self.region, self.first).join()
        await copied.follow(lambda: 50)
        for viewer in late, copied:
            await viewer.close()

    async def test_soon(self):
        await is_soon(self)

    async def test_moving_between_the_regions(self):
        """Also to the region that is late and lacks entries that the viewer has: the viewer waits."""
        self.post("at first")
        await self.until("at first")
        self.region.pause()
        try:
            await self.viewer.close()
            self.move(self.viewer, self.primary)
            await self.viewer.join()
            self.post("not there yet")
            await self.until("not there yet")
            await self.viewer.close()
            self.move(self.viewer, self.region)
            await self.viewer.connect()
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(self.viewer.next("subscribed"), 3)
        finally:
            self.region.resume()
        await self.viewer.close()
        await self.viewer.connect()
        await self.viewer.next("subscribed")
        self.post("and on")
        await self.until("and on")
        await self.compare()
        self.assertEqual(self.viewer.starts, 1)

    async def test_a_region_that_is_late_says_so(self):
        """To its own viewers, and to those of an edge; what is there they get all the same."""
        edge = Edge(self.region)
        self.addCleanup(edge.close)
        edge.start("--heartbeat", "1s")
        beyond = await Viewer(edge, self.match).join()
        await beyond.until_live()
        self.region.pause()
        try:
            for viewer in self.viewer, beyond:
                await viewer.until_stale()
            self.assertTrue(self.region.is_ready())
            late = await Viewer(self.region, self.match).join()
            self.assertFalse(late.is_live)
            self.assertGreater(lag_s(self.region), 2)
            self.assertEqual(lag_s(self.primary), 0)
        finally:
            self.region.resume()
        for viewer in self.viewer, beyond, late:
            await viewer.until_live()
            await viewer.close()
        self.assertIn("the database is late", self.region.relay_said())

    async def test_copied_anew_epochs_first(self):
        await self.copy_anew("commentary.entry")

    async def test_copied_anew_entries_first(self):
        await self.copy_anew("commentary.epoch")

    async def copy_anew(self, last):
        """One table is copied after the others, and an epoch is new: viewers wait, whoever comes waits with them,
        and nobody begins afresh."""
        self.post("before")
        await self.until("before")
        with contextlib.closing(psycopg2.connect(self.region.conninfo)) as other:
            await asyncio.to_thread(self.region.clear)
            self.primary.sql("SELECT commentary.begin_epoch()")
            self.post("not copied yet")
            other.cursor().execute(f"LOCK TABLE {last} IN SHARE MODE")      # who reads may read
            await asyncio.to_thread(self.region.subscribe)
            await asyncio.to_thread(wait_for, lambda: self.region.copied() == COPIED - {last}, "the others are copied")
            await self.viewer.until_stale()
            late = Viewer(self.region, self.match)
            await late.connect()
            await asyncio.to_thread(self.checks, 3)
            other.rollback()
        await self.until("not copied yet")
        await late.next("subscribed")
        await late.follow(lambda: self.viewer.seq)
        await self.viewer.until_live()
        await self.compare()
        self.assertEqual((self.viewer.starts, self.viewer.connects, self.viewer.gaps), (1, 1, 0))
        await late.close()

    def checks(self, count):
        """Waits until the region's relay has asked for the epoch so many times more."""
        def asked():
            return float(get(self.region.relay_port)[1].split('commentary_catchup_queries_total{kind="check"} ')[1].split()[0])

        before = asked()
        wait_for(lambda: asked() >= before + count, "the relay looks at its database")


class Promoted(Regional):
    async def test_it_goes_on_as_a_primary(self):
        """The primary dies with entries that the region never got; only who has seen those starts afresh."""
        seer = await Viewer(self.primary, self.match).join()
        self.post("in both")
        await self.until("in both")
        self.region.pause()
        self.post("lost")
        while (await seer.next("commentary")).get("message") != "lost":
            pass
        await seer.close()
        self.primary.stop_relay()
        self.primary.stop_postgres("immediate")
        epoch = self.viewer.epoch
        self.region.promote()
        while self.viewer.epoch == epoch:
            await self.viewer.next("subscribed")
        self.stack = self.region
        self.post("from the region")
        await self.until("from the region")
        await self.compare(self.region)
        self.assertEqual((self.viewer.starts, self.viewer.connects), (1, 1))
        self.move(seer, self.region)
        await seer.connect()
        await seer.next("subscribed")
        self.assertEqual(seer.starts, 2)
        await seer.close()
        match = self.region.create_match()
        self.assertGreater(match, self.match)


if __name__ == "__main__":
    run(Regions, Promoted)
