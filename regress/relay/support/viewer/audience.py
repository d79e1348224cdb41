"""Many viewers of one match in one event loop, who answer pings, stall, or say goodbye."""
import asyncio
import json
import socket
import struct

from support.viewer import raw

DEADLINE_S = 120
HANDSHAKE = raw.handshake(Sec_WebSocket_Protocol="commentary.v1")


class Member(asyncio.Protocol):
    def __init__(self, match, since=None):
        """`since` is the epoch and the seq of the newest entry that it has seen."""
        self.request = {"type": "subscribe", "match": match}
        if since:
            self.request["since"] = {"epoch": since[0], "seq": since[1]}
        self.epoch, self.since = since or (None, None)
        self.status = self.close_code = self.transport = None
        self.is_joined = self.is_lost = False
        self.seq = self.since or 0
        self.wrong = 0  # how many entries did not follow the one before
        self.rest = bytearray()

    def connection_made(self, transport):
        self.transport = transport
        transport.write(HANDSHAKE)

    def connection_lost(self, exc):
        self.is_lost = True

    def data_received(self, data):
        self.rest += data
        if self.status is None and not self.take_answer():
            return
        raw.take_frames(self.rest, self.take)

    def take_answer(self):
        head, end, rest = self.rest.partition(b"\r\n\r\n")
        if not end:
            return False
        self.status, self.rest = int(head.split()[1]), rest
        if self.status == 101:
            self.transport.write(raw.text(json.dumps(self.request)))
        return True

    def take(self, opcode, payload):
        if opcode == raw.CLOSE:
            self.close_code = raw.code_of(payload)
            self.transport.write(raw.frame(raw.FIN | raw.CLOSE, payload[:2]))
        elif opcode == raw.PING:
            self.transport.write(raw.frame(raw.FIN | raw.PONG, payload))
        elif opcode == raw.TEXT:
            self.hear(json.loads(payload))

    def hear(self, message):
        if message["type"] == "subscribed":
            self.is_joined, self.epoch = True, message["epoch"]
            if not message["recovered"]:
                self.seq = message["head"]
        elif "seq" in message:
            self.wrong += message["seq"] != self.seq + 1
            self.seq = message["seq"]

    def say_goodbye(self):
        self.transport.write(raw.frame(raw.FIN | raw.CLOSE, struct.pack("!H", 1000)))

    def reset(self):
        """Ends it with RST."""
        raw.end_with_reset(self.transport.get_extra_info("socket"))
        self.transport.abort()


async def until(condition, what, deadline_s=DEADLINE_S):
    """As stack.wait_for(), while the viewers go on."""
    loop = asyncio.get_running_loop()
    end = loop.time() + deadline_s
    while not condition():
        if loop.time() > end:
            raise AssertionError(f"in vain: {what}")
        await asyncio.sleep(0.02)


async def connect_member(stack, member, receive_bytes=None):
    """Connects, without an answer yet. `receive_bytes` is the size of the kernel's buffer for it."""
    loop = asyncio.get_running_loop()
    own = socket.socket()
    own.setblocking(False)
    if receive_bytes:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    await loop.sock_connect(own, ("127.0.0.1", stack.relay_port))
    await loop.create_connection(lambda: member, sock=own)


async def connect(stack, match, count, **options):
    """Connects so many viewers at once, and returns them."""
    members = [Member(match) for _ in range(count)]
    await asyncio.gather(*(connect_member(stack, member, **options) for member in members))
    return members


async def join(stack, match, count, **options):
    """As connect(); waits until each has subscribed."""
    members = await connect(stack, match, count, **options)
    await until(lambda: all(member.is_joined for member in members), f"{count} viewers have joined")
    return members
