#!/usr/bin/python3
"""Limits per address: honest crowds are accepted, and a client beyond a limit gets Retry-After."""
import asyncio
import json

import websockets

from support.base.case import run
from support.base.process import allow_descriptors, is_deep
from support.base.stack import DEADLINE_S, wait_for
from support.viewer import handshake
from support.viewer.dial import dial
from support.viewer.peers import Peers

CROWD = 10000 if is_deep() else 2000
PING = '{"type":"ping"}'


class Limits(Peers):
    def answers(self, count):
        """The answers to so many handshakes, all sent before the first answer is read."""
        return [handshake.answer(peer) for peer in [self.send() for _ in range(count)]]

    async def talker(self):
        """A viewer that sends a message once a second."""
        self.stack.start_relay("--messages-per-viewer", "1")
        return await dial(f"ws://127.0.0.1:{self.stack.relay_port}/ws", compression=None, max_queue=None)

    async def assert_too_much(self, viewer, *messages):
        """The relay closes it because of what it sends."""
        with self.assertRaises(websockets.ConnectionClosed) as closed:
            for message in messages:
                await viewer.send(message)
            while True:
                await asyncio.wait_for(viewer.recv(), DEADLINE_S)
        self.assertEqual(closed.exception.rcvd.code, 4429)

    def test_a_crowd_from_one_address_is_welcome(self):
        self.stack.start_relay()
        self.assertEqual({status for status, _ in self.answers(CROWD)}, {101})

    def test_one_viewer_too_many_is_refused_until_one_leaves(self):
        self.stack.start_relay("--max-viewers-per-address", "3")
        first = self.send()
        self.assertEqual(handshake.answer(first)[0], 101)
        self.assertEqual([status for status, _ in self.answers(2)], [101, 101])
        status, headers = handshake.answer(self.send())
        self.assertEqual((status, headers["retry-after"]), (429, "10"))
        first.close()
        wait_for(lambda: self.status() == 101, "there is room again")

    def test_too_many_handshakes_in_a_second_are_refused_for_a_second(self):
        self.stack.start_relay("--connects-per-address", "2")
        answers = self.answers(100)
        self.assertEqual({status for status, _ in answers}, {101, 429})
        self.assertEqual({headers["retry-after"] for status, headers in answers if status == 429}, {"1"})
        wait_for(lambda: self.status() == 101, "the second is over")

    async def test_pongs_that_nobody_asked_for_count_as_messages(self):
        viewer = await self.talker()
        with self.assertRaises(websockets.ConnectionClosed) as closed:
            for _ in range(1000):
                await viewer.pong(b"unasked")
            while True:
                await asyncio.wait_for(viewer.recv(), DEADLINE_S)
        self.assertEqual(closed.exception.rcvd.code, 4429)

    async def test_a_viewer_that_says_too_much_is_closed(self):
        viewer = await self.talker()
        await self.assert_too_much(viewer, *[PING] * 1000)

    async def test_pieces_without_a_byte_count_as_messages(self):
        viewer = await self.talker()
        await self.assert_too_much(viewer, [PING, *[""] * 1000])

    async def test_long_messages_count_once(self):
        viewer = await self.talker()
        for _ in range(100):
            await viewer.send(json.dumps({"type": "ping", "pad": "x" * 3000}))
        kinds = [json.loads(await asyncio.wait_for(viewer.recv(), DEADLINE_S))["type"] for _ in range(101)]
        self.assertEqual(kinds, ["welcome", *["pong"] * 100])
        await viewer.close()


if __name__ == "__main__":
    allow_descriptors()
    run(Limits)
