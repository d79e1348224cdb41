"""Attacks on the relay's port: invalid packets, clients that do not read, and requests without end."""
import contextlib
import json
import socket
import time

from support.attack.attack import Attack
from support.conformance.violations import FRAMES, HANDSHAKES
from support.viewer.raw import FIN, TEXT, Raw, frame, handshake, text

PIPELINED = (
    b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\nGET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
    b"GET /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" * 3,
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /livez HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\nabcde",
    b"GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    b"GET /matches HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n\r\n",
    b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", b"GET http://x/livez HTTP/1.1\r\nHost: x\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /livez HTTP/1.0\r\n\r\n", b"\r\n\r\n\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", b"GET /livez HTTP/1.1\nHost: x\n\n",
    b"GET /livez HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", b"GET /livez HTTP/1.1\r\n folded: x\r\nHost: x\r\n\r\n",
    b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n",
    handshake(more=b"Content-Length: 5\r\n") + b"hello", handshake() * 3, handshake() + b"GET / HTTP/1.1\r\n\r\n")
READERS = 40            # connections that ask and do not read
SLOW = 60               # connections that send a byte now and then
RECEIVE_BYTES = 4096    # the buffer of the kernel for a client that does not read
ANSWERED_S = 30         # a valid request has its answer within this time, whatever others do


def connect(port, receive_bytes=None):
    own = socket.socket()
    if receive_bytes:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    own.settimeout(60)
    own.connect(("127.0.0.1", port))
    return own


class NetworkAttack(Attack):
    """Each round meets one of the two relays. A relay that is being restarted refuses, and the round is skipped."""

    def once(self):
        with contextlib.suppress(OSError):
            self.at(self.chance.choice((self.stack, self.steady)))

    def at(self, stack):
        raise NotImplementedError


class Packets(NetworkAttack):
    """Requests, handshakes and frames that are forbidden, and noise; whole, in two pieces, or byte by byte."""

    pause_s = 0.05

    def at(self, stack):
        kind = self.chance.randrange(4)
        client = Raw(stack)
        client.socket.settimeout(5)
        if kind == 0:
            self.send(client, self.chance.choice(PIPELINED))
        elif kind == 1:
            self.send(client, self.chance.choice(HANDSHAKES)[2])
        elif kind == 2:
            self.send(client, handshake() + self.chance.choice(FRAMES)[2])
        else:
            self.send(client, self.noise())
        if self.chance.random() < 0.5:
            with contextlib.suppress(TimeoutError):
                client.more()
        if self.chance.random() < 0.3:
            client.reset()
        client.close()

    def noise(self):
        """A valid handshake with frames, of which some bytes are replaced."""
        data = bytearray(handshake() + frame(FIN | TEXT, b'{"type":"ping"}') * 3)
        for _ in range(self.chance.randint(1, 8)):
            data[self.chance.randrange(len(data))] = self.chance.randrange(256)
        return bytes(data)

    def send(self, client, data):
        way = self.chance.randrange(3)
        cut = self.chance.randrange(len(data)) if way == 1 else len(data)
        if way == 2 and len(data) < 2000:
            all(client.send(data[n:n + 1]) for n in range(len(data)))
            return
        client.send(data[:cut])
        client.send(data[cut:])


class Slowloris(NetworkAttack):
    """Connections that send a byte now and then, or nothing. New ones replace those that the relay has closed."""

    pause_s = 0.1

    def prepare(self):
        self.clients = []

    def at(self, stack):
        while len(self.clients) < SLOW:
            self.clients.append((connect(stack.relay_port), self.chance.choice(
                (b"GET / HTTP/1.1\r\nHost: ", handshake()[:-2] + b"X: ", b"", handshake(), handshake() + b"\x81"))))
        for own, begin in self.chance.sample(self.clients, 10):
            try:
                own.send(begin or b"G")
            except OSError:
                own.close()
                self.clients.remove((own, begin))

    def finish(self):
        for own, _ in self.clients:
            own.close()


class Readers(NetworkAttack):
    """They ask for much and do not read it: documents, streams, history."""

    def prepare(self):
        self.clients = []

    def at(self, stack):
        match = self.chance.randint(1, 4)
        ask = self.chance.choice((
            f"GET /matches/{match}/commentary?since=0&limit=500 HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 4,
            f"GET /matches/{match}/events?history=500 HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
            handshake() + text(json.dumps({"type": "subscribe", "match": match, "history": 500})),
            handshake() + text('{"type":"ping"}') * 100))
        own = connect(stack.relay_port, RECEIVE_BYTES)
        self.clients.append(own)
        own.sendall(ask)
        while len(self.clients) > READERS:
            self.clients.pop(self.chance.randrange(len(self.clients))).close()

    def finish(self):
        for own in self.clients:
            own.close()


class Unknown(NetworkAttack):
    """Asks for matches that do not exist, over HTTP and over WebSockets, as fast as it can."""

    pause_s = 0.02

    def at(self, stack):
        ids = [self.chance.randrange(10 ** 9, 2 ** 53) for _ in range(50)]
        if self.chance.random() < 0.5:
            self.ask(stack, ids)
        else:
            self.subscribe(stack, ids)

    def ask(self, stack, ids):
        client = Raw(stack)
        for number in ids:
            client.send(f"GET /matches/{number} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            status = client.status()
            if status is None:
                break
            self.expect(status in (404, 429, 503), f"/matches/{number} is answered with {status}")
        client.close()

    def subscribe(self, stack, ids):
        client = Raw(stack)
        client.send(handshake())
        status = client.status()
        self.expect(status == 101 or stack is not self.steady, f"a good handshake is answered with {status}")
        for number in ids if status == 101 else ():
            client.send(text(json.dumps({"type": "subscribe", "match": number})))
        client.send(text('{"type":"ping"}'))
        while (got := client.frame()) and b'"pong"' not in got[1]:
            self.expect(b'"subscribed"' not in got[1], f"a match that does not exist: {got}")
        client.close()


class Honest(NetworkAttack):
    """No attack: a valid request meanwhile is answered in time."""

    def once(self):
        self.at(self.steady)

    def at(self, stack):
        began = time.monotonic()
        client = Raw(stack)
        client.socket.settimeout(ANSWERED_S)
        client.send(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        status = client.status()
        client.close()
        took_s = time.monotonic() - began
        self.expect(status == 200, f"/livez answers {status}")
        self.expect(took_s < ANSWERED_S, f"/livez took {took_s:.1f} s")
