#!/usr/bin/python3
"""SIGTERM: viewers are sent `bye` one after the other, and no new connection is accepted."""
import asyncio
import http.client
import signal
import socket
import time

import psycopg2

from support.base.case import Case, run
from support.base.stack import wait_for
from support.viewer.raw import Raw
from support.viewer.viewer import Viewer

CROWD = 300
DRAIN_S = 8
DEADLINE_S = 120
OVER = "the drain is over: answering the requests that are under way"
HALF, REST = b"GET /livez HTTP/1.1\r\n", b"Host: x\r\n\r\n"


class Drain(Case):
    async def asyncSetUp(self):
        self.match = self.stack.create_match()
        self.stack.forget_relay_log()

    def kept(self):
        """A connection that has been answered, and is kept."""
        raw = Raw(self.stack)
        self.addCleanup(raw.close)
        raw.send(HALF + REST)
        self.assertEqual(raw.status(), 200)
        return raw

    async def viewer(self):
        return await Viewer(self.stack, self.match).join()

    async def told(self, viewer):
        """Follows it to its end: when it was told, and to come back after how long."""
        retry_ms, code = await asyncio.wait_for(viewer.bye(), DEADLINE_S)
        self.assertEqual(code, 1001)
        return time.monotonic(), retry_ms

    async def post(self, n):
        await asyncio.to_thread(self.stack.sql, f"SELECT commentary.post({self.match}, 'entry {n}')")

    async def test_a_crowd_is_told_over_the_time_of_the_drain(self):
        self.stack.start_relay("--drain", f"{DRAIN_S}s")
        crowd = [await self.viewer() for _ in range(CROWD)]
        ends = [asyncio.create_task(self.told(viewer)) for viewer in crowd]
        begun = time.monotonic()
        self.stack.relay.send_signal(signal.SIGTERM)
        posted = 0
        while not all(end.done() for end in ends):
            posted += 1
            await self.post(posted)
        code = await asyncio.to_thread(self.stack.stop_relay)
        ended = time.monotonic()
        at, retry_ms = zip(*[end.result() for end in ends])
        self.assertEqual(code, 0)
        self.assertLess(ended - begun, DEADLINE_S)
        self.assertLess(max(retry_ms), DRAIN_S * 1000)
        self.assertGreater(max(retry_ms) - min(retry_ms), DRAIN_S * 500)
        self.assertGreater(len(set(retry_ms)), CROWD / 2)
        self.assertEqual(sum(viewer.gaps + viewer.doubles for viewer in crowd), 0)
        lengths = [len(viewer.bodies) for viewer in crowd]
        self.assertGreater(max(lengths), min(lengths), "not all at once: who stayed longer has seen more")
        log = self.stack.bodies(self.match)
        for viewer in crowd:
            self.assertEqual(viewer.bodies, log[:len(viewer.bodies)])
        # What came while this program slept is read in any order: only what is apart tells.
        told = sorted(zip(at, lengths))
        for (earlier, before), (later, after) in zip(told, told[CROWD // 2:]):
            if later - earlier > DRAIN_S / 4:
                self.assertLessEqual(before, after, "who was told much later has seen no less")

    async def test_nobody_new_comes_in_and_a_second_signal_ends_it(self):
        self.stack.start_relay("--drain", "10min")
        viewers = [await self.viewer(), await self.viewer()]
        kept = http.client.HTTPConnection("127.0.0.1", self.stack.relay_port, timeout=DEADLINE_S)   # for 8 s
        kept.request("GET", "/readyz")
        self.assertEqual(self.read(kept).status, 200)
        half = self.kept()
        ends = [asyncio.create_task(self.told(viewer)) for viewer in viewers]
        self.stack.relay.send_signal(signal.SIGTERM)
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)  # the other has minutes
        kept.request("GET", "/readyz")
        self.assertEqual(self.read(kept).status, 503)
        kept.request("GET", "/ws", headers={
            "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="})
        self.assertEqual(self.read(kept).status, 503)
        half.send(HALF)
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", self.stack.relay_port))
        self.assertIsNone(self.stack.relay.poll())
        code = await asyncio.to_thread(self.stack.stop_relay)
        await asyncio.gather(*ends)
        self.assertEqual(code, 0)
        self.assertNotIn(OVER, self.stack.relay_said(), "a request under way has no time any more")

    async def test_requests_that_are_under_way_when_the_drain_is_over_are_answered(self):
        other = self.stack.create_match()
        self.stack.start_relay("--drain", "200ms")
        told = asyncio.create_task(self.told(await self.viewer()))
        reading, half, idle = self.kept(), self.kept(), self.kept()
        with psycopg2.connect(self.stack.conninfo) as holder:
            holder.cursor().execute("LOCK TABLE commentary.entry IN ACCESS EXCLUSIVE MODE")
            reading.send(f"GET /matches/{other}/commentary HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            half.send(HALF)
            self.stack.relay.send_signal(signal.SIGTERM)
            await asyncio.to_thread(wait_for, lambda: OVER in self.stack.relay_said(), "the drain is over")
        half.send(REST)
        self.assertEqual(half.status(), 200)
        self.assertEqual(reading.status(), 200)
        self.assertTrue(idle.is_closed())
        await told
        self.assertEqual(await asyncio.to_thread(self.stack.stop_relay), 0)

    @staticmethod
    def read(connection):
        answer = connection.getresponse()
        answer.read()
        return answer

    async def test_without_time_to_drain_all_are_told_at_once(self):
        self.stack.start_relay("--drain", "0s")
        idle = self.kept()
        ends = [asyncio.create_task(self.told(await self.viewer())) for _ in range(50)]
        self.stack.relay.send_signal(signal.SIGTERM)
        retry_ms = [retry for _, retry in await asyncio.gather(*ends)]
        self.assertGreater(len(set(retry_ms)), 10)
        self.assertLess(max(retry_ms), 1000)
        self.assertEqual(self.stack.stop_relay(), 0)
        self.assertTrue(idle.is_closed())
        self.assertNotIn(OVER, self.stack.relay_said(), "neither viewers nor a connection that is kept are waited for")


if __name__ == "__main__":
    run(Drain)
