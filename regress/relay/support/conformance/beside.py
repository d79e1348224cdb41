"""A viewer whose stream must be whole, and a client that must never wait for an answer, beside what others do."""
import asyncio
import threading
import time

from support.audit.writer import Writer
from support.base.stack import DEADLINE_S
from support.conformance import casefile, dialogue
from support.viewer.viewer import Viewer

STALL_S = 30    # no answer may take longer: it takes far below a second on a quiet machine, seconds on a busy one


class Beside(threading.Thread):
    """A viewer of a match that is written to, and a client that asks again and again."""

    def __init__(self, stack):
        super().__init__(daemon=True)
        self.stack, self.match = stack, stack.create_match("live")
        self.writer = Writer(stack.conninfo, self.match, pause_s=0.05)
        self.viewer = Viewer(stack, self.match)
        self.ending = threading.Event()
        self.longest_s = 0
        self.trouble = None
        self.start()

    def run(self):
        try:
            asyncio.run(self.watch())
        except Exception as error:  # whatever it is, the main thread has to report it
            self.trouble = f"{type(error).__name__}: {error}"

    async def watch(self):
        await self.viewer.join()
        asking = asyncio.create_task(self.ask())
        while not self.ending.is_set():
            await self.viewer.next()    # the writer goes on until this has seen the end
        asking.cancel()
        self.writer.stop()
        last = self.stack.head(self.match)
        while self.viewer.seq < last:
            await self.viewer.next()
        await self.viewer.close()

    async def ask(self):
        """Asks again and again, each time on a new connection, and notes how long the longest answer took."""
        case = casefile.ConformanceCase("http", 0, "beside", "an answer")
        case.steps = [("send", dialogue.SENTINEL), ("status", frozenset({"200"}), False),
                      ("end", frozenset({"closed"}))]
        while True:
            began = time.monotonic()
            wrong = await dialogue.play(case, "whole", ("127.0.0.1", self.stack.relay_port, self.stack.tls),
                                        0, {})
            self.trouble = self.trouble or wrong
            self.longest_s = max(self.longest_s, time.monotonic() - began)
            await asyncio.sleep(0.05)

    def end(self):
        """Ends it; returns what was wrong, or None."""
        self.ending.set()
        self.join(DEADLINE_S)
        if self.is_alive():
            return f"the viewer waits; it has {self.viewer.seq} entries"
        if self.trouble:
            return self.trouble
        viewer = self.viewer
        if (viewer.connects, viewer.starts, viewer.doubles, viewer.gaps) != (1, 1, 0, 0):
            return (f"{viewer.connects} connections, {viewer.starts} starts, {viewer.doubles} doubles,"
                    f" {viewer.gaps} gaps")
        if viewer.bodies != self.stack.bodies(self.match, viewer.skipped):
            return "what the viewer has is not what the table has"
        return f"waited {self.longest_s:.1f} s" if self.longest_s > STALL_S else None
