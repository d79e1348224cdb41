#!/usr/bin/python3
"""Connections that never become viewers: silent, dripping, idle, and far too many."""
import asyncio
import itertools
import os
import resource
import signal
import time

from support.attack.bystander import Bystander
from support.base.case import run
from support.base.process import allow_descriptors, cpu_s, is_deep
from support.base.stack import wait_for
from support.viewer.raw import Raw, handshake

SILENT = 2000
CHURN = 20000 if is_deep() else 2000
HEAD_S = 8        # after so long a client that asks for nothing is closed
REQUESTS, PAUSE_S = 6, 1.8  # longer than that, all together
DEADLINE_S = 200  # for what takes some 8 s on a quiet machine
CONNECTED_S = 60  # a new viewer, in whatever crowd: under a second on a quiet machine
STOPPED_S = HEAD_S + 1
GET = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"


class Guests(Bystander):
    relay_options = ()

    async def viewer(self):
        """A new viewer, which must not have to wait."""
        began = time.monotonic()
        viewer = await super().viewer()
        self.assertLess(time.monotonic() - began, CONNECTED_S, "a new viewer has to wait")
        return viewer

    def drip(self, *pieces):
        """A byte every 0.3 s, for as long as it is let; how long that was."""
        began = time.monotonic()
        client = self.raw()
        client.socket.settimeout(0.3)
        for n in itertools.count():
            try:
                if not client.send(pieces[n] if n < len(pieces) else b"a") or not client.more():
                    return time.monotonic() - began
            except TimeoutError:
                self.assertLess(time.monotonic() - began, DEADLINE_S, "dripping goes on")

    def drip_a_handshake(self):
        self.assertGreater(self.drip(handshake()[:-2] + b"X-A: "), 5, "nobody is that slow")

    def drip_a_line(self):
        self.assertGreater(self.drip(b"GET /"), 5, "nobody is that slow")

    def drip_a_body(self):
        self.drip(b"POST /matches HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")

    def ask_with_pauses(self):
        """The client, and its longest pause: on a busy machine a pause may be longer than it should be."""
        client, longest_s = self.raw(), 0
        for n in range(REQUESTS):  # it has as long again after each
            if n > 0:
                time.sleep(PAUSE_S)
            client.send(GET)
            status, asked = client.status(), time.monotonic()
            longest_s = max(longest_s, asked - answered) if n > 0 else 0
            answered = asked
            if status != 200:
                break
        return client, status, longest_s

    def be_idle_after_an_answer(self):
        client, status, longest_s = self.ask_with_pauses()
        while longest_s > HEAD_S - 1:
            client, status, longest_s = self.ask_with_pauses()
        self.assertEqual(status, 200)
        self.assertTrue(client.is_closed())

    def send_half_a_request_after_an_answer(self):
        client = self.raw()
        client.send(GET + GET[:20])
        self.assertEqual(client.status(), 200)
        self.assertTrue(client.is_closed())

    async def test_who_asks_for_nothing_in_time_is_dropped(self):
        silent = [self.raw() for _ in range(SILENT)]
        # On a busy machine the first are dropped while the last still come.
        wait_for(lambda: self.descriptors() > self.before + SILENT / 20, "they are accepted")
        await (await self.viewer()).close()
        await asyncio.gather(*(asyncio.to_thread(way) for way in (
            self.drip_a_handshake, self.drip_a_line, self.drip_a_body, self.be_idle_after_an_answer,
            self.send_half_a_request_after_an_answer)))
        wait_for(lambda: self.descriptors() <= self.before, "they are dropped", DEADLINE_S)
        self.assertTrue(all(client.is_closed() for client in silent))

    async def test_who_connects_and_leaves_at_once_holds_up_nobody(self):
        for n in range(CHURN):
            client = Raw(self.stack)
            if n % 3 == 0:
                client.send(handshake())
            if n % 2 == 0:
                client.reset()
            client.close()
        await (await self.viewer()).close()

    async def test_a_relay_that_was_stopped_for_a_while_closes_nobody_who_spoke_meanwhile(self):
        """As with the machine that it runs on: what it reads afterwards is new, though deadlines have passed."""
        client = self.raw()
        client.send(GET)
        self.assertEqual(client.status(), 200)
        pids = self.stack.relay.pid, self.stack.relay_pid  # the supervisor would replace what hangs
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        client.send(GET)
        time.sleep(STOPPED_S)
        for pid in reversed(pids):
            os.kill(pid, signal.SIGCONT)
        self.assertEqual(client.status(), 200)
        client.send(GET)
        self.assertEqual(client.status(), 200)

    async def test_without_descriptors_those_inside_are_served(self):
        pid = self.stack.relay_pid
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (self.before + 5, before[1]))
        for _ in range(50):
            self.raw()
        began, used_s = time.monotonic(), cpu_s(pid)
        for n in range(10):
            self.stack.sql(f"SELECT commentary.post({self.match}, 'entry {n}')")
            self.assertEqual((await self.beside.next())["message"], f"entry {n}")
        self.assertLess(cpu_s(pid) - used_s, 0.2 + 0.3 * (time.monotonic() - began), "it spins")
        for client in self.clients:
            client.close()
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
        await (await self.viewer()).close()


if __name__ == "__main__":
    allow_descriptors()
    run(Guests)
