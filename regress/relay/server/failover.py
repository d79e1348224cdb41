#!/usr/bin/python3
"""The primary fails and a synchronous standby is promoted: the relay finds it by itself, every viewer
goes on where it was in another epoch, and nothing that was acknowledged is missing."""
import asyncio
import json
import shutil
import urllib.request

from support.audit.scene import wait_for_log
from support.base.case import run
from support.base.stack import LONG_S
from support.fault.proxy import DatabaseProxy
from support.server.pair import Pair
from support.viewer.node_client import TODAY, NodeClient
from support.viewer.viewer import Viewer


class Failover(Pair):
    async def asyncSetUp(self):
        self.start_pair()
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
        await self.viewer.until_stale()
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

    def read_after(self, epoch, seq):
        """As a client that polls does."""
        url = f"{self.stack.url}/matches/{self.match}/commentary?limit=500&since={epoch}:{seq}"
        with urllib.request.urlopen(url, timeout=LONG_S) as answer:
            return json.load(answer)

    async def poll(self):
        """The client, where neither a WebSocket nor a stream comes through."""
        client = await NodeClient.start(self.stack, TODAY, transports=["polling"], answerMs=60000, pollMs=300)
        return client.connect(self.match)

    async def test_of_a_primary_that_was_killed(self):
        """A client that polls goes on as well."""
        poller = await self.poll() if shutil.which("node") else None
        away = await self.lose(self.stack.kill_postgres)
        epoch, seq = away.epoch, away.seq
        await asyncio.to_thread(wait_for_log, self.stack, "is a standby", "promote one")
        await self.follow_to_the_standby(away)
        log = [json.loads(body) for body in self.standby.bodies(self.match)]
        document = await asyncio.to_thread(self.read_after, epoch, seq)
        self.assertEqual((document["recovered"], document["epoch"]), (True, self.viewer.epoch))
        self.assertEqual(document["entries"], log[seq:][:len(document["entries"])])
        if poller:
            await poller.sees(self.match, "after the promotion")
            self.assertEqual((poller.shown[self.match], poller.starts[self.match]), (log, 1))
            self.assertEqual(await poller.stop(), 0)

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
