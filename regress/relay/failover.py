#!/usr/bin/python3
"""The primary fails and a synchronous standby is promoted: the relay finds it by itself, viewers
start afresh in another epoch, and nothing that was acknowledged is missing."""
import asyncio
import os

from case import run
from proxy import DatabaseProxy
from scene import Scene, wait_for_log
from stack import Stack, free_port, wait_for
from viewer import Viewer


class Standby(Stack):
    """A copy of a primary that follows it, synchronously."""

    def __init__(self, primary):
        self.copy_of(primary)
        self.pg("pg_basebackup", "-D", self.data, "-R", "-c", "fast", "-d",
                f"{primary.conninfo} application_name=standby")
        with open(f"{self.data}/postgresql.conf", "a", encoding="utf-8") as conf:
            conf.write(f"port = {self.pg_port}\nunix_socket_directories = '{self.dir}'\n")
        self.start_postgres()
        primary.sql("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
        primary.sql("SELECT pg_reload_conf()")
        wait_for(lambda: primary.sql("SELECT count(*) FROM pg_stat_replication"
                                     " WHERE sync_state = 'sync'") == "1", "the standby is synchronous")

    def copy_of(self, primary):
        self.bin, self.environment = primary.bin, primary.environment
        self.dir = f"{primary.dir}/standby"
        os.mkdir(self.dir)
        self.data, self.pg_port, self.relay = f"{self.dir}/data", free_port(), None

    def promote(self):
        self.pg("pg_ctl", "-D", self.data, "-w", "promote")


class Failover(Scene):
    @classmethod
    def setUpClass(cls):
        """They share nothing: each test ends its primary."""

    async def asyncSetUp(self):
        self.stack = Stack()
        self.addCleanup(self.stack.close)
        self.standby = Standby(self.stack)
        self.addCleanup(self.standby.stop_postgres, "immediate")
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
        self.assertEqual(self.viewer.starts, 2)
        self.standby.sql(f"SELECT commentary.post({self.match}, 'after the promotion')")
        stored = set(await self.compare(self.standby))
        self.assertEqual(acknowledged - stored, set())
        self.assertIn("after the promotion", stored)
        await away.connect()
        joined = await away.next("subscribed")
        self.assertEqual((joined["epoch"], joined["recovered"]), (self.viewer.epoch, False))
        await away.close()

    async def test_of_a_primary_that_was_killed(self):
        away = await self.lose(self.stack.kill_postgres)
        await asyncio.to_thread(wait_for_log, self.stack, "session is read-only", "promote one")
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
