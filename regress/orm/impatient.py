#!/usr/bin/python3
"""Drivers that do not wait for the flush: each has its own way to give up, a query timeout, a context, a
cancel from another thread. While the flusher is paused it ends the wait, of the server itself and behind
pgbouncer in transaction mode; the row is accepted all the same, and sent again it changes nothing."""
import os
import subprocess
import threading
import unittest

import psycopg
import psycopg2

from support.base.case import Case, run
from support.base.stack import wait_for
from support.server.pgbouncer import Pgbouncer, is_there

FOLDER = os.path.dirname(os.path.abspath(__file__))
JDBC = "/usr/share/java/postgresql.jar"
GO = os.environ["COMMENTARY_GO"]
INSERT = "INSERT INTO commentary.feed (match_id, client_ref, message) VALUES (%s, %s, 'impatient')"
REF = "line-1"


class Impatient(Case):
    settings = "listen_addresses = '127.0.0.1'\ncommentary.ack_timeout = 0\n"  # nothing else ends the wait

    def setUp(self):
        self.port = self.stack.pg_port
        self.match = self.stack.create_match("live")
        self.stack.sql("SELECT commentary.pause()")
        self.addCleanup(self.stack.sql, "SELECT commentary.resume()")

    def is_waiting(self):
        return self.stack.sql("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
                              " AND wait_event_type = 'Extension'") == "1"

    def assert_accepted(self):
        """Once, also when it is sent again by somebody who cannot know."""
        self.assertEqual(self.stack.sql("SELECT staged_rows FROM commentary.stat_flush"), "1")
        self.stack.sql("SELECT commentary.resume(); SELECT commentary.flush()")
        self.stack.sql(INSERT % (self.match, f"'{REF}'"))
        self.assertEqual(self.stack.sql(f"SELECT count(*) FROM commentary.entry WHERE match_id = {self.match}"
                                        " AND op = 'insert'"), "1")

    def program(self, *command, **variables):
        done = subprocess.run(command, cwd=f"{FOLDER}/programs", capture_output=True, text=True, check=False,
                              env=os.environ | variables | {
                                  "PGHOST": self.stack.dir, "PGPORT": str(self.port), "PGUSER": "postgres",
                                  "PGDATABASE": "postgres", "SERVER_PORT": str(self.stack.pg_port),
                                  "MATCH": str(self.match), "REF": REF})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assert_accepted()

    def cancel_when_it_waits(self, connection):
        def work():
            wait_for(self.is_waiting, "its wait")
            connection.cancel()
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        self.addCleanup(thread.join)

    @property
    def conninfo(self):
        return f"host={self.stack.dir} port={self.port} user=postgres dbname=postgres"

    def test_psycopg2_cancel(self):
        connection = psycopg2.connect(self.conninfo)
        self.addCleanup(connection.close)
        connection.autocommit = True
        self.cancel_when_it_waits(connection)
        with connection.cursor() as cursor:
            cursor.execute(INSERT, (self.match, REF))
            self.assertEqual(cursor.rowcount, 1)
        self.assertIn("canceled the wait", connection.notices[-1])
        self.assert_accepted()

    def test_psycopg_3_cancel(self):
        said = []
        connection = psycopg.connect(self.conninfo, autocommit=True, prepare_threshold=None)
        self.addCleanup(connection.close)
        connection.add_notice_handler(lambda notice: said.append(notice.sqlstate))
        self.cancel_when_it_waits(connection)
        self.assertEqual(connection.execute(INSERT, (self.match, REF)).rowcount, 1)
        self.assertEqual(said, ["57014"])
        self.assert_accepted()

    def test_psycopg_3_cancel_of_a_pipeline(self):
        connection = psycopg.connect(self.conninfo, autocommit=True, prepare_threshold=None)
        self.addCleanup(connection.close)
        self.cancel_when_it_waits(connection)
        with connection.pipeline():
            insert = connection.execute(INSERT, (self.match, REF))
            after = connection.execute("SELECT 1")
        self.assertEqual((insert.rowcount, after.fetchone()), (1, (1,)))
        self.assert_accepted()

    def test_jdbc_query_timeout(self):
        self.program("java", "-Xmx256m", "-cp", JDBC, "QueryTimeout.java")

    def go(self, driver):
        self.program("go", "run", "context.go", driver, GO111MODULE="off", GOFLAGS="-mod=mod",
                     GOPATH=f"{GO}:/usr/share/gocode")

    @unittest.skipUnless(os.path.isdir(GO), "pgx could not be unpacked")
    def test_go_lib_pq_context(self):
        self.go("lib/pq")

    @unittest.skipUnless(os.path.isdir(GO), "pgx could not be unpacked")
    def test_go_pgx_context(self):
        self.go("pgx")


@unittest.skipUnless(is_there(), "there is no pgbouncer here")
class BehindPgbouncer(Impatient):
    def setUp(self):
        super().setUp()
        pooler = Pgbouncer(self.stack, "transaction")
        self.addCleanup(pooler.stop)
        self.port = pooler.port


if __name__ == "__main__":
    run(Impatient, BehindPgbouncer)
