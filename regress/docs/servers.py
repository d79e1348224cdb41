#!/usr/bin/python3
"""What the guides for several servers say, word for word: a failover and back, and another region.

Both servers are on this machine: what stands for the address of one (host=db1) is its socket's folder and port.
"""
import os
import re
import shutil
import subprocess
import tempfile
import unittest
import urllib.request

from transcript.guide import TOP, beside, environment, read, runnable, settings_of
from transcript.server import Server
from transcript.session import Transcript

from support.base.case import run
from support.base.deadline import Deadline
from support.base.port import free_port
from support.base.stack import DEADLINE_S, wait_for

FAILS_OVER = "## When the primary fails over"


class Servers(unittest.TestCase):
    def setUp(self):
        self.folder, self.sockets = tempfile.mkdtemp(prefix="guide-"), tempfile.mkdtemp(prefix="db-")
        for folder in self.folder, self.sockets:
            self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        beside(self.folder)
        self.servers = [Server(name, self.sockets, self.folder, environment()) for name in ("db1", "db2", "db3")]
        self.db1, self.db2, self.db3 = self.servers
        for server in self.servers:
            self.addCleanup(server.end)

    def run(self, result=None):
        with Deadline(self.id(), lambda: None):
            return super().run(result)

    def make_primary(self, settings):
        self.db1.make(settings)
        self.db1.sql("CREATE EXTENSION commentary")
        self.db1.run("psql", "-Xqf", f"{TOP}/sql/roles.sql")
        self.db1.sql("CREATE ROLE relay LOGIN IN ROLE commentary_relay")
        self.db1.sql("SELECT commentary.create_match('Rovers', 'City', status => 'live')")
        self.db1.sql("SELECT commentary.post(1, 'At first.')")

    def tell(self, path, text, expected_kinds):
        """All blocks of a text that have a place in it."""
        both = (f"host={self.sockets},{self.sockets}", f"port={self.db1.port},{self.db2.port}")
        text = text.replace("host=db1,db2", " ".join(both))
        for server in self.servers:
            text = text.replace(f"host={server.name}", server.address)
        servers = {server.name: server.session for server in self.servers}
        Transcript(self.db1.session, path, servers).run(runnable(self, path, text, expected_kinds))

    def said(self, server):
        return server.sql("SELECT string_agg(message, ' ' ORDER BY seq) FROM commentary.feed WHERE match_id = 1")

    def test_failover(self):
        path = "extension/FAILOVER.md"
        text = read(path)
        self.make_primary(settings_of(text))
        epoch = self.db1.sql("SELECT commentary.epoch()")
        self.tell(path, text, (12, 0, 4))
        self.db2.sql("SELECT commentary.post(1, 'At db2.')")
        self.assertEqual(self.said(self.db1), "At first. At db2.", "the old primary has what is acknowledged")
        self.assertNotEqual(self.db1.sql("SELECT commentary.epoch()"), epoch)
        self.relay_finds_the_primary()

    def relay_finds_the_primary(self):
        """With the options of the guide; the first server that they name is a standby by now."""
        port = free_port()
        with open(f"{self.folder}/relay.log", "wb") as log:
            relay = subprocess.Popen([os.environ["COMMENTARY_RELAY"], "--config", f"{self.folder}/relay.conf",
                                      "--listen", f"127.0.0.1:{port}"], stderr=log, env=environment())
        try:
            wait_for(lambda: self.is_ready(port), "the relay serves")
        finally:
            relay.terminate()
            relay.wait(DEADLINE_S)

    @staticmethod
    def is_ready(port):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=DEADLINE_S) as answer:
                return answer.status == 200
        except OSError:
            return False

    def make_region(self, path):
        """Returns the guide's chapters."""
        text = read(path)
        self.make_primary(settings_of(text, "db1"))
        self.db2.make(settings_of(text, "db2"))
        return re.split("^(?=## )", text, flags=re.MULTILINE)

    def test_regions(self):
        path = "extension/REGIONS.md"
        chapters = self.make_region(path)
        epoch = self.db1.sql("SELECT commentary.epoch()")
        self.tell(path, "".join(chapter for chapter in chapters if not chapter.startswith(FAILS_OVER)), (14, 0, 2))
        for server in self.db1, self.db2:
            wait_for(lambda server=server: self.said(server) == "At first. Written in the region now.", server.name)
            self.assertEqual(server.sql("SELECT count(*) FROM commentary.verify()"), "0")
        self.assertNotEqual(self.db1.sql("SELECT commentary.epoch()"), epoch)
        self.assertEqual(self.db1.sql("SELECT finding FROM commentary.check() WHERE NOT is_ok AND subject IN"
                                      " ('log', 'publications', 'region', 'role', 'subscriptions')"), "")

    def test_a_region_when_its_primary_fails_over(self):
        path = "extension/REGIONS.md"
        chapters = self.make_region(path)
        set_up, fails_over = ([chapter for chapter in chapters if chapter.startswith(title)] for title in ("## Set up", FAILS_OVER))
        self.tell(path, set_up[0], (4, 0, 2))
        self.db3.make_standby(self.db1)
        self.db1.run("pg_ctl", "-m", "immediate", "-w", "stop")
        self.db3.run("pg_ctl", "-w", "promote")
        self.db3.sql("SELECT commentary.post(1, 'At db3.')")
        self.tell(path, fails_over[0], (5, 0, 1))
        self.assertEqual(self.said(self.db2), "At first. At db3.")
        self.assertEqual(self.db2.sql("SELECT commentary.epoch()"), self.db3.sql("SELECT commentary.epoch()"))


if __name__ == "__main__":
    run(Servers)
