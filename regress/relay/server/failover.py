#!/usr/bin/python3
"""The primary fails and a synchronous standby is promoted: the relay finds it by itself, every viewer
goes on where it was in another epoch, and nothing that was acknowledged is missing."""
import asyncio

from support.case import run
from support.proxy import DatabaseProxy
from support.scene import Scene, wait_for_log
from support.stack import Stack
from support.standby import Standby
from support.viewer import Viewer


class Failover(Scene):
    @classmethod
    def setUpClass(cls):
        """They share nothing: each test ends its primary."""

    async def asyncSetUp(self):
        self.stack = Stack()
        self.addCleanup(self.stack.close)
        self.standby = Standby(self.stack)
        self.addCleanup(self.standby.stop_postgres, "immediate")
        self.standby.follow_synchronously()
        self.proxy = DatabaseProxy(self.stack)
        self.addCleanup(self.proxy.close)
        # the standby comes first: it has to be passed over
        self.stack.start_relay(
            "--heartbeat", "1s", "--database", f"host={self.standby.dir},127.0.0.1 user=postgres"
            f" port={self.standby.pg_port},{self.proxy.port} dbname=postgres sslmode=disable gssencmode=disable")
        await super().asyncSetUp()

    async def lose(self, fault):
        """Under load, with a viewer that is away while it happens."""
        self.write()
        away = Viewer(self.stack, self.match)
        await away.connect()
        while away.seq < 20:
            await away.next()
        await away.close()
        await asyncio.to_thread(fault)
        await self.viewer.next("stale")
        return away

    async def follow_to_the_standby(self, away):
        epoch, acknowledged = self.viewer.epoch, set(self.writers[0].stop())
        await asyncio.to_thread(self.standby.promote)
        while self.viewer.epoch == epoch:
            await self.viewer.next("subscribed")
        self.assertEqual(self.viewer.starts, 1)
        self.standby.sql(f"SELECT commentary.post({self.match}, 'after the promotion')")
        stored = set(await self.compare(self.standby))
        self.assertEqual(acknowledged - stored, set())
        self.assertIn("after the promotion", stored)
        await away.connect()
        joined = await away.next("subscribed")
        self.assertEqual((joined["epoch"], joined["recovered"]), (self.viewer.epoch, True))
        head = self.standby.head(self.match)
        await away.follow(lambda: head)
        self.assertEqual((away.bodies, away.gaps, away.doubles), (self.viewer.bodies, 0, 0))
        await away.close()

    async def test_of_a_primary_that_was_killed(self):
        away = await self.lose(self.stack.kill_postgres)
        await asyncio.to_thread(wait_for_log, self.stack, "is a standby", "promote one")
        await self.follow_to_the_standby(away)

    async def test_of_a_primary_that_is_silent(self):
        """It takes connections and says nothing: the attempt must not always end with it."""
        def silence():
            self.proxy.is_open.clear()
            self.addCleanup(self.proxy.is_open.set)

        away = await self.lose(silence)
        await self.follow_to_the_standby(away)

    async def test_of_a_primary_named_first_that_is_silent(self):
        self.stack.stop_relay()
        self.stack.start_relay(
            "--heartbeat", "1s", "--database", f"host=127.0.0.1,{self.standby.dir} user=postgres"
            f" port={self.proxy.port},{self.standby.pg_port} dbname=postgres sslmode=disable gssencmode=disable")
        await self.viewer.connect()
        await self.test_of_a_primary_that_is_silent()


if __name__ == "__main__":
    run(Failover)
