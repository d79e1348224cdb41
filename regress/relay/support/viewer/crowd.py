"""Many viewers of one match in one thread, who come, follow, and are lost, all at once.

They compare bytes instead of parsing messages, so that one thread keeps up with a relay.
"""
import bisect
import itertools
import json
import re
import selectors
import time

from support.viewer import handshake, raw

SEQ = re.compile(rb'^{"type":"[a-z_]+","match":\d+,"seq":(\d+),')


class Member:
    """One viewer: its place in the match, and what was wrong."""

    def __init__(self):
        self.epoch, self.seq = None, 0
        self.socket = None
        self.wrong = None

    def begin(self, port):
        self.socket = handshake.send(port)
        self.socket.setblocking(False)
        self.bytes, self.is_open, self.is_joined, self.is_recovered = bytearray(), False, False, None

    def end(self):
        raw.end_with_reset(self.socket)
        self.socket.close()

    def read(self, crowd):
        try:
            piece = self.socket.recv(1 << 20)
        except BlockingIOError:
            return
        if not piece:
            self.wrong = "closed"
        self.bytes += piece
        if not self.is_open and not self.open(crowd):
            return
        self.take_entries(crowd)
        while (payload := self.take()) is not None:
            self.hear(payload, crowd)
            self.take_entries(crowd)

    def take_entries(self, crowd):
        """Takes all whole entries that are what the table has, at once: many viewers get many entries."""
        if not self.is_joined or self.seq >= len(crowd.bodies):
            return
        start = crowd.starts[self.seq]
        length = min(len(self.bytes), len(crowd.frames) - start)
        if self.bytes[:length] == crowd.frames[start:start + length]:
            self.seq = bisect.bisect_right(crowd.starts, start + length) - 1
            del self.bytes[:crowd.starts[self.seq] - start]

    def open(self, crowd):
        head, end, rest = self.bytes.partition(b"\r\n\r\n")
        if not end:
            return False
        if not head.startswith(b"HTTP/1.1 101"):
            self.wrong = head
        self.bytes, self.is_open = bytearray(rest), True
        request = {"type": "subscribe", "match": crowd.match}
        if self.epoch:
            request["since"] = {"epoch": self.epoch, "seq": self.seq}
        self.socket.sendall(raw.text(json.dumps(request)))
        return True

    def take(self):
        """The payload of the next whole frame, or None."""
        got = raw.take_frame(self.bytes)
        if not got:
            return None
        _, payload, end = got
        del self.bytes[:end]
        return payload

    def hear(self, payload, crowd):
        entry = SEQ.match(payload)
        if entry:
            if int(entry[1]) != self.seq + 1:
                self.wrong = f"{int(entry[1])} after {self.seq}"
            elif self.seq < len(crowd.bodies) and payload != crowd.bodies[self.seq]:
                self.wrong = f"{payload} is not what the table has"
            self.seq += 1
            return
        message = json.loads(payload)
        if message["type"] == "subscribed":
            self.is_joined, self.epoch, self.is_recovered = True, message["epoch"], message["recovered"]
            if not message["recovered"]:
                self.seq = message["head"]
        elif message["type"] not in ("welcome", "stale", "live"):
            self.wrong = payload


class Crowd:
    def __init__(self, stack, match, count):
        self.stack, self.match = stack, match
        self.members = [Member() for _ in range(count)]
        self.bodies, self.frames, self.starts = [], b"", [0]  # of the entries, as the table has them

    def expect(self, bodies):
        """The entries of the match from the first on: what each viewer gets is compared with them."""
        self.bodies = [body.encode() for body in bodies]
        frames = [raw.frame(raw.FIN | raw.TEXT, body, mask=0) for body in self.bodies]
        self.frames, self.starts = b"".join(frames), [0, *itertools.accumulate(map(len, frames))]

    def come(self):
        """All connect, and resume where they were. Returns how long it took them to join."""
        began = time.monotonic()
        for member in self.members:
            member.begin(self.stack.relay_port)
        self.until(lambda member: member.is_joined)
        return time.monotonic() - began

    def follow(self, last):
        self.until(lambda member: member.seq >= last)

    def until(self, is_done, deadline_s=200):
        end = time.monotonic() + deadline_s
        waiting = [member for member in self.members if not is_done(member)]
        with selectors.EpollSelector() as selector:
            for member in waiting:
                selector.register(member.socket, selectors.EVENT_READ, member)
            left = len(waiting)
            while left:
                for key, _ in selector.select(1):
                    key.data.read(self)
                    if key.data.wrong:
                        raise AssertionError(f"a viewer: {key.data.wrong}")
                    if is_done(key.data):
                        selector.unregister(key.fileobj)
                        left -= 1
                if time.monotonic() > end:
                    raise AssertionError(f"{left} of {len(self.members)} viewers wait in vain")

    def drop(self):
        """Resets the connections of all."""
        for member in self.members:
            member.end()
