#!/usr/bin/python3
"""A relay that follows a relay that follows a relay: all three serve the same bytes, over WebSocket, events
and JSON, while edges are killed, upstreams replaced and connections cut."""
import asyncio
import contextlib
import os
import re
import signal
import urllib.request

import websockets

from support.case import Case, run
from support.certificates import Certificate
from support.edge import Edge
from support.scene import Scene, wait_for_log
from support.signing import SigningKey
from support.stack import DEADLINE_S, wait_for
from support.viewer import Viewer

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
        self.stack.relay.send_signal(signal.SIGHUP)
        await asyncio.to_thread(wait_for_log, self.stack, "the options have been read again")
        self.middle.may_lose_workers = True
        os.kill(self.middle.relay_pid, signal.SIGKILL)
        while (await self.viewers[2].next())["type"] != "stale":
            pass
        while not self.viewers[2].is_live:
            await self.viewers[2].next()
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
            while viewer.is_live:
                await viewer.next()
        await asyncio.to_thread(self.stack.start_postgres)
        for viewer in self.viewers:
            while not viewer.is_live:
                await viewer.next()
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
            await websockets.connect(f"{self.stack.ws_url}/ws", subprotocols=["commentary.relay.1"])
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

    async def test_with_the_claim_it_follows(self):
        """Though the upstream has as many viewers as it may have; and a token that ends is read anew."""
        match = self.stack.create_match("live")
        token = self.key.token()
        viewer = await Viewer(self.stack, match, token).join()
        edge = self.edge(self.key.token(edge=True, seconds=5)).start()
        self.file("token", self.key.token(edge=True).encode())
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


EDGES = 5
HELLO = "hello\nrelay {0}\npath {0}\nepoch 9f\nstate live\nlag 0"
IDS = "00112233445566aa", "00112233445566bb"

# What a hostile upstream says after the handshake; {n} is the number of the question.
BAD = [
    b"binary", "", "hello", "hello\nrelay x\npath x\nstate live", "x" * 3000000, "1 9f 0 1 1\n{}", "done 1 whole",
    "hello\nrelay {0}\npath {1}\nstate live".format(*IDS), HELLO.format(IDS[0]).replace("live", "dead"),
    "hello\nrelay {0}\npath {1} {0}\nstate live".format(IDS[0], " ".join([IDS[1]] * 9)),
]
BAD_LATER = [
    "1 9f 0 1 1\n{}", '1 9f 0 1 1\n{"type":"match","match":"lobby","seq":1,"state":{', "1 9f 0 1 2\n{}", "2 9f 7 1 1",
    b"\0", "lost\n-1", "epoch {n} 9f\n0", "epoch {n} 9f\n0 0\n0 0\n\n", "rows {n}\n1 {}", "state {n} 1 99999999999\nx",
    "state {n} 1 2\n{", "lines {n}\n1", "branches {n}\n1 9f", "done {n} good", "heads 1\n7", "follow 9f\n7 1", "\x01", "1 9f 7 1 1\n{}\x00",
]
ANSWERS = ["done {n} whole", "done {n} absent", "done {n} broken", "epoch {n} -\n0 5", "lost\n0\n7", "reset\n0 0\n7 3",
           "1 other 7 1 1", "1 9f 7 1 1", "1 9f 0 0 0", "bye 5", "first {n} 99"]


class Hostile(Case):
    """Upstreams and edges that say what is wrong: they are left or closed, and nothing crashes."""
    relay_options = ("--edges", "127.0.0.1", "--report-interval", "0")

    async def test_upstreams(self):
        said, left = [], asyncio.Event()
        texts = [(text, None) for text in BAD] + [(HELLO.format(IDS[0]), text) for text in BAD_LATER + ANSWERS]

        async def talk(socket, *_):
            """The next of them, once for each connection; and what comes is counted."""
            number = len(said)
            said.append(number)
            if number >= len(texts):
                left.set()
            first, later = texts[number % len(texts)]
            with contextlib.suppress(websockets.ConnectionClosed):
                await socket.send(first)
                async for text in socket:
                    if later is None:
                        continue
                    asked = re.match(r"(heads|load|page) (\d+)", text)
                    number = asked[2] if asked else "1"
                    await socket.send(later.replace("{n}", number) if isinstance(later, str) else later)
                    if later in ANSWERS:
                        await socket.close()

        async with websockets.serve(talk, "127.0.0.1", 0, subprotocols=["commentary.relay.1"], max_size=None) as server:
            port = server.sockets[0].getsockname()[1]
            edges = [Edge() for _ in range(EDGES)]  # each waits a little longer each time
            for edge in edges:
                edge.launch_relay("--listen", f"127.0.0.1:{edge.relay_port}", "--upstream", f"ws://127.0.0.1:{port}",
                                  "--heartbeat", "1s")
            try:
                await asyncio.wait_for(left.wait(), 240)
                self.assertFalse(any(edge.is_ready() for edge in edges))
                self.assertFalse(any("a worker ended" in edge.relay_said() for edge in edges))
                self.assertTrue(all("is no message of commentary.relay.1" in edge.relay_said() for edge in edges))
            finally:
                for edge in edges:
                    edge.close()

    async def test_edges(self):
        """Each is closed for what it says; an edge that asks rightly is answered."""
        match = self.stack.create_match("live")
        await asyncio.to_thread(self.stack.insert_lines, match, 10)
        for text in [b"binary", "", "heads", "heads 1\nx", "load 1 7", "load 1 7 0", "load 1 7 1001", "page 1 7 0 99999", "x",
                     "hello\nrelay x", "heads 1\n" + "\n".join(map(str, range(1, 1002))), "y" * 300000,
                     "1 9f 7 1 1\n{}", "done 1 whole", "follow a b\n1 1", "unfollow\n-"]:
            async with websockets.connect(f"{self.stack.ws_url}/ws", subprotocols=["commentary.relay.1"]) as socket:
                self.assertTrue((await socket.recv()).startswith("hello\n"))
                await socket.send(text)
                with self.assertRaises(websockets.ConnectionClosed, msg=text):
                    while True:
                        await asyncio.wait_for(socket.recv(), DEADLINE_S)
        async with websockets.connect(f"{self.stack.ws_url}/ws", subprotocols=["commentary.relay.1"]) as socket:
            await socket.recv()
            await socket.send(f"load 1 {match} 1000")
            answer = [await asyncio.wait_for(socket.recv(), DEADLINE_S)]
            while not answer[-1].startswith("done"):
                answer.append(await asyncio.wait_for(socket.recv(), DEADLINE_S))
            self.assertEqual(answer[-1], "done 1 whole")
            rows = "\n".join(text.partition("\n")[2] for text in answer if text.startswith("rows"))
            self.assertEqual([row.partition(" ")[2] for row in rows.split("\n")], self.stack.bodies(match))
            await socket.send("load 2 987654321 10")
            self.assertEqual(await asyncio.wait_for(socket.recv(), DEADLINE_S), "done 2 absent")


if __name__ == "__main__":
    run(Tree, Failover, Refused, Secured, Hostile)
