#!/usr/bin/python3
"""A flusher that announces nothing, because a stuck listener has filled the notification queue: what
is asked for over HTTP is no older than two heartbeats, and viewers get all of it."""
import json
import time
import urllib.error
import urllib.request

import psycopg2

from support.audit.scene import Scene
from support.base.case import run
from support.base.stack import LONG_S, wait_for

HEARTBEAT_S = 1
FRESH_S = 30    # some 2 heartbeats on a quiet machine; without them an hour would not do


class Mute(Scene):
    settings = "commentary.notify_queue_limit = 0\n"
    relay_options = "--heartbeat", f"{HEARTBEAT_S}s"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        stuck = psycopg2.connect(cls.stack.conninfo)
        cls.addClassCleanup(stuck.close)
        stuck.cursor().execute("LISTEN commentary")
        stuck.commit()
        stuck.cursor().execute("SELECT 1")  # it stays in this transaction
        match = cls.stack.create_match()

        def is_mute():
            cls.stack.insert_lines(match, 1, pad=6000)
            return int(cls.stack.sql("SELECT unannounced FROM commentary.stat_flush")) > 0

        wait_for(is_mute, "the flusher goes on without NOTIFY")
        cls.announced = cls.notifications()

    @classmethod
    def notifications(cls):
        return cls.stack.sql("SELECT notifications FROM commentary.stat_flush")

    def ask(self, path, etag=None):
        """Status, ETag and document."""
        request = urllib.request.Request(self.stack.url + path, headers={"If-None-Match": etag} if etag else {})
        try:
            with urllib.request.urlopen(request, timeout=LONG_S) as answer:
                return answer.status, answer.headers["ETag"], json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers["ETag"], None

    def assert_is_mute(self):
        self.assertEqual(self.notifications(), self.announced)

    async def test_nothing_is_old_that_nobody_follows(self):
        match = self.stack.create_match()
        for path in (f"/matches/{match}", f"/matches/{match}/commentary", "/matches",
                     f"/matches/{match}/commentary?since=0&limit=500"):
            with self.subTest(path):
                _, etag, before = self.ask(path)
                self.stack.sql(f"UPDATE commentary.match SET home_score = coalesce(home_score, 0) + 1 WHERE match_id = {match}")
                self.stack.sql("SELECT commentary.flush()")
                written = time.monotonic()
                wait_for(lambda: self.ask(path, etag)[0] == 200, "the answer is another one")
                self.assertLess(time.monotonic() - written, FRESH_S)
                _, newer, after = self.ask(path)
                self.assertNotEqual(newer, etag)
                self.assertGreater(after["head"], before["head"])
                self.assertEqual(self.ask(path, newer)[0], 304)
        self.assert_is_mute()

    async def test_it_is_asked_for_often_and_read_seldom(self):
        """Within two heartbeats it is answered from memory."""
        match = self.stack.create_match()
        self.ask(f"/matches/{match}")

        def checks():
            with urllib.request.urlopen(f"{self.stack.url}/metrics", timeout=LONG_S) as answer:
                return sum(int(line.split()[-1]) for line in answer.read().decode().split("\n")
                           if line.startswith('commentary_catchup_queries_total{kind="check"}'))

        begun, before = time.monotonic(), checks()
        while time.monotonic() < begun + 3:
            self.assertEqual(self.ask(f"/matches/{match}")[0], 200)
        self.assertLessEqual(checks() - before, 2 + 2 * (time.monotonic() - begun) / HEARTBEAT_S)

    async def test_a_match_that_is_new(self):
        unknown = int(self.stack.sql("SELECT coalesce(max(match_id), 0) + 1 FROM commentary.match"))
        self.assertEqual(self.ask(f"/matches/{unknown}")[0], 404)
        self.assertEqual(self.stack.create_match(), unknown)
        made = time.monotonic()
        wait_for(lambda: self.ask(f"/matches/{unknown}")[0] == 200, "it is known")
        self.assertLess(time.monotonic() - made, FRESH_S)

    async def test_viewers_get_all_of_it(self):
        for n in range(3):
            self.post(f"line {n}")
            await self.until(f"line {n}")
        await self.compare()
        self.assert_is_mute()


if __name__ == "__main__":
    run(Mute)
