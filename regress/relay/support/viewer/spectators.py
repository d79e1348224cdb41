"""Viewers of a whole landscape in one thread, who stay with their relay or wander from one to another.

They do as the page does: a viewer that hears nothing asks whether the relay is there, gives up after a while,
comes back, and resumes. What they were sent is what a Ledger compares: see ledger.py.
"""
import asyncio
import json
import random
import re

from support.viewer import raw
from support.viewer.record import Record

HEADS = re.compile(rb'{"type":"[a-z_]+","match":\d+,"seq":(\d+),')
ASKS_S, GIVES_UP_S = 3, 8       # after so long without a message
CONNECTS_S = 10
HANDSHAKE = raw.handshake(Sec_WebSocket_Protocol="commentary.v1")


class Spectator(Record, asyncio.Protocol):
    def __init__(self, match, relays, drop_after=None):
        """It begins at the first of the relays, and comes back to any of them. `drop_after` is after how many entries,
        on average, it drops its connection."""
        super().__init__()
        self.match, self.relays, self.drop_after = match, relays, drop_after
        self.at = relays[0]
        self.is_connected = self.is_over = False
        self.connects = 0
        self.transport = self.lost = None

    async def follow(self):
        while not self.is_over:
            try:
                await asyncio.wait_for(self.connect(), CONNECTS_S)
                await self.stay()
            except (OSError, asyncio.TimeoutError):
                pass
            finally:
                self.is_connected = False
                if self.transport:
                    self.transport.abort()
            await asyncio.sleep(random.random() / 2)
            self.at = random.choice(self.relays)

    async def connect(self):
        loop = asyncio.get_running_loop()
        self.lost, self.rest, self.is_open, self.is_fresh = loop.create_future(), bytearray(), False, False
        self.heard = loop.time()
        await loop.create_connection(lambda: self, self.at.host.address, self.at.relay_port)

    async def stay(self):
        """Returns when the connection is lost, or the relay was silent for too long."""
        loop = asyncio.get_running_loop()
        self.connects += 1
        self.is_connected = True
        while not self.is_over and not self.lost.done() and loop.time() < self.heard + GIVES_UP_S:
            await asyncio.wait([self.lost], timeout=1)
            if self.is_open and loop.time() > self.heard + ASKS_S:
                self.transport.write(raw.frame(raw.FIN | raw.PING, b""))

    def connection_made(self, transport):
        self.transport = transport
        transport.write(HANDSHAKE)

    def connection_lost(self, exc):
        if not self.lost.done():
            self.lost.set_result(exc)

    def data_received(self, data):
        self.heard = asyncio.get_running_loop().time()
        self.rest += data
        if not self.is_open and not self.take_answer():
            return
        raw.take_frames(self.rest, self.take)

    def take_answer(self):
        head, end, rest = self.rest.partition(b"\r\n\r\n")
        if not end:
            return False
        if not head.startswith(b"HTTP/1.1 101"):
            self.transport.abort()  # it is full, or drains
            return False
        self.rest, self.is_open = rest, True
        self.transport.write(raw.text(json.dumps(self.subscription(self.match))))
        return True

    def take(self, opcode, payload):
        if self.transport.is_closing():
            return
        if opcode == raw.CLOSE:
            self.transport.abort()
        elif opcode == raw.PING:
            self.transport.write(raw.frame(raw.FIN | raw.PONG, payload))
        elif opcode == raw.TEXT:
            self.hear(bytes(payload))

    def hear(self, payload):
        if entry := HEADS.match(payload):
            return self.keep(int(entry[1]), payload.decode())
        message = json.loads(payload)
        if "seq" in message:
            return self.keep(message["seq"], payload.decode())
        return self.heed(message)

    def keep(self, seq, text):
        super().keep(seq, text)
        if self.drop_after and random.random() < 1 / self.drop_after:
            self.transport.abort()

    def heed(self, message):
        super().heed(message)
        if message["type"] in ("error", "bye"):
            self.transport.abort()  # comes back
        if message["type"] == "error":
            self.messages.append(message)

    async def close(self):
        self.is_over = True
        if self.transport:
            self.transport.abort()
