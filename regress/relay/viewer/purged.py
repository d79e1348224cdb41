#!/usr/bin/python3
"""The lobby's old entries are purged: a viewer that resumes from before them starts afresh at once,
one that is past them resumes, and nothing is logged as an error."""
import asyncio
import json
import urllib.request

from support.audit.scene import SOON_S
from support.base.case import Case, run
from support.base.stack import LONG_S, wait_for
from support.viewer.viewer import Viewer

MATCHES = 1200      # more than a relay loads at once
IN_MEMORY = 8000    # bytes of the lobby: some 20 entries


class Purged(Case):
    relay_options = "--heartbeat", "1s", "--topic-bytes", str(IN_MEMORY), "--report-interval", "0"

    def setUp(self):
        self.stack.create_matches(MATCHES)
        self.stack.sql("SELECT commentary.flush()")
        self.viewers = []

    async def asyncTearDown(self):
        for viewer in self.viewers:
            await viewer.close()

    def purge(self, keep):
        """Purges all but so many of the newest entries; returns the first that is left."""
        self.stack.sql("SET commentary.allow_log_changes = on; UPDATE commentary.entry SET flushed_at = now() - interval '1 year'"
                       f" WHERE match_id = 0 AND seq <= (SELECT max(seq) FROM commentary.entry WHERE match_id = 0) - {keep};"
                       " SELECT commentary.purge_lobby(now() - interval '1 month')")
        wait_for(lambda: self.stack.sql("SELECT count(*) FROM commentary.purging") == "0", "the flusher removes them")
        return int(self.stack.sql("SELECT min(seq) FROM commentary.entry WHERE match_id = 0"))

    async def come(self, since):
        """Whether it has resumed, and all that it is sent until it has the newest entry."""
        viewer = Viewer(self.stack, "lobby")
        self.viewers.append(viewer)
        viewer.epoch, viewer.skipped = self.stack.sql("SELECT commentary.epoch()"), since
        await viewer.connect()
        await viewer.next("subscribed")
        if viewer.starts:
            viewer.skipped = max(viewer.skipped, self.first - 1)
        head = self.stack.head(0)
        await viewer.follow(lambda: head)
        joined = [message["recovered"] for message in viewer.messages if message["type"] == "subscribed"]
        self.assertEqual((viewer.gaps, viewer.doubles, len(joined)), (0, 0, 1))
        self.assertEqual(viewer.bodies, self.stack.bodies(0, viewer.skipped))
        return joined[0]

    def event(self, since):
        """The first event of a stream that goes on there."""
        epoch = self.stack.sql("SELECT commentary.epoch()")
        request = urllib.request.Request(f"{self.stack.url}/matches/events",
                                         headers={"Last-Event-ID": f"{epoch}:{since}"})
        with urllib.request.urlopen(request, timeout=LONG_S) as answer:
            for line in answer:
                if line.startswith(b"data:") and b'"subscribed"' in line:
                    return json.loads(line[5:])["recovered"]
        return None

    async def resumes_where_it_can(self):
        self.assertFalse(await self.come(5))
        self.assertFalse(await self.come(self.first - 2))
        self.assertTrue(await self.come(self.first - 1))
        self.assertTrue(await self.come(self.first + 50))

    async def test_a_relay_that_runs_and_one_that_comes(self):
        self.first = 1
        follower = Viewer(self.stack, "lobby")
        self.viewers.append(follower)
        await follower.join()
        self.assertTrue(await self.come(5))
        self.first = await asyncio.to_thread(self.purge, MATCHES - 100)
        await asyncio.to_thread(wait_for, lambda: self.event(5) is False, "the relay has heard of it", SOON_S)
        await self.resumes_where_it_can()
        for keep in MATCHES - 200, 300:     # more than it loads, and less
            self.first = await asyncio.to_thread(self.purge, keep)
            self.stack.stop_relay()
            self.stack.start_relay(*self.relay_options)
            await self.resumes_where_it_can()
            self.assertFalse(self.event(5))
            self.assertTrue(self.event(self.first))
        self.assertNotIn("level=error", self.stack.relay_said())


if __name__ == "__main__":
    run(Purged)
