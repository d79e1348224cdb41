"""A viewer that follows one match, resumes, and records what it was sent."""
import asyncio
import json
import random

import websockets

from support.base.stack import DEADLINE_S
from support.viewer.dial import dial
from support.viewer.record import Record


class Viewer(Record):
    def __init__(self, stack, match, token=None):
        super().__init__()
        self.url = f"{'wss' if stack.tls else 'ws'}://127.0.0.1:{stack.relay_port}/ws"
        self.tls = stack.tls
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.match = match
        self.connects = 0
        self.socket = None

    async def connect(self):
        self.socket = await dial(
            self.url, self.headers, subprotocols=["commentary.v1"], compression=None, max_queue=None, ssl=self.tls)
        self.connects += 1
        await self.socket.send(json.dumps(self.subscription(self.match)))

    async def join(self):
        """Connects and has subscribed; returns itself. An error of the relay ends it at once."""
        await self.connect()
        while (message := await self.next())["type"] != "subscribed":
            if message["type"] == "error":
                raise AssertionError(f"refused: {message}")
        return self

    def take(self, text):
        message = json.loads(text)
        if "seq" in message:
            self.keep(message["seq"], text)
        else:
            self.heed(message)
            self.messages.append(message)
        return message

    async def next(self, kind=None):
        """The next message, or the next of a type."""
        while True:
            message = self.take(await asyncio.wait_for(self.socket.recv(), DEADLINE_S))
            if kind in (None, message["type"]):
                return message

    async def until_live(self):
        """Waits until it knows that the feed is live, from any message since it connected."""
        while not self.is_live:
            await self.next()

    async def until_stale(self):
        """It may have been so already: on a busy machine the database looks silent by itself."""
        while self.is_live is not False:
            await self.next()

    async def bye(self):
        """Waits for `bye` and the close that must come next; returns (retry_after_ms, close code)."""
        bye = await self.next("bye")
        try:
            more = await self.next()
        except websockets.ConnectionClosed as closed:
            return bye["retry_after_ms"], closed.rcvd.code
        raise AssertionError(f"after bye comes {more}")

    async def follow(self, last, drop_after=None):
        """Until it has the entry last(), through lost connections. It drops one in `drop_after` messages itself."""
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
