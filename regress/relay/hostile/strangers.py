#!/usr/bin/python3
"""
Strangers who have heard of HTTP and WebSocket: the cases of conformance/, cut, doubled, mixed and
spoilt at random. Each must be answered or closed; the loop may not stop, and the viewer beside
may not notice.

COMMENTARY_FAULTS_SEED=N (make check FAULTS_SEED=N): the strangers of an earlier run.
"""
import asyncio
import os
import random
import re

from support.base.case import Case, run
from support.base.certificates import Certificate
from support.base.process import descriptors, is_deep
from support.base.stack import wait_for
from support.conformance import casefile
from support.conformance.beside import Beside
from support.conformance.dialogue import Answer, Wire, Wrong, cut

FOLDER = f"{os.path.dirname(os.path.abspath(__file__))}/../support/conformance"
STRANGERS = 20000 if is_deep() else 1500
AT_ONCE = 60
BYTES_MAX = 16384
WRONGS_MAX = 5      # then it is enough
SILENCE_S = 0.5     # how long some say nothing before they go
SEED = os.environ.get("COMMENTARY_FAULTS_SEED") or str(random.randrange(1 << 31))
SPOILERS = (b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b"\r\n\r\n", b"%", b"\xff", b"HTTP/1.1", b"GET ", b"HEAD ",
            b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n", b"Host: y\r\n",
            b"Upgrade: websocket\r\n", b"Connection: upgrade\r\n", b"Expect: 100-continue\r\n", b"0\r\n\r\n",
            b"\x81\x80", b"\x88\x80\0\0\0\0", b"\x89\xfe\x00\x7e", b"\x81\xff\x80\0\0\0\0\0\0\0", b"\x00\x80\0\0\0\0")


def talks(variables):
    """What each case sends, in one piece."""
    found = []
    for name in ("http", "websocket"):
        for case in casefile.read(f"{FOLDER}/{name}.txt", SEED):
            data = b"".join(step[1] for step in case.steps if step[0] == "send")
            if name == "http":
                data = re.sub(rb"\$([a-z]+)", lambda word: variables.get(word[1], b"x"), data)
            found.append(data[:BYTES_MAX])
    return found


def spoil(data, dice):
    """One small accident."""
    at = dice.randrange(len(data) + 1)
    way = dice.randrange(5)
    if way == 0:
        return data[:at] + dice.choice(SPOILERS) + data[at:]
    if way == 1:
        return data[:at] + data[at + dice.randrange(1, 8):]
    if way == 2:
        return data[:at] + bytes([dice.randrange(256)]) + data[at + 1:]
    if way == 3:
        return data[:at]
    end = min(len(data), at + dice.randrange(1, 60))
    return data[:end] + data[at:end] + data[end:]


def talk_of(stranger, known):
    """What this one says: one to four of the talks, most of them spoilt."""
    dice = random.Random(f"{SEED} {stranger}")
    data = b"".join(dice.choice(known) for _ in range(dice.choice((1, 1, 2, 2, 3, 4))))
    for _ in range(dice.choice((0, 1, 1, 2, 3, 8))):
        data = spoil(data, dice)
    return cut(data[:BYTES_MAX], dice.choice(("whole", "whole", "halves", "bytes")), dice)


def judge(sent):
    """Whether what the relay sent is a row of answers, perhaps an upgrade, and nothing else."""
    while sent:
        head, end, rest = sent.partition(b"\r\n\r\n")
        if not end:
            raise Wrong(f"half an answer: {head[:200]!r}")
        answer = Answer(head)
        answer.judge()
        if answer.status == 101 or "text/event-stream" in answer.fields.get("content-type", ""):
            return
        length = int(answer.fields.get("content-length", 0))
        # after HEAD there is no body, whatever its length
        sent = rest if rest.startswith(b"HTTP/1.1 ") or not rest else rest[length:]


class Strangers(Case):
    relay_options = ()

    def setUp(self):
        self.before = self.stack.idle_descriptors()
        self.known = talks({b"match": str(self.stack.create_match()).encode()})

    async def meet(self, stranger):
        """It says all that it has to say, then FIN; over TLS it goes. Returns what was wrong."""
        loop = asyncio.get_running_loop()
        transport, wire = await loop.create_connection(Wire, "127.0.0.1", self.stack.relay_port, ssl=self.stack.tls)
        try:
            for piece in talk_of(stranger, self.known):
                if wire.is_at_end:
                    break
                transport.write(piece)
                await asyncio.sleep(0)
            if stranger % 5 == 0:   # a FIN would end what went wrong before it
                await asyncio.sleep(SILENCE_S)
            if not self.stack.tls and not wire.is_at_end:
                transport.write_eof()
            while not self.stack.tls and not wire.is_at_end and b"text/event-stream" not in wire.rest:
                await wire.more("the end")
            judge(bytes(wire.rest))
        except Wrong as wrong:
            return f"stranger {stranger}: {wrong}"
        except OSError:
            pass    # it was closed while it still spoke
        finally:
            transport.abort()
        return None

    async def meet_all(self):
        """What was wrong. A relay that has stopped is not asked a thousand times more."""
        room, wrongs = asyncio.Semaphore(AT_ONCE), []

        async def one(stranger):
            async with room:
                wrong = await self.meet(stranger) if len(wrongs) < WRONGS_MAX else None
            if wrong:
                wrongs.append(wrong)

        await asyncio.gather(*(one(stranger) for stranger in range(STRANGERS)))
        return wrongs

    async def test_each_is_answered_or_closed(self):
        beside = Beside(self.stack)
        wrongs = await self.meet_all()
        self.assertIsNone(await asyncio.to_thread(beside.end))
        self.assertEqual(wrongs, [], f"FAULTS_SEED={SEED}")
        wait_for(lambda: descriptors(self.stack.relay_pid) <= self.before, "no descriptor is left behind")


class OverTls(Strangers):
    relay_options = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        certificate = Certificate(cls.stack.dir, "strangers")
        cls.stack.tls = certificate.client()
        cls.stack.start_relay(*certificate.options)


if __name__ == "__main__":
    run(Strangers, OverTls)
