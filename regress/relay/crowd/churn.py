#!/usr/bin/python3
"""Viewers come and go, again and again, also without closing: the relay keeps nothing of them."""
import asyncio
import socket

from support.base.case import Case, run
from support.base.process import allow_descriptors, connections, descriptors, is_deep, is_sanitized, rss_kib
from support.base.stack import wait_for
from support.fault.proxy import Proxy
from support.viewer import audience
from support.viewer.raw import Raw, handshake

CYCLES, VIEWERS = (100, 1000) if is_deep() else (10, 200)
WARM_UP = 3             # cycles until the allocator has what it needs
RSS_KIB = 2048          # what it may wander after that
VANISHED = 50


class BlackHole(Proxy):
    """A way to the relay that can be cut without either side being told."""

    def __init__(self, stack):
        super().__init__(lambda: socket.create_connection(("127.0.0.1", stack.relay_port)))
        self.relay_port = self.port


class Churn(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.match = cls.stack.create_match()

    def tearDown(self):
        self.assertEqual(self.stack.stop_relay(), 0)

    def start_relay(self, *options):
        self.stack.start_relay(*options)
        return self.stack.idle_descriptors()

    def descriptors(self):
        return descriptors(self.stack.relay_pid)

    async def cycle(self, before):
        """Half of them close the connection properly, the others crash; all have seen the entry."""
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
        pid, rss = self.stack.relay_pid, []
        for n in range(WARM_UP + CYCLES):
            await self.cycle(before)
            rss.append(rss_kib(pid))
        print(f"# {CYCLES} cycles of {VIEWERS} viewers: RSS {rss[WARM_UP - 1]} KiB before, {rss[-1]} KiB after,"
              f" {max(rss)} KiB at most; {self.descriptors()} descriptors, {before} before")
        if not is_sanitized():
            self.assertLess(rss[-1] - rss[WARM_UP - 1], RSS_KIB)

    async def test_who_vanishes_is_noticed_by_pings(self):
        before = self.start_relay("--ping-interval", "8s")
        hole = BlackHole(self.stack)
        self.addCleanup(hole.close)
        lost = await audience.join(hole, self.match, VANISHED)
        kept = await audience.join(self.stack, self.match, 10)
        # those of the probes that asked whether it is ready may be on their way out
        await audience.until(lambda: len(connections(self.stack.relay_port)) == VANISHED + 10, "all are there")
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
    allow_descriptors()
    run(Churn)
