"""A long wire between two network devices: long_wire.py ONE OTHER DELAY_MS JITTER_MS LOSS

What comes in at one goes out at the other, later and in the same order; some of it is lost. That is
what `tc netem` does, which not every kernel has. The program ends when its stdin is closed.
"""
import collections
import ctypes
import random
import select
import socket
import sys
import time

SOL_PACKET, PACKET_VNET_HDR = 263, 15
ETH_P_ALL = 3
LARGEST = 10 + 14 + 65536       # a header of segments, one of Ethernet, and as many segments as are sent at once
KEPT = 20000                    # frames that are on their way; more are lost


def open_device(name):
    """Each frame has a header of the kernel before it, which says what is to be done later: checksums, segments."""
    device = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    device.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    device.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    device.bind((name, ETH_P_ALL))
    device.setblocking(False)
    return device


class Way:
    """From one device to another."""

    def __init__(self, source, sink, delay_s, jitter_s, loss):
        self.source, self.sink, self.delay_s, self.jitter_s, self.loss = source, sink, delay_s, jitter_s, loss
        self.frames = collections.deque()   # (when it is due, frame)
        self.last = 0.0

    def take(self):
        """All that has come in."""
        while True:
            try:
                frame, where = self.source.recvfrom(LARGEST)
            except BlockingIOError:
                return
            if where[2] == socket.PACKET_OUTGOING or len(self.frames) >= KEPT or random.random() < self.loss:
                continue
            self.last = max(self.last, time.monotonic() + self.delay_s + random.random() * self.jitter_s)
            self.frames.append((self.last, frame))

    def give(self):
        """All that is due."""
        now = time.monotonic()
        while self.frames and self.frames[0][0] <= now:
            try:
                self.sink.send(self.frames.popleft()[1])
            except OSError:
                pass    # lost: the device is down, or full

    def due(self):
        return self.frames[0][0] if self.frames else float("inf")


def main(one, other, delay_ms, jitter_ms, loss):
    ctypes.CDLL(None).prctl(1, 9)   # PR_SET_PDEATHSIG: it also ends when the process that started it is killed
    first, second = open_device(one), open_device(other)
    how = float(delay_ms) / 1000, float(jitter_ms) / 1000, float(loss)
    ways = {first: Way(first, second, *how), second: Way(second, first, *how)}
    while True:
        left_s = min(way.due() for way in ways.values()) - time.monotonic()
        ready = select.select([first, second, sys.stdin], [], [], min(max(left_s, 0), 10))[0]
        if sys.stdin in ready:
            return
        for device in ready:
            ways[device].take()
        for way in ways.values():
            way.give()


if __name__ == "__main__":
    main(*sys.argv[1:])
