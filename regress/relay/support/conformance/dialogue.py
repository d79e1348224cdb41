"""Plays one case of a conformance set against a relay: sends it in pieces, and judges what comes back."""
import asyncio
import base64
import hashlib
import json
import random
import re

from support.base.stack import DEADLINE_S
from support.viewer import raw

SENTINEL = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
PROBE = b"is it open?"
STATUS_LINE = re.compile(rb"HTTP/1\.1 (\d{3}) [\x20-\x7e]*$")
FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x21-\x7e\x80-\xff]?(?:[\x20-\x7e\x80-\xff\t]*))$")
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Wrong(Exception):
    """The relay did not do what it must."""


# Of a long input, only so many bytes at both ends are sent one by one, and what is left after PATIENCE_S at
# once: the relay waits 8 s for a head, also on a busy machine and with sanitizers.
EDGE = 150
PATIENCE_S = 4


def cut(data, way, dice):
    """The pieces of what is sent: whole, bytes, or halves."""
    if way == "bytes":
        ends = [n for n in range(len(data) + 1) if n <= EDGE or n >= len(data) - EDGE or n % 251 == 0]
        return [data[start:end] for start, end in zip(ends, ends[1:])]
    if way == "halves" and len(data) > 1:
        at = dice.randrange(1, len(data))
        return [data[:at], data[at:]]
    return [data]


class Wire(asyncio.Protocol):
    """A connection; what has come is in `rest`."""

    def __init__(self):
        self.rest = bytearray()
        self.is_at_end = False
        self.news = asyncio.Event()
        self.transport = None

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.rest += data
        self.news.set()

    def eof_received(self):
        self.end()
        return not self.transport.get_extra_info("ssl_object")  # we may go on sending

    def connection_lost(self, exc):
        self.end()

    def end(self):
        self.is_at_end = True
        self.news.set()

    async def more(self, what):
        """Waits until something comes; False at the end of the connection."""
        if self.is_at_end:
            return False
        self.news.clear()
        try:
            await asyncio.wait_for(self.news.wait(), DEADLINE_S)
        except (TimeoutError, asyncio.TimeoutError):
            raise Wrong(f"waited in vain for {what}; there is {bytes(self.rest[:200])!r}") from None
        return not self.is_at_end or bool(self.rest)

    async def until(self, is_there, what):
        """Waits until is_there() is not None, and returns it; None at the end."""
        while (found := is_there()) is None:
            if not await self.more(what):
                return None
        return found

    async def end_of_all(self):
        """Waits for the end of the connection; returns what still came."""
        while not self.is_at_end:
            await self.more("the end of the connection")
        return bytes(self.rest)


class Answer:
    """The head of a response."""

    def __init__(self, head):
        line, *lines = head.split(b"\r\n")
        status = STATUS_LINE.match(line)
        if not status:
            raise Wrong(f"not a status line: {line!r}")
        self.status, self.fields = int(status[1]), {}
        for text in lines:
            field = FIELD.match(text)
            if not field:
                raise Wrong(f"not a header: {text!r}")
            name, value = field[1].decode().lower(), field[2].decode("latin-1").rstrip(" \t")
            self.fields[name] = f"{self.fields[name]}, {value}" if name in self.fields else value

    def judge(self):
        """By what RFC 9110 wants of each response with such a status."""
        fields, status = self.fields, self.status
        needed = {405: "allow", 426: "upgrade", 401: "www-authenticate"}.get(status)
        if needed and needed not in fields:
            raise Wrong(f"{status} without {needed} (RFC 9110 section 15)")
        if status >= 200 and "date" not in fields:
            raise Wrong(f"{status} without date (RFC 9110 section 6.6.1)")
        if "upgrade" in fields and "upgrade" not in fields.get("connection", "").lower():
            raise Wrong("upgrade without connection: upgrade (RFC 9110 section 7.8)")
        if status < 200 or status == 204:
            if {"content-length", "transfer-encoding"} & set(fields):
                raise Wrong(f"{status} with a length (RFC 9110 section 8.6)")
        if not re.match(r"\d+$", fields.get("content-length", "0")):
            raise Wrong(f"content-length: {fields['content-length']}")


class Dialogue:
    def __init__(self, wire, case, way, seed, variables):
        self.wire, self.case, self.way = wire, case, way
        self.dice = random.Random(f"{seed} {way} {case.name}")
        self.variables = dict(variables)    # what stands for $name
        self.answer = None                  # the last one
        self.body = b""

    async def play(self):
        for step in self.case.steps:
            await getattr(self, "do_" + step[0].replace(" ", "_"))(*step[1:])

    # ---- sending ----

    def fill(self, data):
        """Puts in what stands for $name; not into frames, whose masked bytes may look like a name by chance."""
        if self.case.file == "websocket":
            return data
        return re.sub(rb"\$([a-z]+)", lambda name: self.variables[name[1].decode()].encode(), data)

    async def do_send(self, data):
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE_S
        for piece in cut(self.fill(data), self.way, self.dice):
            if self.wire.transport.is_closing() or self.wire.is_at_end:
                return
            self.wire.transport.write(piece)
            if loop.time() < end:
                await asyncio.sleep(0)

    async def do_shutdown(self):
        self.wire.transport.write_eof()

    # ---- HTTP ----

    def head(self):
        start, end, _ = self.wire.rest.partition(b"\r\n\r\n")
        if not end:
            return None
        del self.wire.rest[:len(start) + 4]
        return bytes(start)

    async def take_body(self, is_bodiless):
        status, fields = self.answer.status, self.answer.fields
        if is_bodiless or status < 200 or status in (204, 304):
            return b""
        if "transfer-encoding" in fields:
            raise Wrong("a transfer coding, which the relay has no need of")
        if "content-length" not in fields:
            if fields.get("connection", "").lower() != "close":
                raise Wrong("a body without a length, and the connection goes on")
            return await self.wire.end_of_all()
        length = int(fields["content-length"])
        whole = await self.wire.until(lambda: len(self.wire.rest) >= length or None, "the body")
        if not whole:
            raise Wrong(f"the body ends after {len(self.wire.rest)} of {length} bytes")
        body = bytes(self.wire.rest[:length])
        del self.wire.rest[:length]
        return body

    async def do_status(self, wanted, is_bodiless):
        head = await self.wire.until(self.head, f"an answer {wanted}")
        if head is None:
            raise Wrong(f"closed without an answer {set(wanted)}; there is {bytes(self.wire.rest[:200])!r}")
        self.answer = Answer(head)
        self.answer.judge()
        status = str(self.answer.status)
        if status not in wanted and f"{status[0]}xx" not in wanted:
            raise Wrong(f"{status} instead of {'|'.join(sorted(wanted))}: {head!r}")
        if status == "101":
            self.judge_upgrade()
        else:
            self.body = await self.take_body(is_bodiless)
        if "etag" in self.answer.fields:
            self.variables["etag"] = self.answer.fields["etag"]

    async def do_perhaps(self, wanted):
        """Takes such an answer, if it is the next to come."""
        line = await self.wire.until(lambda: bytes(self.wire.rest[:12]) if len(self.wire.rest) >= 12
                                     else None, "an answer, or the end")
        status = line[9:].decode() if line else ""
        if status in wanted or f"{status[:1]}xx" in wanted:
            await self.do_status(wanted, False)

    def judge_upgrade(self):
        """RFC 6455 section 4.2.2."""
        fields = self.answer.fields
        key = key_of(b"".join(step[1] for step in self.case.steps if step[0] == "send"))
        accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
        if fields.get("upgrade", "").lower() != "websocket":
            raise Wrong("101 without upgrade: websocket")
        if fields.get("sec-websocket-accept") != accept:
            raise Wrong(f"sec-websocket-accept: {fields.get('sec-websocket-accept')} instead of {accept}")
        if "sec-websocket-extensions" in fields:
            raise Wrong("an extension that the relay does not have")

    async def do_header(self, name, wanted):
        value = self.answer.fields.get(name)
        wanted = self.fill(wanted.encode()).decode()
        if value is None or not re.fullmatch(wanted, value):
            raise Wrong(f"{name}: {value} instead of {wanted}")

    async def do_absent(self, name):
        if name in self.answer.fields:
            raise Wrong(f"{name}: {self.answer.fields[name]}, which must not be there")

    async def do_body(self, wanted):
        if self.body != wanted:
            raise Wrong(f"the body {self.body[:100]!r} instead of {wanted!r}")

    # ---- frames ----

    def frame(self):
        got = raw.take_frame(self.wire.rest)
        if not got:
            return None
        first = self.wire.rest[0]
        del self.wire.rest[:got[2]]
        if first & 0x70 or not first & raw.FIN:
            raise Wrong(f"a frame that begins with {first:#x}")
        return got[:2]

    async def next_frame(self, what):
        """The next one that is not our welcome; None at the end."""
        while True:
            got = await self.wire.until(self.frame, what)
            if got and got[0] == raw.TEXT and json.loads(got[1])["type"] == "welcome":
                continue
            return got

    async def do_frame(self, kind, payload):
        got = await self.next_frame(kind)
        if got != ({"pong": raw.PONG, "ping": raw.PING}[kind], payload):
            raise Wrong(f"{got} instead of {kind} {payload!r}")

    async def do_message(self, kind):
        """answer: the pong of our protocol; error: what answers a message that is no request."""
        got = await self.next_frame(kind)
        wanted = {"answer": "pong", "error": "error"}[kind]
        if not got or got[0] != raw.TEXT or json.loads(got[1])["type"] != wanted:
            raise Wrong(f"{got} instead of a message of type {wanted}")

    async def do_close(self, wanted, is_said=False):
        """A close frame and then the end; eof: the end alone."""
        got = await self.next_frame(f"close {'|'.join(wanted)}")
        if got is None and "eof" in wanted:
            return
        if got is None or got[0] != raw.CLOSE:
            raise Wrong(f"{got} instead of close {'|'.join(sorted(wanted))}")
        code = raw.code_of(got[1])
        if str(code or "none") not in wanted:
            raise Wrong(f"close {code} {got[1][2:]!r} instead of {'|'.join(sorted(wanted))}")
        if not (is_said or self.case.says_close):
            self.wire.transport.write(raw.frame(raw.FIN | raw.CLOSE, got[1][:2]))
        rest = await self.wire.end_of_all()
        if rest:
            raise Wrong(f"after the close frame comes {rest[:100]!r}")

    # ---- the end ----

    async def do_end(self, wanted):
        if self.case.file == "websocket" and self.answer and self.answer.status == 101:
            return await self.end_frames(wanted)
        if "open" not in wanted:
            rest = await self.wire.end_of_all()
            if rest:
                raise Wrong(f"one more answer: {rest[:200]!r}")
            return None
        self.wire.transport.write(SENTINEL)
        head = await self.wire.until(self.head, "whether the connection is open")
        if head is None and "closed" in wanted and not self.wire.rest:
            return None
        if head is None or Answer(head).status != 200:
            raise Wrong(f"the connection is not open: {head!r}")
        rest = await self.wire.end_of_all()
        if rest != b"ok\n":
            raise Wrong(f"one more answer: {rest[:200]!r}")
        return None

    async def end_frames(self, wanted):
        """The relay must answer a ping, and a close; or the connection is closed, if that is wanted."""
        if "open" not in wanted:
            if await self.next_frame("the end") is not None:
                raise Wrong("not closed")
            return
        self.wire.transport.write(raw.frame(raw.FIN | raw.PING, PROBE))
        got = await self.next_frame("whether the connection is open")
        if got is None and "closed" in wanted:
            return
        if got != (raw.PONG, PROBE):
            raise Wrong(f"{got} instead of the pong of a probe")
        self.wire.transport.write(raw.frame(raw.FIN | raw.CLOSE, b"\x03\xe8"))
        await self.do_close({"1000"}, True)


def key_of(handshake):
    key = re.search(rb"(?i)\r\nsec-websocket-key:[ \t]*([^\r]*?)[ \t]*\r\n", handshake)
    return key[1].decode() if key else ""


async def play(case, way, connection, seed, variables):
    """Returns what was wrong, or None. The connection is (host, port, ssl)."""
    host, port, tls = connection
    loop = asyncio.get_running_loop()
    transport, wire = await loop.create_connection(Wire, host, port, ssl=tls)
    try:
        await Dialogue(wire, case, way, seed, variables).play()
    except Wrong as wrong:
        return str(wrong)
    finally:
        transport.abort()
    return None
