#!/usr/bin/python3
"""A relay that follows a relay that follows a relay: all three serve the same bytes, over WebSocket, events
and JSON, while edges are killed, upstreams replaced and connections cut."""
import asyncio
import json
import os
import signal
import urllib.request

import websockets

from support.audit.scene import Scene, wait_for_log
from support.base.case import Case, run
from support.base.certificates import Certificate
from support.base.signing import SigningKey
from support.base.stack import DEADLINE_S, wait_for
from support.viewer.dial import dial
from support.server.edge import Edge
from support.viewer.viewer import Viewer

ROOT = ("--edges", "127.0.0.1", "--report-interval", "1s")


def get(stack, path):
    with urllib.request.urlopen(f"{stack.url}{path}", timeout=DEADLINE_S) as answer:
        return answer.read().decode()


def entries(stack, match):
    """All of its entries, as JSON documents have them."""
    found, since = [], 0
    while True:
        document = get(stack, f"/matches/{match}/commentary?since={since}&limit=500")
        found.append(document[document.index('"entries":'):])
        count = document.count('"seq":')
        if not count:
            return found
        since += count


def events(stack, match, count):
    """The first so many entries of a stream of events, with their ids."""
    found = []
    request = urllib.request.Request(f"{stack.url}/matches/{match}/events?history=500")
    with urllib.request.urlopen(request, timeout=DEADLINE_S) as stream:
        event = []
        while len(found) < count:
            line = stream.readline().decode()
            event.append(line)
            if line == "\n":
                if any(part.startswith("event: commentary") for part in event):
                    found.append("".join(event))
                event = []
    return found


class Tree(Scene):
    """A root, an edge of it, and an edge of that."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stack.start_relay(*ROOT)
        cls.middle = Edge(cls.stack)
        cls.addClassCleanup(cls.middle.close)
        cls.middle.start("--report-interval", "1s")
        cls.leaf = Edge(cls.middle)
        cls.addClassCleanup(cls.leaf.close)
        cls.leaf.start("--report-interval", "1s")
        cls.all = cls.stack, cls.middle, cls.leaf

    async def asyncSetUp(self):
        self.match = self.stack.create_match("live")
        self.writers = []
        self.viewers = [await Viewer(relay, self.match).join() for relay in self.all]
        self.viewer = self.viewers[0]

    async def asyncTearDown(self):
        await super().asyncTearDown()
        for viewer in self.viewers:
            await viewer.close()

    async def compare_all(self):
        """One auditor over all: every viewer of every relay has what the table holds."""
        await self.compare_written()
        head = self.stack.head(self.match)
        for viewer in self.viewers:
            await asyncio.wait_for(viewer.follow(lambda: head), DEADLINE_S)
            self.assertEqual((viewer.gaps, viewer.doubles), (0, 0))
            self.assertEqual(viewer.bodies, self.stack.bodies(self.match, viewer.skipped))
            self.assertEqual(viewer.epoch, self.viewer.epoch)
        self.assertEqual(self.viewers[0].bodies, self.viewers[2].bodies)

    async def documents_are_same(self):
        head = self.stack.head(self.match)

        def same():
            documents = [(get(relay, f"/matches/{self.match}"), entries(relay, self.match), get(relay, "/matches"))
                         for relay in self.all]
            return documents[0] == documents[1] == documents[2] and f'"head":{head}' in documents[0][0]

        await asyncio.to_thread(wait_for, same, "the documents are the same")

    async def test_every_relay_knows_how_many_viewers_there_are_in_the_tree(self):
        for _ in range(2):
            self.viewers.append(await Viewer(self.leaf, self.match).join())
        for relay in self.all:
            async with dial(f"{relay.ws_url}/ws") as socket:
                await socket.send(json.dumps({"type": "subscribe", "match": self.match}))
                async with asyncio.timeout(DEADLINE_S):
                    told = {}
                    while told.get("viewers") != 6:     # five, and this one
                        await socket.send(json.dumps({"type": "ping", "viewers": self.match}))
                        told = {}
                        while told.get("type") != "pong":
                            told = json.loads(await socket.recv())
                        await asyncio.sleep(0.1)
                self.assertEqual(told["match"], self.match)

    async def test_all_serve_the_same_bytes(self):
        for _ in range(3):
            self.write()
        await self.viewers[2].follow(lambda: 600)
        late = await Viewer(self.leaf, self.match).join()
        await self.compare_all()
        await self.documents_are_same()
        head = self.stack.head(self.match)
        await late.follow(lambda: head)
        self.assertEqual((late.gaps, late.doubles, late.starts), (0, 0, 1))
        await late.close()
        streams = [await asyncio.to_thread(events, relay, self.match, 400) for relay in self.all]
        self.assertEqual(streams[0], streams[1])
        self.assertEqual(streams[0], streams[2])
        self.assertEqual([get(relay, "/") for relay in self.all], [get(self.stack, "/")] * 3)
        self.assertEqual([viewer.connects for viewer in self.viewers], [1, 1, 1])
        self.assertEqual([viewer.starts for viewer in self.viewers], [1, 1, 1])

    async def test_the_database_knows_the_whole_tree(self):
        """Each viewer counts once, at the relay that it is connected to, and relays are no viewers."""
        def counted():
            return (self.stack.sql(f"SELECT viewers, relays FROM commentary.viewers WHERE match_id = {self.match}"),
                    self.stack.sql("SELECT count(*), sum(viewers) FROM commentary.stat_relay"))

        await asyncio.to_thread(wait_for, lambda: counted() == ("3|3", "3|3"), "all viewers and relays are counted")

    async def test_a_resume_reads_old_entries_once(self):
        """From before what is in the edge's memory, and with a seq of the other relay."""
        await asyncio.to_thread(self.stack.insert_lines, self.match, 3000, 500)
        viewers = [Viewer(self.leaf, self.match) for _ in range(3)]
        for viewer in viewers:
            viewer.epoch = self.viewer.epoch
            await viewer.connect()
        head = await asyncio.to_thread(wait_for, lambda: self.stack.head(self.match) >= 3000
                                       and self.stack.head(self.match), "all is flushed")
        for viewer in viewers:
            await viewer.follow(lambda: head)
            self.assertEqual((viewer.gaps, viewer.doubles, viewer.skipped), (0, 0, 0))
            self.assertEqual(viewer.bodies, self.stack.bodies(self.match))
            await viewer.close()

    async def test_what_does_not_exist(self):
        for relay in self.all:
            with self.assertRaises(urllib.error.HTTPError) as refused:
                await asyncio.to_thread(get, relay, "/matches/987654321")
            self.assertEqual(refused.exception.code, 404)
            refused.exception.close()

    async def test_a_killed_middle(self):
        """Its viewers come back to it, those of the leaf wait: neither misses an entry."""
        self.write()
        await self.viewers[2].follow(lambda: 100)
        await asyncio.to_thread(self.stack.reload_relay)
        self.middle.may_lose_workers = True
        os.kill(self.middle.relay_pid, signal.SIGKILL)
        await self.viewers[2].until_stale()
        await self.viewers[2].until_live()
        seq = self.viewers[2].seq
        await self.viewers[2].follow(lambda: seq + 50)
        await self.compare_all()
        self.assertEqual(self.viewers[2].connects, 1)
        self.assertEqual([viewer.starts for viewer in self.viewers], [1, 1, 1])

    async def test_another_epoch_that_lost_nothing(self):
        """As after a failover to a synchronous standby: viewers go on where they were, at every depth."""
        self.write()
        await self.viewers[2].follow(lambda: 100)
        epoch = self.viewer.epoch
        await asyncio.to_thread(self.stack.sql, "SELECT commentary.begin_epoch()")
        for viewer in self.viewers:
            while viewer.epoch == epoch:
                await viewer.next("subscribed")
        seq = self.viewers[2].seq
        await self.viewers[2].follow(lambda: seq + 50)
        await self.compare_all()
        self.assertEqual([viewer.connects for viewer in self.viewers], [1, 1, 1])
        self.assertEqual([viewer.starts for viewer in self.viewers], [1, 1, 1])

    async def test_the_database_is_away(self):
        """All viewers are told, at every depth, and none misses an entry."""
        await asyncio.to_thread(self.stack.stop_postgres, "fast")
        for viewer in self.viewers:
            await viewer.until_stale()
        await asyncio.to_thread(self.stack.start_postgres)
        for viewer in self.viewers:
            await viewer.until_live()
        self.write()
        seq = self.viewers[2].seq
        await self.viewers[2].follow(lambda: seq + 50)
        await self.compare_all()
        self.assertEqual([viewer.connects for viewer in self.viewers], [1, 1, 1])


class Failover(Tree):
    """Two relays of one database, an edge of both, and an edge of that."""

    @classmethod
    def setUpClass(cls):
        Case.setUpClass.__func__(cls)
        cls.stack.start_relay(*ROOT)
        cls.second = Edge()
        cls.addClassCleanup(cls.second.close)
        cls.second.start_relay_with("--listen", f"127.0.0.1:{cls.second.relay_port}", "--database",
                                    cls.stack.conninfo, *ROOT)
        cls.middle = Edge(cls.second, cls.stack)
        cls.addClassCleanup(cls.middle.close)
        cls.middle.start()
        cls.leaf = Edge(cls.middle)
        cls.addClassCleanup(cls.leaf.close)
        cls.leaf.start()
        cls.all = cls.stack, cls.middle, cls.leaf

    async def test_an_upstream_is_replaced(self):
        self.write()
        await self.viewers[2].follow(lambda: 100)
        await asyncio.to_thread(self.second.stop_relay)
        await asyncio.to_thread(wait_for_log, self.middle, "the feed is live",
                                f"upstream=127.0.0.1:{self.stack.relay_port}")
        seq = self.viewers[2].seq
        await self.viewers[2].follow(lambda: seq + 100)
        await self.compare_all()
        self.assertEqual([viewer.connects for viewer in self.viewers], [1, 1, 1])
        self.assertEqual([viewer.starts for viewer in self.viewers], [1, 1, 1])

    test_all_serve_the_same_bytes = test_a_resume_reads_old_entries_once = None
    test_what_does_not_exist = test_a_killed_middle = test_the_database_is_away = None
    test_another_epoch_that_lost_nothing = None
    test_the_database_knows_the_whole_tree = None


class Refused(Case):
    """Whoever is not let in, and whoever would follow itself."""
    relay_options = ("--report-interval", "0")

    async def test_no_address_is_listed(self):
        with self.assertRaises(websockets.InvalidHandshake):
            await dial(f"{self.stack.ws_url}/ws", subprotocols=["commentary.relay.1"])
        edge = Edge(self.stack)
        edge.launch()
        try:
            await asyncio.to_thread(wait_for_log, edge, "does not let this relay follow it", "--upstream-token")
            self.assertIn("does not let", edge.why_not_ready())
        finally:
            edge.close()

    async def test_a_circle(self):
        one, other = Edge(), Edge()
        one.upstreams, other.upstreams = (other,), (one,)
        one.launch()
        other.launch()
        try:
            await asyncio.to_thread(wait_for, lambda: "may not follow each other in a circle" in
                                    one.relay_said() + other.relay_said(), "the circle is found")
        finally:
            one.close()
            other.close()


class Secured(Case):
    """Over TLS, where everybody needs a token."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key = SigningKey()
        cls.certificate = Certificate(cls.stack.dir, "relay")
        cls.other = Certificate(cls.stack.dir, "other")
        cls.stack.tls = cls.certificate.client()
        cls.key_file = cls.file("key", cls.key.public_pem)
        cls.stack.start_relay(*cls.certificate.options, "--token-key", cls.key_file, "--max-viewers", "1")

    @classmethod
    def file(cls, name, content):
        path = f"{cls.stack.dir}/{name}"
        with open(path, "wb") as file:
            file.write(content)
        return path

    def edge(self, token, authority=None):
        edge = Edge(self.stack, options=(
            "--upstream-ca", (authority or self.certificate).cert, "--upstream-token",
            self.file("token", token.encode() + b"\n"), "--token-key", self.key_file))
        self.addCleanup(edge.close)
        return edge

    def give(self, **claims):
        """A token; who reads the file finds the old one or this, never a part."""
        os.rename(self.file("new-token", self.key.token(**claims).encode()), f"{self.stack.dir}/token")

    async def test_with_the_claim_it_follows(self):
        """Though the upstream has as many viewers as it may have; and a token that ends is read anew."""
        match = self.stack.create_match("live")
        token = self.key.token()
        viewer = await Viewer(self.stack, match, token).join()
        edge = self.edge("")
        self.give(edge=True, seconds=5)
        edge.launch()

        def is_there():     # or the token would have ended before a busy machine has started a relay
            self.give(edge=True, seconds=5)
            return edge.is_ready()

        await asyncio.to_thread(wait_for, is_there, "the edge follows")
        self.give(edge=True)
        late = await Viewer(edge, match, token).join()
        await asyncio.to_thread(wait_for_log, self.stack, "a relay that followed this one is gone")
        await asyncio.to_thread(self.stack.insert_lines, match, 100)
        for one in viewer, late:
            await one.follow(lambda: 100)
            self.assertEqual((one.gaps, one.doubles, one.starts), (0, 0, 1))
            await one.close()
        self.assertEqual(viewer.bodies[:100], late.bodies[:100])

    async def test_without_it_it_does_not(self):
        for token in self.key.token(), self.key.token([1], edge=True), self.key.token(edge="true"):
            edge = self.edge(token)
            edge.launch()
            await asyncio.to_thread(wait_for_log, edge, "does not let this relay follow it")
            self.assertFalse(edge.is_ready())

    async def test_another_certificate_is_not_believed(self):
        edge = self.edge(self.key.token(edge=True), self.other)
        edge.launch()
        await asyncio.to_thread(wait_for_log, edge, "cannot connect to the upstream", "--upstream-ca")
        self.assertFalse(edge.is_ready())


if __name__ == "__main__":
    run(Tree, Failover, Refused, Secured)
