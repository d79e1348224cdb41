#!/usr/bin/python3
"""The network between relay and database fails, and no viewer misses an entry."""
import asyncio
import time
import urllib.request

import psycopg2

from support.audit.scene import SOON_S, Scene
from support.base.case import run
from support.base.process import is_deep
from support.base.stack import LONG_S, wait_for
from support.fault.proxy import DatabaseProxy

HOLE_S = 60 if is_deep() else 0  # how long a black hole lasts after it was noticed
HEARTBEAT = "3s" if is_deep() else "1s"


class Outage(Scene):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.proxy = DatabaseProxy(cls.stack)
        cls.addClassCleanup(cls.proxy.close)
        cls.stack.start_relay("--database", cls.proxy.conninfo, "--heartbeat", HEARTBEAT)

    async def test_a_reset_is_told_and_caught_up(self):
        self.write()
        await self.viewer.next("commentary")
        self.proxy.is_refusing = True
        self.proxy.cut()
        await self.viewer.until_stale()
        self.post("while it was cut")
        self.proxy.is_refusing = False
        await self.until_live()
        await self.compare_written()

    async def test_resets_again_and_again(self):
        self.write()
        for _ in range(10):
            await self.viewer.next("commentary")
            self.proxy.cut()
            await self.viewer.next("live")
        await self.compare_written()

    async def test_a_black_hole_is_noticed_within_10_s(self):
        self.write()
        await self.viewer.next("commentary")
        self.proxy.is_open.clear()
        began = time.monotonic()
        await self.viewer.until_stale()
        self.assertLess(time.monotonic() - began, SOON_S)
        await asyncio.sleep(HOLE_S)
        self.proxy.is_open.set()
        await self.until_live()
        await self.compare_written()

    async def test_a_locked_table_costs_no_connection(self):
        """As long as a DBA rewrites it: viewers are told, and the relay asks again on the session it has."""
        relays = "SELECT array_agg(pid) FROM pg_stat_activity WHERE application_name = 'commentary-relay'"
        await asyncio.to_thread(wait_for, self.stack.is_ready, "the relay is ready")
        pids = self.stack.sql(relays)
        with psycopg2.connect(self.stack.conninfo) as session:
            session.cursor().execute("LOCK commentary.entry IN ACCESS EXCLUSIVE MODE")
            await self.viewer.until_stale()
            await asyncio.to_thread(wait_for, lambda: "locked by another" in self.stack.why_not_ready(), "it says why")
            self.assertEqual(self.stack.sql(relays), pids)
        session.close()
        await self.until_live()
        await self.compare()
        self.assertEqual((self.stack.sql(relays), self.viewer.connects, self.viewer.starts), (pids, 1, 1))

    async def read_matches(self, last):
        def read(match):
            with urllib.request.urlopen(f"{self.stack.url}/matches/{match}", timeout=LONG_S) as answer:
                answer.read()

        for match in range(1, last + 1):
            await asyncio.to_thread(read, match)

    async def test_lost_notifications_are_healed_by_the_heartbeat(self):
        self.proxy.is_deaf = True
        self.addCleanup(setattr, self.proxy, "is_deaf", False)
        self.post("not announced")
        await self.until("not announced")
        await self.compare()

    async def test_they_are_healed_also_while_others_keep_the_feed_busy(self):
        """Each match that is asked for is read on the feed's connection."""
        self.stack.sql("SELECT commentary.create_match('Home', 'Away') FROM generate_series(1, 2000)")
        self.proxy.is_deaf = True
        self.addCleanup(setattr, self.proxy, "is_deaf", False)
        self.post("not announced")
        reader = asyncio.create_task(self.read_matches(2000))
        await self.until("not announced")
        self.assertFalse(reader.done(), "all was quiet before")
        reader.cancel()
        await self.compare()


if __name__ == "__main__":
    run(Outage)
