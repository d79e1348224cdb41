"""A viewer that follows one match, resumes, and records what it was sent."""
import asyncio
import json
import random

import websockets
import websockets.version

from support.stack import DEADLINE_S

HISTORY = 500


def with_headers(headers):
    """For websockets.connect, which calls them otherwise from version 14 on."""
    is_new = int(websockets.version.version.partition(".")[0]) >= 14
    return {"additional_headers" if is_new else "extra_headers": headers}


class Viewer:
    def __init__(self, stack, match, token=None):
        self.url = f"{'wss' if stack.tls else 'ws'}://127.0.0.1:{stack.relay_port}/ws"
        self.tls = stack.tls
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.match = match
        self.epoch = None
        self.is_fresh = False   # the first entry of a fresh start is still to come
        self.skipped = 0        # entries before those that a fresh start begins with
        self.bodies = []        # bodies[n] is entry skipped + n + 1, as it was sent
        self.messages = []      # all else
        self.doubles = self.gaps = self.connects = self.starts = 0
        self.is_live = None     # what the relay says of its database
        self.socket = None

    @property
    def seq(self):
        """Of the newest entry that it holds."""
        return self.skipped + len(self.bodies)

    async def connect(self):
        self.socket = await websockets.connect(
            self.url, subprotocols=["commentary.v1"], compression=None, max_queue=None, ssl=self.tls,
            **with_headers(self.headers))
        self.connects += 1
        request = {"type": "subscribe", "match": self.match, "history": HISTORY}
        if self.epoch:
            request["since"] = {"epoch": self.epoch, "seq": self.seq}
        await self.socket.send(json.dumps(request))

    async def join(self):
        """Connects and has subscribed; returns itself."""
        await self.connect()
        await self.next("subscribed")
        return self

    def start(self, joined):
        """Unless it goes on where it was, what it holds is of no use."""
        self.epoch = joined["epoch"]
        self.is_fresh = not joined["recovered"]
        if not joined["recovered"]:
            self.starts += 1
            self.bodies = []
            self.skipped = max(joined["head"] - HISTORY, 0)

    def take(self, text):
        message = json.loads(text)
        if message["type"] == "subscribed":
            self.start(message)
        if message["type"] in ("welcome", "live", "stale"):
            self.is_live = message.get("live", message["type"] == "live")
        if "seq" not in message:
            self.messages.append(message)
            return message
        if self.is_fresh:   # history counts lines: it may begin before the last so many entries
            self.skipped = min(self.skipped, message["seq"] - 1)
            self.is_fresh = False
        if message["seq"] <= self.seq:
            self.doubles += 1
        elif message["seq"] > self.seq + 1:
            self.gaps += 1
        else:
            self.bodies.append(text)
        return message

    async def next(self, kind=None):
        """The next message, or the next of a type."""
        while True:
            message = self.take(await asyncio.wait_for(self.socket.recv(), DEADLINE_S))
            if kind in (None, message["type"]):
                return message

    async def bye(self):
        """Awaits it, and the close that must come next: (retry_after_ms, close code)."""
        bye = await self.next("bye")
        try:
            more = await self.next()
        except websockets.ConnectionClosed as closed:
            return bye["retry_after_ms"], closed.rcvd.code
        raise AssertionError(f"after bye comes {more}")

    async def follow(self, last, drop_after=None):
        """Until entry `last` is there, through lost connections; drops some itself."""
        while self.seq < last():
            try:
                if self.socket is None:
                    await self.connect()
                self.take(await asyncio.wait_for(self.socket.recv(), 0.5))
                if drop_after and random.random() < 1 / drop_after:
                    self.socket.transport.abort()
                    self.socket = None
            except asyncio.TimeoutError:
                continue
            except (OSError, websockets.WebSocketException):
                self.socket = None
                await asyncio.sleep(random.random() / 10)  # as a client backs off

    async def close(self):
        if self.socket:
            await self.socket.close()
