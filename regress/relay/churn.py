#!/usr/bin/python3
"""Viewers come and go, again and again, and vanish without a word: nothing of them is left."""
import asyncio
import socket
import threading
import unittest

from tap import TAPTestRunner

import audience
from process import allow_descriptors, connections, descriptors, is_deep, is_sanitized, rss_kib
from raw import Raw, handshake
from stack import Stack, wait_for

CYCLES, VIEWERS = (100, 1000) if is_deep() else (10, 200)
WARM_UP = 3             # cycles until the allocator has what it needs
RSS_KIB = 2048          # what it may wander after that
VANISHED = 50


class BlackHole:
    """A way to the relay that can be cut without either side being told."""

    def __init__(self, stack):
        self.stack = stack
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.relay_port = self.listener.getsockname()[1]
        self.ends = []
        self.is_open = threading.Event()
        self.is_open.set()
        self.threads = [threading.Thread(target=self.accept)]
        self.threads[0].start()

    def accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return  # closed
            server = socket.create_connection(("127.0.0.1", self.stack.relay_port))
            self.ends += [client, server]
            for ends in ((client, server), (server, client)):
                self.threads.append(threading.Thread(target=self.pump, args=ends))
                self.threads[-1].start()

    def pump(self, source, sink):
        try:
            while data := source.recv(65536):
                self.is_open.wait()
                sink.sendall(data)
        except OSError:
            pass  # the other side has gone

    def close(self):
        self.is_open.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for end in self.ends:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has gone already
        for thread in self.threads:
            thread.join()
        for end in self.ends:
            end.close()


class Churn(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        allow_descriptors()
        cls.stack = Stack()
        cls.match = int(cls.stack.sql("SELECT commentary.create_match('Home', 'Away')"))

    @classmethod
    def tearDownClass(cls):
        cls.stack.close()

    def tearDown(self):
        self.assertEqual(self.stack.stop_relay(), 0)

    def start_relay(self, *options):
        """Returns how many descriptors it has when nobody is there."""
        self.stack.start_relay(*options)
        wait_for(lambda: not connections(self.stack.relay_port), "nobody is there")
        return self.descriptors()

    def descriptors(self):
        return descriptors(self.stack.relay.pid)

    async def cycle(self, before):
        """Half of them say goodbye, the others crash; all have seen the entry."""
        members = await audience.join(self.stack, self.match, VIEWERS)
        head = members[0].seq + 1
        await asyncio.to_thread(self.stack.sql, f"SELECT commentary.post({self.match}, 'entry')")
        await audience.until(lambda: all(member.seq == head for member in members), "all have the entry")
        for n, member in enumerate(members):
            if n % 2:
                member.reset()
            else:
                member.say_goodbye()
        await audience.until(lambda: all(member.is_lost for member in members), "all are gone")
        await audience.until(lambda: self.descriptors() <= before, "no descriptor is left behind")
        self.assertEqual([member for member in members if member.wrong], [])

    async def test_cycles_of_viewers_leave_nothing(self):
        before = self.start_relay()
        pid, rss = self.stack.relay.pid, []
        for n in range(WARM_UP + CYCLES):
            await self.cycle(before)
            rss.append(rss_kib(pid))
        print(f"# {CYCLES} cycles of {VIEWERS} viewers: RSS {rss[WARM_UP - 1]} KiB before, {rss[-1]} KiB after,"
              f" {max(rss)} KiB at most; {self.descriptors()} descriptors, {before} before")
        if not is_sanitized():
            self.assertLess(rss[-1] - rss[WARM_UP - 1], RSS_KIB)

    async def test_who_vanishes_is_noticed_by_pings(self):
        before = self.start_relay("--ping-interval", "1s")
        hole = BlackHole(self.stack)
        self.addCleanup(hole.close)
        lost = await audience.join(hole, self.match, VANISHED)
        kept = await audience.join(self.stack, self.match, 10)
        self.assertEqual(self.descriptors(), before + VANISHED + 10)
        hole.is_open.clear()
        await audience.until(lambda: self.descriptors() <= before + 10, "those who vanished are freed")
        self.assertEqual({member.close_code for member in kept if member.is_lost}, set())
        for member in lost + kept:
            member.transport.abort()

    async def test_who_vanishes_in_a_handshake_is_dropped(self):
        before = self.start_relay()
        clients = [Raw(self.stack) for _ in range(VANISHED)]
        for n, client in enumerate(clients):
            client.send(handshake()[:n + 1])
        wait_for(lambda: self.descriptors() > before, "they are accepted")
        for client in clients[::2]:
            client.reset()
        wait_for(lambda: self.descriptors() <= before, "they are dropped")
        for client in clients:
            client.close()


if __name__ == "__main__":
    runner = TAPTestRunner()
    runner.set_stream(True)
    result = runner.run(unittest.defaultTestLoader.loadTestsFromTestCase(Churn))
    raise SystemExit(0 if result.wasSuccessful() else 1)
