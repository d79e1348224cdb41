#!/usr/bin/python3
"""Crowds that ask for large answers and do not read them: memory is bounded, and no other client waits."""
import asyncio
import json
import re
import resource
import socket

from support.attack.bystander import Bystander
from support.base.case import run
from support.base.process import allow_descriptors, is_deep, is_sanitized, status
from support.base.stack import LONG_S, wait_for
from support.viewer import raw

# As many as this process may have open, for which check-deep needs `ulimit -n 21000`.
CROWD = min(20000, resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 500) if is_deep() else 400
RECEIVE_BYTES = 4096
LINES, PAD = 200, 15000      # 3 MB of commentary: an answer has 1 MiB of it
BODIES_KIB = 64 * 1024       # all that is on its way to clients: see relay/README.md
PAGES_KIB = 64 * 1024
EACH_KIB = 24                # one write, and the connection
SPARE_KIB = 24 * 1024        # the log of the match, and what malloc keeps
SOON_S = 120                 # for the viewer beside them; well below a second on a quiet machine
ANSWER = re.compile(rb"HTTP/1.1 (\d+)")


class Readers(Bystander):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.large = cls.stack.create_match()
        cls.stack.insert_lines(cls.large, LINES, PAD)

    async def asyncSetUp(self):
        self.stack.start_relay("--max-viewers", "25000", "--max-viewers-per-address", "25000",
                               "--connects-per-address", "25000", "--drain", "1s")
        await super().asyncSetUp()

    async def asyncTearDown(self):
        try:
            await super().asyncTearDown()
        finally:
            code = self.stack.stop_relay()
        self.assertEqual(code, 0)

    def ask(self, bytes_):
        own = socket.socket()
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        own.settimeout(LONG_S)
        own.connect(("127.0.0.1", self.stack.relay_port))
        self.clients.append(own)
        own.sendall(bytes_)
        return own

    def get(self, path):
        return self.ask(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())

    def peak_kib(self):
        return int(status(self.stack.relay_pid)["VmHWM"][0])

    async def crowd_asks(self, ask, bound_kib):
        """All ask, and nobody reads; the viewer beside them gets what is posted meanwhile."""
        before_kib = self.peak_kib()
        for n in range(0, CROWD, CROWD // 4):
            await asyncio.to_thread(lambda first=n: [ask(first + i) for i in range(CROWD // 4)])
            await self.beside_is_served(n)
        await asyncio.sleep(2)  # for what it takes while nothing else happens
        await self.beside_is_served("at last")
        grown_kib = self.peak_kib() - before_kib
        print(f"# {CROWD} that do not read: memory grew by {grown_kib} KiB at most")
        if not is_sanitized():
            self.assertLess(grown_kib, bound_kib + SPARE_KIB + CROWD * EACH_KIB)

    async def beside_is_served(self, what):
        await asyncio.to_thread(self.stack.sql, f"SELECT commentary.post({self.match}, 'entry {what}')")
        entry = await asyncio.wait_for(self.beside.next("commentary"), SOON_S)
        self.assertEqual(entry["message"], f"entry {what}")

    async def test_one_document_for_all(self):
        path = f"/matches/{self.large}/commentary?since=0&limit=500"
        await self.crowd_asks(lambda n: self.get(path), BODIES_KIB // 16)
        reader = self.clients[-1]
        self.assertEqual(ANSWER.match(reader.recv(100))[1], b"200")

    async def test_another_document_for_each(self):
        await self.crowd_asks(
            lambda n: self.get(f"/matches/{self.large}/commentary?since={n % 50}&limit={400 + n % 100}"),
            BODIES_KIB + PAGES_KIB)

    async def test_requests_behind_requests(self):
        page = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        await self.crowd_asks(lambda n: self.ask(page * 200), BODIES_KIB)

    async def test_history_for_viewers(self):
        subscribe = raw.text(json.dumps({"type": "subscribe", "match": self.large, "history": 500}))
        await self.crowd_asks(lambda n: self.ask(raw.handshake() + subscribe), PAGES_KIB)

    async def test_streams(self):
        await self.crowd_asks(lambda n: self.get(f"/matches/{self.large}/events?history=500"), PAGES_KIB)

    async def test_a_reader_that_is_too_slow_is_cut_off(self):
        reader = self.get(f"/matches/{self.large}/commentary?since=0&limit=500")
        wait_for(lambda: self.descriptors() > self.before, "it is connected")
        wait_for(lambda: self.descriptors() <= self.before, "it is cut off")
        reader.close()


if __name__ == "__main__":
    allow_descriptors()
    run(Readers)
