#!/usr/bin/python3
"""A relay follows a hot standby, where nobody can LISTEN, and one that follows that standby: viewers get
every entry, once and in order; a standby that lags, cancels queries or is promoted costs them nothing."""
import asyncio
import json
import time
import urllib.error
import urllib.request

from support.audit.delay import is_soon
from support.audit.scene import Scene, wait_for_log
from support.base.case import run
from support.base.port import free_port
from support.base.stack import DEADLINE_S, Stack, wait_for
from support.server.edge import Edge
from support.server.standby import Standby
from support.viewer.viewer import Viewer


NEVER = 10 ** 12  # no match has this number
DOCUMENT_S = 5    # how long a document waits for its match
AHEAD_S = 2       # and for a place in it


def get(stack, path):
    """The status, and the document."""
    try:
        with urllib.request.urlopen(f"{stack.url}{path}", timeout=DEADLINE_S) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.status, json.load(error)


def listed(stack):
    """The newest matches, also of those that are not on the scoreboard."""
    status, document = get(stack, "/matches?limit=5")
    assert status == 200, document
    return [state["match"] for state in document["matches"]]


def joined_by_events(stream):
    """What a stream of events is told when it has joined, and what it was told before."""
    told = []
    for line in stream:
        if line.startswith(b"event: "):
            told.append(line.split()[1].decode())
        if told and told[-1] == "subscribed" and line.startswith(b"data: "):
            return told, json.loads(line[6:])
    raise AssertionError(f"the stream ends after {told}")


class Follower(Scene):
    """The relay is the standby's; writers and the match are the primary's."""
    cascade = False
    options = ("--log-level", "debug")

    @classmethod
    def setUpClass(cls):
        cls.primary = Stack()
        cls.addClassCleanup(cls.primary.close)
        cls.standby = cls.follow(cls.primary)
        cls.stack = cls.primary

    @classmethod
    def follow(cls, upstream):
        standby = Standby(upstream)
        standby.relay_port = free_port()
        standby.tls, standby.may_lose_workers = None, False
        cls.addClassCleanup(standby.close)
        return standby

    async def asyncSetUp(self):
        self.relay = self.standby
        self.match = self.primary.create_match()
        self.primary.sql("SELECT commentary.flush()")
        self.standby.catch_up()
        if self.relay.relay is None:
            self.relay.start_relay(*self.options)
        self.viewer = await Viewer(self.relay, self.match).join()
        self.writers = []

    def write(self, **how):
        self.stack = self.primary
        return super().write(**how)


class OfAStandby(Follower):
    options = (*Follower.options, "--edges", "127.0.0.1")

    async def test_every_entry_once(self):
        self.assertIn("source=poll", self.relay.relay_said())
        self.write()
        await self.viewer.follow(lambda: 200)
        late = await Viewer(self.relay, self.match).join()
        await late.follow(lambda: 250)
        await self.compare_written()
        head = self.primary.head(self.match)
        await late.follow(lambda: head)
        self.assertEqual((self.viewer.starts, self.viewer.connects, late.gaps, late.doubles), (1, 1, 0, 0))
        await late.close()

    async def test_soon(self):
        await is_soon(self)

    async def test_lag_is_no_rewriting(self):
        """Told more by the primary's head than the standby has: it waits."""
        self.post("before")
        await self.until("before")
        self.standby.sql("SELECT pg_wal_replay_pause()")
        self.post("late")
        with self.assertRaises(asyncio.TimeoutError):
            await asyncio.wait_for(self.until("late"), 2)
        self.standby.sql("SELECT pg_wal_replay_resume()")
        await self.until("late")
        await self.compare()
        self.assertEqual((self.viewer.starts, self.viewer.connects), (1, 1))

    async def test_who_is_ahead_waits_for_the_standby(self):
        """A viewer that was at a faster relay goes on here where it was, and is told that here is late."""
        self.post("before")
        await self.until("before")
        self.standby.sql("SELECT pg_wal_replay_pause()")
        self.post("late")
        ahead = Viewer(self.relay, self.match)
        ahead.epoch, ahead.bodies = self.viewer.epoch, self.primary.bodies(self.match)
        await ahead.connect()
        await ahead.next("stale")
        asked = time.monotonic()
        polled = asyncio.create_task(asyncio.to_thread(get, self.relay,
            f"/matches/{self.match}/commentary?since={ahead.epoch}:{self.primary.head(self.match)}"))
        await asyncio.sleep(0)
        self.standby.sql("SELECT pg_wal_replay_resume()")
        self.assertTrue((await polled)[1]["recovered"] or time.monotonic() - asked > AHEAD_S, "who polls waits as well")
        self.assertTrue((await ahead.next("subscribed"))["recovered"])
        await ahead.next("live")
        self.post("after")
        while (await ahead.next("commentary"))["message"] != "after":
            pass
        self.assertEqual((ahead.gaps, ahead.doubles, ahead.bodies), (0, 0, self.primary.bodies(self.match)))
        await ahead.close()
        await self.compare()

    async def refused(self, stack, match, epoch=None):
        """How long it takes until a viewer is told that there is no such match; it may have seen it in an epoch."""
        viewer = Viewer(stack, match)
        viewer.epoch, begun = epoch, time.monotonic()
        await viewer.connect()
        self.assertEqual((await viewer.next("error"))["code"], "unknown_match")
        await viewer.close()
        return time.monotonic() - begun

    async def seen_elsewhere(self, stack, match):
        """A viewer and a stream of events that were at a faster relay, and wait."""
        viewer = Viewer(stack, match)
        viewer.epoch, viewer.bodies = self.viewer.epoch, self.primary.bodies(match)
        await viewer.connect()
        await viewer.next("stale")
        request = urllib.request.Request(f"{stack.url}/matches/{match}/events")
        request.add_header("Last-Event-ID", f"{viewer.epoch}:{viewer.seq}")
        return viewer, await asyncio.to_thread(urllib.request.urlopen, request, timeout=DEADLINE_S)

    async def test_a_match_that_is_not_here_yet(self):
        """Who has seen it elsewhere waits for it, for a while; anybody else is told at once. At an edge as well."""
        edge = Edge(self.relay)
        self.addCleanup(edge.close)
        edge.start("--heartbeat", "1s")
        self.standby.sql("SELECT pg_wal_replay_pause()")
        match = self.primary.create_match()
        self.primary.insert_lines(match, 3)
        self.primary.sql("SELECT commentary.flush()")
        for stack in self.relay, edge:
            await self.refused(stack, match)
            self.assertEqual(get(stack, f"/matches/{match}")[0], 404)
            self.assertNotIn(match, listed(stack))
        documents = [asyncio.create_task(asyncio.to_thread(get, stack, f"/matches/{match}/commentary?since=2"))
                     for stack in (self.relay, edge)]
        waiting = await asyncio.gather(*(self.seen_elsewhere(stack, match) for stack in (self.relay, edge)))
        self.standby.sql("SELECT pg_wal_replay_resume()")
        head = self.primary.head(match)
        for viewer, stream in waiting:
            self.assertTrue((await viewer.next("subscribed"))["recovered"])
            await viewer.next("live")
            await viewer.close()
            with stream:
                told, joined = await asyncio.to_thread(joined_by_events, stream)
            self.assertEqual((told, joined["recovered"]), (["welcome", "stale", "subscribed"], True))
        for document, stack in zip(documents, (self.relay, edge)):
            status, found = await document
            while status == 404:  # it took too long: it is asked for again, as a client does
                status, found = await asyncio.to_thread(get, stack, f"/matches/{match}/commentary?since=2")
            self.assertEqual((status, found["head"]), (200, head))
            await asyncio.to_thread(wait_for, lambda: match in listed(stack), "it is listed")  # pylint: disable=cell-var-from-loop

    async def test_a_match_that_there_is_not_is_not_waited_for_without_end(self):
        edge = Edge(self.relay)
        self.addCleanup(edge.close)
        edge.start("--heartbeat", "1s")
        begun = time.monotonic()
        documents = [asyncio.create_task(asyncio.to_thread(get, stack, f"/matches/{NEVER}/commentary?since=2"))
                     for stack in (self.relay, edge)]
        took_s = await asyncio.gather(*(self.refused(stack, NEVER, "ffff") for stack in (self.relay, edge)))
        for document in documents:
            status, error = await document
            self.assertEqual((status, error["code"]), (404, "unknown_match"))
        self.assertGreater(min(took_s), DOCUMENT_S)
        self.assertGreater(time.monotonic() - begun, DOCUMENT_S)

    async def test_queries_that_recovery_cancels_are_asked_again(self):
        self.standby.sql("ALTER SYSTEM SET max_standby_streaming_delay = 0")
        self.standby.sql("SELECT pg_reload_conf()")
        self.write()

        # Between two messages of a query, PostgreSQL does not cancel it but ends the session.
        cancelled = ("a query is asked again", "the feed is down")

        def conflict():
            self.primary.sql(";".join(["BEGIN; LOCK commentary.entry IN ACCESS EXCLUSIVE MODE; COMMIT"] * 200))
            return any(text in self.relay.relay_said() for text in cancelled)

        try:
            await asyncio.to_thread(wait_for, conflict, "recovery cancels a query of the relay")
        finally:
            self.standby.sql("ALTER SYSTEM RESET max_standby_streaming_delay")
            self.standby.sql("SELECT pg_reload_conf()")
        await self.compare_written()
        self.assertEqual((self.viewer.starts, self.viewer.connects), (1, 1))
        self.assertNotIn("source=listen", self.relay.relay_said())  # also after a session that recovery has ended

    async def test_nothing_is_reported_there(self):
        self.assertEqual(self.primary.sql("SELECT count(*) FROM commentary.stat_relay"), "0")
        self.assertNotIn("takes no reports", self.relay.relay_said())

    async def test_who_wants_a_primary_waits_for_one(self):
        other = Stack.__new__(Stack)
        other.__dict__ |= self.standby.__dict__ | {"relay": None, "relay_port": free_port(),
                                                   "dir": self.primary.dir}
        conninfo = self.standby.conninfo
        other.launch_relay("--listen", f"127.0.0.1:{other.relay_port}", "--database", conninfo, "--source", "listen")
        try:
            await asyncio.to_thread(wait_for, lambda: "is a standby" in other.why_not_ready(), "it says why")
        finally:
            other.stop_relay()


class OfACascadedStandby(Follower):
    @classmethod
    def follow(cls, upstream):
        return super().follow(super().follow(upstream))

    async def test_every_entry_once(self):
        self.write()
        await self.viewer.follow(lambda: 200)
        await self.compare_written()
        self.assertEqual((self.viewer.starts, self.viewer.connects), (1, 1))


class Promoted(Follower):
    options = ("--report-interval", "1s")

    async def test_it_is_listened_to_from_then_on(self):
        self.post("before")
        await self.until("before")
        epoch = self.viewer.epoch
        self.primary.stop_postgres("immediate")
        self.standby.promote()
        while self.viewer.epoch == epoch:
            await self.viewer.next("subscribed")
        self.assertEqual((self.viewer.starts, self.viewer.connects), (1, 1))
        await asyncio.to_thread(wait_for_log, self.relay, "has been promoted")
        await asyncio.to_thread(wait_for_log, self.relay, "the feed is live", "source=listen")
        self.stack = self.standby
        await self.until_live()
        await self.compare()
        await asyncio.to_thread(wait_for, lambda: self.standby.sql(
            "SELECT count(*) FROM commentary.stat_relay") == "1", "it reports")


if __name__ == "__main__":
    run(OfAStandby, OfACascadedStandby, Promoted)
