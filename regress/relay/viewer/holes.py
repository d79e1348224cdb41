#!/usr/bin/python3
"""Entries that somebody has deleted by force, and numbers that somebody has skipped: viewers are
told once and go on, those beside them hear nothing of it, and the table is not read again and again."""
import asyncio
import contextlib
import json
import time
import urllib.error
import urllib.request

import websockets

from support.audit.scene import Scene, wait_for_log
from support.base.case import run
from support.base.stack import DEADLINE_S, LONG_S, wait_for
from support.viewer.dial import dial
from support.viewer.viewer import Viewer

ENTRIES = 100
IN_MEMORY = 8000    # bytes of a match: some 20 entries
READS = 12          # of the table, and two for each heartbeat


class PastHoles(Viewer):
    """A fresh start may begin after a hole, later than the history that was asked for."""

    def start(self, joined):
        super().start(joined)
        self.last_head = joined["head"]
        self.is_fresh = not joined["recovered"]

    def take(self, text):
        message = json.loads(text)
        if self.is_fresh and "seq" in message and message["seq"] <= self.last_head + 1:
            self.skipped = message["seq"] - 1
        self.is_fresh = self.is_fresh and "seq" not in message
        return super().take(text)

    is_fresh = False


class Holes(Scene):
    relay_options = "--heartbeat", "1s", "--topic-bytes", str(IN_MEMORY), "--report-interval", "0"

    async def asyncSetUp(self):
        """So slowly that nobody falls behind, and no page is read that would be kept for a while."""
        await super().asyncSetUp()
        self.viewers = [self.viewer]
        while self.viewer.seq < ENTRIES:
            self.stack.insert_lines(self.match, min(10, ENTRIES - self.viewer.seq), pad=300)
            head = self.stack.head(self.match)
            await self.viewer.follow(lambda: head)
        self.assertEqual(self.viewer.connects, 1)

    async def asyncTearDown(self):
        for viewer in self.viewers:
            await viewer.close()

    def by_force(self, statement):
        """As a superuser who knows how, whatever guards the log."""
        self.stack.sql(f"ALTER TABLE commentary.entry DISABLE TRIGGER USER; {statement};"
                       " ALTER TABLE commentary.entry ENABLE TRIGGER USER")

    def delete(self, which):
        self.by_force(f"DELETE FROM commentary.entry WHERE match_id = {self.match} AND {which}")

    def forget(self):
        """The relay that comes next has nothing in memory."""
        self.stack.stop_relay()
        self.stack.start_relay(*self.relay_options)

    def reads(self):
        with urllib.request.urlopen(f"{self.stack.url}/metrics", timeout=LONG_S) as answer:
            return sum(int(line.split()[-1]) for line in answer.read().decode().split("\n")
                       if line.startswith("commentary_catchup_queries_total"))

    async def come(self, since=None):
        """A viewer, with all that it is sent until a second after it has what is newest."""
        viewer = PastHoles(self.stack, self.match)
        if since is not None:
            viewer.epoch, viewer.skipped = self.stack.sql("SELECT commentary.epoch()"), since
        self.viewers.append(viewer)
        await viewer.connect()
        await self.catch_up(viewer)
        return viewer

    async def catch_up(self, viewer):
        """To the head as it is now, which is asked for once."""
        head = self.stack.head(self.match)
        await viewer.follow(lambda: head)

    async def goes_on(self, *viewers, starts):
        """For two heartbeats nothing but heartbeats; then what is new comes to all, once.
        They have started afresh so often, no more and no less."""
        begun, before = time.monotonic(), self.reads()
        await asyncio.sleep(2)
        self.assertLessEqual(self.reads() - before, READS + 2 * (time.monotonic() - begun))
        self.post("after the hole")
        head = self.stack.head(self.match)
        for viewer in viewers:
            await asyncio.wait_for(viewer.follow(lambda: head), DEADLINE_S)
            self.assertEqual((viewer.gaps, viewer.doubles), (0, 0))
            self.assertIn(viewer.starts, starts)
            self.assertEqual(viewer.bodies, self.stack.bodies(self.match, viewer.skipped))
            self.assertEqual([m["type"] for m in viewer.messages if m["type"] in ("error", "stale")], [])

    async def test_where_it_is_makes_no_difference(self):
        """At the start, in the middle, at the edge of what is in memory, several, every other one."""
        for which in ("seq <= 10", "seq = 50", "seq BETWEEN 60 AND 70", "seq IN (20, 30, 40)", "seq % 2 = 0 AND seq < 80",
                      "seq BETWEEN 2 AND 60"):
            with self.subTest(which):
                await self.asyncTearDown()
                await self.asyncSetUp()
                self.delete(which)
                first, second = await self.come(), await self.come()
                await self.assert_lives_on()
                self.assertEqual((first.starts, second.starts), (2, 1))  # the first came upon it
                self.forget()
                third, fourth = await self.come(), await self.come()
                for viewer in first, second, self.viewer:
                    await viewer.connect()  # where it was, after all holes
                await self.goes_on(first, second, third, fourth, starts=[1, 2])
                self.assertEqual((first.starts, second.starts, fourth.starts), (2, 1, 1))
                await self.assert_lives_on()

    async def assert_lives_on(self):
        """Whoever had all of it when it was deleted hears nothing of it."""
        await self.catch_up(self.viewer)
        self.assertEqual((self.viewer.gaps, self.viewer.doubles, self.viewer.starts), (0, 0, 1))

    async def test_who_comes_upon_it_is_told_once(self):
        self.delete("seq BETWEEN 50 AND 55")
        viewer = await self.come(since=10)
        self.assertEqual([m["recovered"] for m in viewer.messages if m["type"] == "subscribed"], [True, False])
        self.assertEqual(viewer.skipped, 55)
        again = await self.come(since=52)   # the hole is known now
        await self.goes_on(viewer, again, starts=[1])
        await self.assert_lives_on()
        self.forget()       # one that has complained says no more for a while
        await self.come()
        wait_for_log(self.stack, "level=error", "entries are missing in the table", f"match={self.match} from=50 to=55")

    async def test_at_the_head_while_viewers_follow(self):
        """A number is skipped: those who hold all that is before it cannot go on without being told."""
        self.viewers.append(viewer := await self.come())
        self.by_force("INSERT INTO commentary.entry SELECT (jsonb_populate_record(e, jsonb_build_object('seq', 110)))"
                      f".* FROM commentary.entry e WHERE match_id = {self.match} AND seq = {ENTRIES}")
        self.stack.sql("SELECT commentary.worker_restart()")
        self.post("behind the hole")
        await self.catch_up(viewer)
        self.assertEqual(viewer.skipped, 109)
        await self.goes_on(viewer, starts=[2])

    async def test_a_seq_that_nobody_can_count_on_from(self):
        """Whoever comes to that match gets an answer, and the relay goes on."""
        ended = self.stack.relay_said().count("a worker ended")     # of the relays of other tests
        for seq in 2 ** 63 - 1, 10 ** 18, 2 ** 53:
            other = self.stack.create_match("live")
            self.stack.insert_lines(other, 3)
            self.by_force("INSERT INTO commentary.entry SELECT (jsonb_populate_record(e, jsonb_build_object('seq',"
                          f" {seq}::bigint))).* FROM commentary.entry e WHERE match_id = {other} AND seq = 2")
            self.stack.sql("SELECT commentary.worker_restart()")
            for path in f"/matches/{other}", f"/matches/{other}/commentary", f"/matches/{other}/commentary?since={seq - 1}":
                await asyncio.to_thread(self.document, path)
            with contextlib.suppress(websockets.ConnectionClosed):
                async with dial(f"{self.stack.ws_url}/ws", max_size=None) as socket:
                    for since in 0, 2, seq - 1, seq:
                        await socket.send(json.dumps({"type": "subscribe", "match": other, "since": {
                            "epoch": self.stack.sql("SELECT commentary.epoch()"), "seq": since}}))
                        while json.loads(await asyncio.wait_for(socket.recv(), DEADLINE_S))["type"] not in ("subscribed", "error"):
                            pass
                        await socket.send(json.dumps({"type": "unsubscribe", "match": other}))
            self.post(f"beside {seq}")
            await self.catch_up(self.viewer)
        await self.assert_lives_on()
        self.assertEqual(self.stack.relay_said().count("a worker ended"), ended)

    def document(self, path):
        with contextlib.suppress(urllib.error.HTTPError):
            with urllib.request.urlopen(f"{self.stack.url}{path}", timeout=LONG_S) as answer:
                json.load(answer)

    async def test_the_newest_are_deleted(self):
        """The table holds less than was sent; and then there are others with other numbers."""
        viewer = await self.come()
        self.delete("seq > 90")
        while viewer.starts < 2:
            await viewer.next()
        self.stack.sql("SELECT commentary.worker_restart()")
        await self.goes_on(viewer, starts=[2])

    async def test_a_hole_that_grows(self):
        viewers = []
        for seq in range(85, 35, -10):
            self.delete(f"seq BETWEEN {seq - 5} AND {seq}")
            viewers.append(await self.come(since=1))
        await self.goes_on(*viewers, starts=[0, 1])

    async def test_documents_have_all_that_there_is(self):
        self.delete("seq IN (3, 50, 51, 52)")
        seqs, since = [], 0
        while True:
            with urllib.request.urlopen(f"{self.stack.url}/matches/{self.match}/commentary?since={since}&limit=30",
                                        timeout=LONG_S) as answer:
                entries = json.load(answer)["entries"]
            if not entries:
                break
            seqs += [entry["seq"] for entry in entries]
            since = seqs[-1]
        self.assertEqual(seqs, [seq for seq in range(1, ENTRIES + 1) if seq not in (3, 50, 51, 52)])

    async def test_a_match_that_is_removed(self):
        """Its viewers are told, and whoever asks for it."""
        other = self.stack.create_match()
        viewer = await Viewer(self.stack, other).join()
        self.viewers.append(viewer)
        self.stack.sql(f"UPDATE commentary.match SET status = 'finished' WHERE match_id = {other}")
        self.stack.sql("SELECT commentary.flush()")
        self.stack.sql(f"SELECT commentary.purge({other})")
        self.assertEqual((await viewer.next("error"))["code"], "unknown_match")
        wait_for(lambda: self.stack.sql(f"SELECT count(*) FROM commentary.match WHERE match_id = {other}") == "0", "gone")
        await self.goes_on(self.viewer, starts=[1])

    async def test_a_lie_of_a_function(self):
        """An entry that is another one than its row says is left out, like one that is missing."""
        body = self.stack.sql("SELECT pg_get_functiondef('commentary.read(bigint, bigint, integer)'::regprocedure)")
        self.addCleanup(self.stack.sql, body)
        self.stack.sql("""CREATE OR REPLACE FUNCTION commentary.read(match_id bigint, after_seq bigint, max_rows integer DEFAULT 1000)
            RETURNS TABLE (seq bigint, body text) LANGUAGE sql STABLE AS $$
            SELECT e.seq, CASE e.seq WHEN 40 THEN '{"type":"commentary","match":1,"seq":41,"message":"a lie"}'
                WHEN 45 THEN 'no JSON' WHEN 46 THEN NULL ELSE format('{"type":"commentary","match":%s,"seq":%s,"x":1}', e.match_id, e.seq) END
            FROM commentary.entry e WHERE e.match_id = $1 AND e.seq > $2 ORDER BY e.seq LIMIT $3 $$""")
        self.forget()
        viewer = await self.come(since=30)
        self.assertNotIn("a lie", "".join(viewer.bodies))
        self.assertEqual((viewer.gaps, viewer.doubles), (0, 0))
        wait_for_log(self.stack, "level=error", "is not what its row says", "seq=40")


if __name__ == "__main__":
    run(Holes)
