#!/usr/bin/python3
"""What relays report: commentary.stat_relay and commentary.viewers answer in SQL, and
whatever keeps a report from being taken disturbs nothing else."""
import contextlib
import os
import signal
import urllib.request

import psycopg2

from support.base.case import Case, run
from support.base.stack import LONG_S, wait_for
from support.viewer.viewer import Viewer

ROLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../sql/roles.sql")
OFTEN = ("--report-interval", "100ms", "--heartbeat", "1s")
REPORTS = 20
# A commit record is some 40 bytes; what the server writes of its own accord comes on top.
WAL_BYTES_MAX = REPORTS * 200 + 20000


class Report(Case):
    settings = "autovacuum = off\n"    # an ANALYZE of it writes more than the reports that are measured

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.run_roles("postgres")
        cls.stack.sql("CREATE ROLE relay LOGIN IN ROLE commentary_relay")
        cls.match = cls.stack.create_match("live")

    @classmethod
    def run_roles(cls, database):
        cls.stack.pg("psql", "-Xqd", f"{cls.stack.conninfo} dbname={database}", "-f", ROLES)

    def setUp(self):
        self.stack.forget_relay_log()

    def tearDown(self):
        if self.stack.relay:
            self.assertEqual(self.stack.stop_relay(), 0)
        self.stack.sql("TRUNCATE commentary.relay")

    def refusals(self):
        """Lines of the log that say that no report is taken."""
        return [line for line in self.stack.relay_said().split("\n") if "takes no reports" in line]

    def start(self, *options, database="postgres"):
        """As the role that roles.sql is for."""
        self.stack.start_relay_with("--listen", f"127.0.0.1:{self.stack.relay_port}", "--database",
                                    f"host={self.stack.dir} port={self.stack.pg_port} user=relay dbname={database}",
                                    *(options or OFTEN))

    def becomes(self, query, expected):
        wait_for(lambda: self.stack.sql(query) == expected, f"{query} is {expected}")

    def metric(self, name):
        with contextlib.closing(urllib.request.urlopen(f"{self.stack.url}/metrics", timeout=LONG_S)) as answer:
            lines = [line for line in answer.read().decode().splitlines() if line.startswith(name + " ")]
        return float(lines[0].split()[1])

    def checks(self):
        return self.metric('commentary_catchup_queries_total{kind="check"}')

    async def follow(self, match=None):
        return await Viewer(self.stack, match or self.match).join()

    async def is_served(self, viewer, message):
        self.stack.sql(f"INSERT INTO commentary.feed (match_id, message) VALUES ({self.match}, '{message}')")
        while (await viewer.next()).get("message") != message:
            pass

    async def test_sql_tells_who_follows_what(self):
        self.start()
        viewers = [await self.follow(), await self.follow(), await self.follow("lobby")]
        self.becomes("SELECT * FROM commentary.viewers ORDER BY match_id", f"0|1|1\n{self.match}|2|1")
        self.becomes("SELECT viewers FROM commentary.stat_relay", "3")
        # Each is waited for: a busy machine may be later than the three intervals that a report is good for.
        self.becomes("SELECT pid, reported_by, feed_state, feed_connects, lag_entries,"
                     " started_at <= last_seen, host <> '' FROM commentary.stat_relay", f"{self.stack.relay_pid}|relay|live|1|0|t|t")
        for viewer in viewers[:2]:
            await viewer.next("match")
        await self.is_served(viewers[0], "one more")
        self.becomes("SELECT deliveries >= 4 AND sent_bytes > 0 AND latency_ms > 0 FROM commentary.stat_relay", "t")
        self.becomes("SELECT is_ok FROM commentary.check() WHERE subject = 'relays'", "t")
        for viewer in viewers:
            await viewer.close()
        self.becomes("SELECT count(*) FROM commentary.viewers", "0")

    async def test_a_relay_that_is_gone_is_not_shown(self):
        self.start()
        self.becomes("SELECT count(*) FROM commentary.stat_relay", "1")
        first = self.stack.sql("SELECT relay_id FROM commentary.relay")
        self.stack.stop_relay(signal.SIGKILL)
        self.becomes("SELECT count(*) FROM commentary.stat_relay", "0")
        self.start()
        self.becomes("SELECT count(*) FROM commentary.stat_relay", "1")
        self.becomes(f"SELECT count(*) FROM commentary.relay WHERE relay_id = '{first}'", "0")

    async def test_each_worker_reports(self):
        self.start("--workers", "2", "--drain", "1s", *OFTEN)
        self.becomes("SELECT count(*), count(DISTINCT pid) FROM commentary.stat_relay", "2|2")

    async def test_reports_do_not_put_off_the_heartbeat(self):
        self.start()
        self.becomes("SELECT count(*) FROM commentary.stat_relay", "1")
        before = self.checks()
        wait_for(lambda: self.checks() >= before + 2, "two heartbeats, between reports ten times as frequent")

    async def test_a_locked_table_disturbs_nobody(self):
        self.start()
        viewer = await self.follow()
        self.becomes("SELECT count(*) FROM commentary.stat_relay", "1")
        with contextlib.closing(psycopg2.connect(self.stack.conninfo)) as other:
            other.cursor().execute("LOCK TABLE commentary.relay")
            before = self.checks()
            await self.is_served(viewer, "while it is locked")
            wait_for(lambda: self.checks() >= before + 3, "heartbeats go on")
            self.assertEqual(self.metric("commentary_feed_connects_total"), 1)
            other.rollback()
        self.becomes("SELECT count(*) FROM commentary.stat_relay", "1")
        self.assertEqual(self.refusals(), [])
        await viewer.close()

    async def test_an_older_schema_takes_none(self):
        self.stack.sql("CREATE DATABASE old")
        self.stack.pg("psql", "-Xqd", f"{self.stack.conninfo} dbname=old", "-c",
                      "CREATE EXTENSION commentary VERSION '1.0'", "-c",
                      "GRANT USAGE ON SCHEMA commentary TO relay", "-c",
                      "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA commentary TO relay", "-c",
                      "GRANT SELECT ON ALL TABLES IN SCHEMA commentary TO relay")
        self.start(database="old")
        self.is_refused_once("ALTER EXTENSION commentary UPDATE")

    async def test_a_role_that_may_not_is_told(self):
        self.stack.sql("REVOKE EXECUTE ON FUNCTION commentary.report_relay FROM commentary_relay")
        try:
            self.start()
            self.is_refused_once("sql/roles.sql")
        finally:
            self.run_roles("postgres")

    async def test_a_role_that_is_read_only_by_default_reports_all_the_same(self):
        """The relay's session has settings of its own."""
        self.stack.sql("ALTER ROLE relay SET default_transaction_read_only = on")
        try:
            self.start()
            viewer = await self.follow()
            wait_for(lambda: self.stack.sql("SELECT count(*) FROM commentary.stat_relay") == "1", "it is reported")
            self.assertEqual(self.refusals(), [])
            await self.is_served(viewer, "all the same")
            await viewer.close()
        finally:
            self.stack.sql("ALTER ROLE relay RESET default_transaction_read_only")

    def is_refused_once(self, hint):
        """And the feed is as live as before: three heartbeats later it is the same connection."""
        wait_for(self.refusals, "the refusal is logged")
        before = self.checks()
        wait_for(lambda: self.checks() >= before + 3, "heartbeats go on")
        self.assertEqual(self.metric("commentary_feed_connects_total"), 1)
        lines = self.refusals()
        self.assertEqual(len(lines), 1, lines)
        self.assertIn(hint, lines[0])

    async def test_without_an_interval_nothing_is_reported(self):
        self.start("--report-interval", "0", "--heartbeat", "100ms")
        before = self.checks()
        wait_for(lambda: self.checks() >= before + 3, "heartbeats")
        self.assertEqual(self.stack.sql("SELECT count(*) FROM commentary.relay"), "0")

    async def test_reports_write_next_to_no_wal_and_wake_no_flusher(self):
        self.start()
        self.becomes("SELECT count(*) FROM commentary.stat_relay", "1")
        self.stack.sql("SELECT commentary.flush()")
        flushes = self.stack.sql("SELECT flushes FROM commentary.stat_flush")
        begin = self.stack.sql("SELECT pg_current_wal_insert_lsn()")
        for _ in range(REPORTS):
            seen = self.stack.sql("SELECT last_seen FROM commentary.relay")
            wait_for(lambda seen=seen: self.stack.sql("SELECT last_seen FROM commentary.relay") != seen, "a report")
        written = int(self.stack.sql(f"SELECT pg_current_wal_insert_lsn() - '{begin}'::pg_lsn"))
        print(f"# {written} bytes of WAL in {REPORTS} reports")
        self.assertLess(written, WAL_BYTES_MAX)
        self.assertEqual(self.stack.sql("SELECT flushes FROM commentary.stat_flush"), flushes)


if __name__ == "__main__":
    run(Report)
