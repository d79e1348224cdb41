#!/usr/bin/python3
"""The clock of the machine jumps by a day, forth and back: nothing stalls, and the order stays."""
import asyncio
import glob
import os
import sys
import tempfile
import time

from support.base.case import Case, run
from support.base.process import is_deep, is_sanitized
from support.viewer.viewer import Viewer

LIBRARY = "".join(glob.glob("/usr/lib/*/faketime/libfaketime.so.1")[:1])
if not LIBRARY or is_sanitized():
    print("1..0 # SKIP", "a sanitizer must be loaded before all else" if LIBRARY else "faketime is not installed")
    sys.exit()

JUMPS = ("+86400", "-86400", "+0", "+86400", "+0") * (10 if is_deep() else 1)
STALL_S = 60  # under a second on a quiet machine; what waits for a clock waits for a day
PING_MS = 1000


class Clock(Case):
    settings = "log_line_prefix = '%m '\n"
    relay_options = ("--ping-interval", f"{PING_MS}ms", "--heartbeat", "2s")    # silent for 4 s: a busy machine is not

    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.dir.cleanup)
        cls.jump("+0")
        cls.environment = {
            "LD_PRELOAD": LIBRARY, "FAKETIME_TIMESTAMP_FILE": f"{cls.dir.name}/clock", "FAKETIME_NO_CACHE": "1",
            # as when somebody sets the clock: what counts from the start of the machine goes on
            "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        super().setUpClass()

    @classmethod
    def jump(cls, offset):
        """For PostgreSQL and the relay; seconds from the true time."""
        with open(f"{cls.dir.name}/new", "w", encoding="ascii") as file:
            file.write(offset + "\n")
        os.replace(f"{cls.dir.name}/new", f"{cls.dir.name}/clock")

    def day(self):
        """How far PostgreSQL's clock is from ours, in days."""
        return round((float(self.stack.sql("SELECT extract(epoch FROM clock_timestamp())")) - time.time()) / 86400)

    async def test_jumps_of_a_day_stall_nothing(self):
        match = self.stack.create_match()
        viewer = await Viewer(self.stack, match).join()
        await viewer.next("match")
        longest_s = 0
        for number, offset in enumerate(JUMPS):
            self.jump(offset)
            self.assertEqual(await asyncio.to_thread(self.day), int(offset) / 86400, "the clock did not jump")
            for n in range(5):
                began = time.monotonic()
                await asyncio.to_thread(     # pings are answered meanwhile
                    self.stack.sql, f"INSERT INTO commentary.feed (match_id, message) VALUES ({match}, '{number}.{n}')")
                self.assertEqual((await viewer.next("commentary"))["message"], f"{number}.{n}")
                longest_s = max(longest_s, time.monotonic() - began)
            await asyncio.sleep(3 * PING_MS / 1000)  # some pings and heartbeats, which must not all come at once
        print(f"# the longest from insert to viewer: {longest_s:.3f} s")
        self.assertLess(longest_s, STALL_S)
        self.assertEqual([m["type"] for m in viewer.messages], ["welcome", "subscribed"])
        self.assertEqual((viewer.gaps, viewer.doubles, viewer.connects), (0, 0, 1))
        self.assertEqual(viewer.bodies, self.stack.bodies(match))
        await viewer.close()


if __name__ == "__main__":
    run(Clock)
