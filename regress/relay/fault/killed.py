#!/usr/bin/python3
"""The relay is killed under load and started again: every viewer has each entry once, in order."""
import asyncio
import random
import signal
import threading
import time

import psycopg2

from support.base.case import Case, run
from support.base.process import allow_descriptors, is_deep
from support.base.stack import LONG_S
from support.viewer.audience import until
from support.viewer.viewer import Viewer

VIEWERS = 60 if is_deep() else 30
MATCHES = 5
WRITERS = 2
KILLS = 10 if is_deep() else 3


class Killed(Case):
    relay_options = ()

    def write(self, stop, failures):
        """One writer, in single transactions, until it is told to stop."""
        try:
            connection = psycopg2.connect(self.stack.conninfo)
            connection.autocommit = True
            cursor = connection.cursor()
            while not stop.is_set():
                match = random.choice(self.matches)
                cursor.execute("INSERT INTO commentary.feed (match_id, message) VALUES (%s, 'entry')", (match,))
                time.sleep(0.02)  # a pace, not a wait
            connection.close()
        except psycopg2.Error as error:
            failures.append(error)

    async def kill_and_start(self, viewers):
        """Returns how long it takes until all are back and have news."""
        connects = [viewer.connects for viewer in viewers]
        self.assertEqual(self.stack.stop_relay(signal.SIGKILL), -signal.SIGKILL)
        await asyncio.to_thread(self.stack.start_relay)
        began = time.monotonic()
        await until(lambda: all(viewer.connects > before for viewer, before in zip(viewers, connects)),
                    "all are back")
        seen = [len(viewer.bodies) for viewer in viewers]
        await until(lambda: all(len(viewer.bodies) > before for viewer, before in zip(viewers, seen)),
                    "all have news")
        return time.monotonic() - began

    async def test_a_killed_relay_is_resumed_from(self):
        self.matches = self.stack.create_matches(MATCHES)
        viewers = [Viewer(self.stack, self.matches[n % MATCHES]) for n in range(VIEWERS)]
        stop, failures, heads = threading.Event(), [], {}
        follows = [asyncio.create_task(viewer.follow(lambda m=viewer.match: heads.get(m, 1 << 60)))
                   for viewer in viewers]
        writers = [threading.Thread(target=self.write, args=(stop, failures), daemon=True) for _ in range(WRITERS)]
        for writer in writers:
            writer.start()
        await until(lambda: all(viewer.bodies for viewer in viewers), "all have joined")
        back_s = [await self.kill_and_start(viewers) for _ in range(KILLS)]
        print(f"# {KILLS} kills: all of {VIEWERS} viewers have news {max(back_s):.1f} s after the start at most")
        stop.set()
        for writer in writers:
            await asyncio.to_thread(writer.join)
        self.assertEqual(failures, [])
        tables = {match: self.stack.bodies(match) for match in self.matches}
        heads.update((match, len(table)) for match, table in tables.items())
        await asyncio.wait_for(asyncio.gather(*follows), LONG_S)
        for viewer in viewers:
            self.assertEqual(viewer.bodies, tables[viewer.match])
            self.assertEqual((viewer.gaps, viewer.doubles), (0, 0))
            self.assertGreater(viewer.connects, KILLS)
            await viewer.close()


if __name__ == "__main__":
    allow_descriptors()
    run(Killed)
