"""Viewers that a relay sends to another one: each comes back as soon as it is told `bye`, resumes,
and notes how long that took. Raw sockets in one loop, so that ten thousand fit into one program."""

import re
import select
import socket
import time

OPENING = 128  # connections in progress at once
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
TELLING = re.compile(rb'"subscribed","match":1,"epoch":"([0-9a-f]+)","head":(\d+)|"type":"(bye)"|"seq":(\d+)')
ENOUGH = 128  # bytes that are kept: nothing that is looked for is longer


def frame(text):
    """A masked one; the mask is nought."""
    length = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2, "big")
    return b"\x81" + length + b"\0\0\0\0" + text


class Mover:
    """One viewer, over all of its connections."""

    __slots__ = ("socket", "tail", "seq", "missed", "told_s", "away_s", "is_in", "is_told", "lost")

    def __init__(self):
        self.socket = None
        self.tail = b""
        self.seq = self.missed = self.lost = 0
        self.told_s = self.away_s = None
        self.is_in = self.is_told = False


class Movers:
    def __init__(self, port, count):
        self.port = port
        self.epoch = None
        self.poll = select.epoll()
        self.all = [Mover() for _ in range(count)]
        self.by_fd = {}
        self.refused = 0

    def connect(self, mover):
        """Through TCP, handshake and subscription in one go; the loop sees the answer."""
        mover.socket = socket.socket()
        mover.is_in = False
        mover.tail = b""
        since = b',"since":{"epoch":"%s","seq":%d}' % (self.epoch, mover.seq) if self.epoch else b""
        try:
            mover.socket.connect(("127.0.0.1", self.port))
            mover.socket.sendall(HANDSHAKE + frame(b'{"type":"subscribe","match":1%s}' % since))
        except OSError:
            self.refused += 1
        mover.socket.setblocking(False)
        self.by_fd[mover.socket.fileno()] = mover
        self.poll.register(mover.socket, select.EPOLLIN)

    def leave(self, mover):
        self.poll.unregister(mover.socket)
        del self.by_fd[mover.socket.fileno()]
        mover.socket.close()

    def join(self, deadline_s):
        """All connect. False: not all in time."""
        end_s, waiting = time.monotonic() + deadline_s, list(self.all)
        while time.monotonic() < end_s and not all(mover.is_in for mover in self.all):
            while waiting and len(self.by_fd) - self.count_in() < OPENING:
                self.connect(waiting.pop())
            self.turn(0.05)
        return self.count_in() == len(self.all)

    def count_in(self):
        return sum(mover.is_in for mover in self.all)

    def turn(self, patience_s):
        for fd, _ in self.poll.poll(patience_s):
            self.hear(self.by_fd[fd])

    def hear(self, mover):
        try:
            heard = mover.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            heard = b""
        if not heard:
            self.come_back(mover)
            return
        text = mover.tail + heard
        end = 0
        for found in TELLING.finditer(text):
            end = found.end()
            self.take(mover, *found.groups())
        mover.tail = text[max(end, len(text) - ENOUGH) :]
        if mover.is_told:
            self.come_back(mover)

    def take(self, mover, epoch, head, bye, seq):
        if seq:
            mover.missed += max(int(seq) - mover.seq - 1, 0)
            mover.seq = max(mover.seq, int(seq))
        elif bye:
            mover.told_s = time.monotonic()
            mover.is_told = True
        else:
            self.epoch = epoch
            mover.is_in = True
            mover.seq = mover.seq or int(head)
            if mover.told_s:
                mover.away_s = time.monotonic() - mover.told_s

    def come_back(self, mover):
        """A connection that ends without a bye is lost, which would be noticed."""
        mover.lost += not mover.is_told
        mover.told_s = mover.told_s or time.monotonic()
        mover.is_told = False
        self.leave(mover)
        self.connect(mover)

    def close(self):
        for mover in self.all:
            if mover.socket:
                mover.socket.close()
        self.poll.close()
