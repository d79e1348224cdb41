#!/usr/bin/python3
"""A relay follows a hot standby, where nobody can LISTEN, and one that follows that standby: viewers get
every entry, once and in order; a standby that lags, cancels queries or is promoted costs them nothing."""
import asyncio
import time

from support.case import run
from support.scene import Scene, wait_for_log
from support.stack import Stack, wait_for
from support.standby import Standby
from support.viewer import Viewer


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
        standby.relay_port = standby.pg_port + 1000 if standby.pg_port < 31000 else standby.pg_port - 1000
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
        """From the flush on the primary to a viewer of the standby's relay. README.md has the figure."""
        came = {}
        for n in range(100):
            await asyncio.to_thread(self.post, f"soon {n}")
            while (message := await self.viewer.next("commentary")).get("message") != f"soon {n}":
                pass
            came[message["seq"]] = time.time()
        flushed = self.primary.sql("SELECT seq, extract(epoch FROM flushed_at) FROM commentary.entry"
                                   f" WHERE match_id = {self.match} AND op = 'insert'").split("\n")
        delays = sorted(came[int(seq)] - float(at) for seq, at in (line.split("|") for line in flushed))
        print(f"# delay: p50 {delays[50] * 1000:.0f} ms, p95 {delays[95] * 1000:.0f} ms", flush=True)
        self.assertLess(delays[50], 2)

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
        self.standby.sql("SELECT pg_wal_replay_resume()")
        self.assertTrue((await ahead.next("subscribed"))["recovered"])
        await ahead.next("live")
        self.post("after")
        while (await ahead.next("commentary"))["message"] != "after":
            pass
        self.assertEqual((ahead.gaps, ahead.doubles, ahead.bodies), (0, 0, self.primary.bodies(self.match)))
        await ahead.close()
        await self.compare()

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
        other.__dict__ |= self.standby.__dict__ | {"relay": None, "relay_port": self.standby.relay_port + 1,
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
