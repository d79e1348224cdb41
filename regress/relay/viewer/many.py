#!/usr/bin/python3
"""One viewer with much to get: many matches, and many entries."""
import asyncio
import json
import socket

from support.base.case import Case, run
from support.base.stack import DEADLINE_S, LOG_STATEMENTS
from support.viewer.crowd import Crowd
from support.viewer.dial import dial

MATCHES = 128
BEHIND = 3000
DATA_SEGMENTS_IN = 152  # where struct tcp_info has tcpi_data_segs_in


class Follower:
    """Follows many matches, and knows of each how far it has come."""

    def __init__(self, stack):
        self.url = f"ws://127.0.0.1:{stack.relay_port}/ws"
        self.socket, self.epoch = None, None
        self.bodies = {}

    async def connect(self, matches):
        """Subscribes to these where it was; returns what `subscribed` and `error` said of each."""
        self.socket = await dial(self.url, compression=None, max_queue=None)
        for match in matches:
            since = {"since": {"epoch": self.epoch, "seq": len(self.bodies[match])}} if self.epoch else {}
            await self.socket.send(json.dumps({"type": "subscribe", "match": match, "history": 500, **since}))
        answers = {}
        while len(answers) < len(matches):
            message = await self.next()
            if message["type"] in ("subscribed", "error"):
                answers[message["match"]] = message
                self.epoch = message.get("epoch", self.epoch)
        return answers

    async def next(self):
        text = await asyncio.wait_for(self.socket.recv(), DEADLINE_S)
        message = json.loads(text)
        if "seq" in message:
            self.bodies.setdefault(message["match"], []).append(text)
        return message

    async def until(self, match, count):
        while len(self.bodies.get(match, [])) < count:
            await self.next()


class Many(Case):
    settings = LOG_STATEMENTS
    relay_options = ()

    def post(self, matches, count):
        """So many entries to each, the matches in turn."""
        self.stack.sql("INSERT INTO commentary.feed (match_id, message) SELECT m, 'line ' || i FROM"
                       f" generate_series(1, {count}) i, unnest(ARRAY[{','.join(map(str, matches))}]) m ORDER BY i")

    async def test_a_viewer_follows_128_matches(self):
        *matches, more = self.stack.create_matches(MATCHES + 1)
        viewer = Follower(self.stack)
        answers = await viewer.connect([*matches, more])
        self.assertEqual({answers[match]["type"] for match in matches}, {"subscribed"})
        self.assertEqual(answers[more]["code"], "too_many_matches")
        self.post(matches, 3)
        for match in matches:
            await viewer.until(match, 4)
        await viewer.socket.close()
        self.stack.stop_relay()
        self.post(matches, 2)
        before = len(self.stack.reads("tail"))
        self.stack.start_relay()
        answers = await viewer.connect(matches)
        self.assertEqual({answers[match]["recovered"] for match in matches}, {True})
        for match in matches:
            await viewer.until(match, 6)
            self.assertEqual(viewer.bodies[match], self.stack.bodies(match))
        loaded = [match for match in self.stack.reads("tail")[before:] if match]
        self.assertEqual(sorted(loaded), matches, "each is loaded once")
        await viewer.socket.close()

    def test_who_is_far_behind_gets_many_entries_in_a_send(self):
        match = self.stack.create_match()
        crowd = Crowd(self.stack, match, 1)
        crowd.come()
        viewer = crowd.members[0]
        crowd.drop()
        self.post([match], BEHIND)
        crowd.expect(self.stack.bodies(match))
        crowd.come()
        crowd.follow(BEHIND + 1)
        info = viewer.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        segments = int.from_bytes(info[DATA_SEGMENTS_IN:DATA_SEGMENTS_IN + 4], "little")
        self.assertLess(segments, BEHIND / 30, "a send carries many entries")
        crowd.drop()


if __name__ == "__main__":
    run(Many)
