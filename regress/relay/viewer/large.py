#!/usr/bin/python3
"""Entries that are too large for a notification come whole, in their place among the others."""
import asyncio

from support.audit.scene import Scene
from support.base.case import run
from support.base.stack import LONG_S, wait_for

# Of eight entries two are over the limit of 8,000 bytes, with what is around the message.
LARGE = "{n:09000d}"
SMALL = "{n}"


class Large(Scene):
    relay_options = ("--heartbeat", "1s", "--topic-bytes", "64MiB")  # viewers here are slow

    async def reconnect(self):
        """The viewer may hear nothing of it: one that is choked is not told of what is over already."""
        before = self.stack.relay_said().count("the feed is live")
        await asyncio.to_thread(self.stack.sql, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                                " WHERE application_name = 'commentary-relay'")
        await asyncio.to_thread(wait_for, lambda: self.stack.relay_said().count("the feed is live") > before,
                                "the feed is live again")

    async def test_mixed_in_one_burst(self):
        self.stack.sql(
            f"INSERT INTO commentary.feed (match_id, message) SELECT {self.match},"
            " CASE WHEN n % 4 = 0 THEN repeat('x', 9000) ELSE 'small ' || n END"
            " FROM generate_series(1, 400) AS n")
        self.post("the last")
        await self.until("the last")
        self.assertEqual(len(await self.compare()), 401)

    async def test_of_several_writers_while_it_reconnects(self):
        for message in (LARGE, SMALL, SMALL, LARGE):
            self.write(message=message, pause_s=0.01)
        for _ in range(6):
            await self.reconnect()
            await asyncio.wait_for(self.viewer.follow(lambda end=self.viewer.seq + 20: end), LONG_S)
        await self.compare_written()

    async def test_live_is_reached_while_large_ones_come_without_end(self):
        """They are read from the table all the time: that must not look like catching up."""
        for _ in range(4):
            self.write(message=LARGE, pause_s=0)
        await self.viewer.next("commentary")
        await self.reconnect()
        await self.compare_written()


if __name__ == "__main__":
    run(Large)
