#!/usr/bin/python3
"""Upstreams and edges that say what is wrong to each other."""
import asyncio
import contextlib
import re

import websockets

from support.base.case import Case, run
from support.base.stack import DEADLINE_S
from support.viewer.dial import dial
from support.server.edge import Edge

EDGES = 5
HELLO = "hello\nrelay {0}\npath {0}\nepoch 9f\nstate live\nlag 0"
IDS = "00112233445566aa", "00112233445566bb"
REPORT = ("report\nrelay {}\ninterval 60000\nhost h\npid 1\nversion 1.2\nstarted 1795464901\nstate live\nviewers 5\ntopics 1\n"
          "cached 1\ndeliveries 1\nbytes 1\nconnects 1\nlag 0\nlatency -\nmatches {{{}}}\nfollowing {{{}}}")

# What a hostile upstream says after the handshake; {n} is the number of the question.
BAD = [
    b"binary", "", "hello", "hello\nrelay x\npath x\nstate live", "x" * 3000000, "1 9f 0 1 1\n{}", "done 1 whole",
    "hello\nrelay {0}\npath {1}\nstate live".format(*IDS), HELLO.format(IDS[0]).replace("live", "dead"),
    "hello\nrelay {0}\npath {1} {0}\nstate live".format(IDS[0], " ".join([IDS[1]] * 9)),
]
BAD_LATER = [
    "1 9f 0 1 1\n{}", '1 9f 0 1 1\n{"type":"match","match":"lobby","seq":1,"state":{', "1 9f 0 1 2\n{}", "2 9f 7 1 1",
    "epoch {n} 9f\n0 0!first {n} 1!first {n} 1", "epoch {n} 9f\n0 0!rows {n}", "epoch {n} 9f!epoch {n} 9f",
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
                    for message in later.split("!") if isinstance(later, str) else [later]:
                        await socket.send(message.replace("{n}", number) if isinstance(message, str) else message)
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

    async def test_no_edge_reports_in_the_name_of_another_relay(self):
        link = {"uri": f"{self.stack.ws_url}/ws", "subprotocols": ["commentary.relay.1"]}
        async with dial(**link) as socket:
            root = re.search(r"^relay (\w+)$", await socket.recv(), re.M)[1]
            await socket.send(REPORT.format(root, 7, 5000))
            with self.assertRaises(websockets.ConnectionClosed):
                while True:
                    await asyncio.wait_for(socket.recv(), DEADLINE_S)
        async with dial(**link) as one, dial(**link) as other:
            for socket, name, viewers in ((one, IDS[0], 5), (other, IDS[0], 5000), (other, IDS[1], 7)):
                await socket.send(REPORT.format(name, 7, viewers))
                await socket.send("heads 1\n0" if viewers != 5000 else "unfollow\n7")
            # The second report is not answered, since it is not heard.
            for socket in one, other:
                heard = []
                while not heard or not heard[-1].startswith("done"):
                    heard.append((await asyncio.wait_for(socket.recv(), DEADLINE_S)).split()[0])
                self.assertEqual(heard.count("viewers"), 1)
            self.assertIn("a relay reports by two connections", self.stack.relay_said())

    async def test_who_says_bye(self):
        """An upstream that has a successor is called again; any other is left for the next one."""
        called, done = [], asyncio.Event()

        def upstream(number):
            async def talk(socket, *_):
                called.append(number)
                if len(called) == 3:
                    done.set()
                with contextlib.suppress(websockets.ConnectionClosed):
                    await socket.send(HELLO.format(IDS[number]))
                    await socket.send("bye 0" if len(called) == 1 else "bye 5")
                    await socket.wait_closed()
            return websockets.serve(talk, "127.0.0.1", 0, subprotocols=["commentary.relay.1"])

        async with upstream(0) as one, upstream(1) as other:
            edge = Edge()
            edge.launch_relay("--listen", f"127.0.0.1:{edge.relay_port}", "--upstream", ",".join(
                f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}" for server in (one, other)))
            try:
                await asyncio.wait_for(done.wait(), DEADLINE_S)
                self.assertEqual(called[:3], [0, 0, 1])
            finally:
                edge.close()

    async def test_edges(self):
        """Each is closed for what it says; an edge that asks rightly is answered."""
        match = self.stack.create_match("live")
        await asyncio.to_thread(self.stack.insert_lines, match, 10)
        for text in [b"binary", "", "heads", "heads 1\nx", "load 1 7", "load 1 7 0", "load 1 7 1001", "page 1 7 0 99999", "x",
                     "hello\nrelay x", "heads 1\n" + "\n".join(map(str, range(1, 1002))), "y" * 300000,
                     "1 9f 7 1 1\n{}", "done 1 whole", "follow a b\n1 1", "unfollow\n-", "list 1 0", "list 1 0 0",
                     "list 1 0 101", "list 1 -1 5", "list 1 0 5\nstatus x", "list 1 0 5\nstatus", "list 1 0 5\nother wish",
                     "list 1 0 5\ncompetition " + "x" * 201, "list 1 0 5\ncompetition \x01", "matches 1 0"]:
            async with dial(f"{self.stack.ws_url}/ws", subprotocols=["commentary.relay.1"]) as socket:
                self.assertTrue((await socket.recv()).startswith("hello\n"))
                await socket.send(text)
                with self.assertRaises(websockets.ConnectionClosed, msg=text):
                    while True:
                        await asyncio.wait_for(socket.recv(), DEADLINE_S)
        async with dial(f"{self.stack.ws_url}/ws", subprotocols=["commentary.relay.1"]) as socket:
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
            for number in range(3, 1000):   # each is given up for the next, or has its whole answer
                await socket.send(f"list {number} {match + 1} 1\nstatus live")
            answer = []
            while not answer or answer[-1] != "done 999 whole":
                answer.append(await asyncio.wait_for(socket.recv(), DEADLINE_S))
            self.assertTrue(answer[-2].startswith(f"matches 999 0\n{match} {{"), answer[-2])
            for head, end in zip(answer[::2], answer[1::2]):
                self.assertEqual(head.split(" ")[1], end.split(" ")[1])


if __name__ == "__main__":
    run(Hostile)
