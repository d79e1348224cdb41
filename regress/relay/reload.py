#!/usr/bin/python3
"""SIGHUP: what is read again takes effect, and what is wrong changes nothing."""
import asyncio
import contextlib
import os
import shutil
import signal
import socket
import ssl
import unittest

import websockets
from tap import TAPTestRunner

import handshake
from certificates import Certificate
from stack import Stack, wait_for
from viewer import Viewer

SECRET = "sesame"
READ = "the options have been read again"


class Reload(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack()
        cls.file = f"{cls.stack.dir}/relay.conf"
        cls.log = f"{cls.stack.dir}/relay.log"
        cls.first, cls.second = (Certificate(cls.stack.dir, name) for name in ("first", "second"))

    @classmethod
    def tearDownClass(cls):
        cls.stack.close()

    def setUp(self):
        self.peers = contextlib.ExitStack()
        with open(self.log, "wb"):
            pass

    def tearDown(self):
        self.peers.close()
        self.assertEqual(self.stack.stop_relay(), 0)
        self.stack.tls = None

    def write(self, *lines):
        with open(self.file, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def start(self, *lines):
        self.write(*lines)
        self.stack.start_relay("--config", self.file)

    def said(self):
        with open(self.log, encoding="utf-8") as log:
            return log.read()

    def reload(self, *lines, says=READ):
        """Writes the file, and waits until the relay has said so much more often."""
        before = self.said().count(says)
        if lines:
            self.write(*lines)
        self.stack.relay.send_signal(signal.SIGHUP)
        wait_for(lambda: self.said().count(says) > before, says)

    def answer(self, *headers):
        """The status of a handshake; one that succeeds stays open until the test ends."""
        peer = self.peers.enter_context(handshake.send(self.stack.relay_port, *headers))
        return handshake.answer(peer)[0]

    def use(self, certificate):
        """Copies it to the files that the relay knows."""
        shutil.copy(certificate.cert, f"{self.stack.dir}/relay.crt")
        shutil.copy(certificate.key, f"{self.stack.dir}/relay.key")

    def start_tls(self):
        self.use(self.first)
        self.stack.tls = self.first.client()
        self.start(f"tls-cert = {self.stack.dir}/relay.crt", f"tls-key = {self.stack.dir}/relay.key")

    def is_shown(self, certificate):
        """Whether a new connection gets this certificate."""
        with socket.create_connection(("127.0.0.1", self.stack.relay_port), timeout=30) as peer:
            try:
                certificate.client().wrap_socket(peer, server_hostname="127.0.0.1").close()
            except ssl.SSLCertVerificationError:
                return False
        return True

    async def test_a_new_certificate_is_shown_and_nobody_is_disturbed(self):
        self.start_tls()
        match = int(self.stack.sql("SELECT commentary.create_match('football', 'A', 'B', status => 'live')"))
        viewer = Viewer(self.stack, match)
        await viewer.connect()
        await viewer.next("subscribed")
        self.use(self.second)
        self.assertTrue(self.is_shown(self.first))
        self.reload()
        self.assertTrue(self.is_shown(self.second))
        self.assertFalse(self.is_shown(self.first))
        seq = int(self.stack.sql(f"SELECT commentary.post({match}, 'still there')") and self.stack.sql(
            f"SELECT max(seq) FROM commentary.entry WHERE match_id = {match}"))
        await asyncio.wait_for(viewer.follow(lambda: seq), 60)
        self.assertEqual(viewer.connects, 1)
        await viewer.close()

    def test_a_bad_certificate_leaves_the_old_one(self):
        self.start_tls()
        shutil.copy(self.second.cert, f"{self.stack.dir}/relay.crt")        # and the key of the first
        self.reload("max-viewers-per-address = 7", f"tls-cert = {self.stack.dir}/relay.crt",
                    f"tls-key = {self.stack.dir}/relay.key")
        self.assertIn("relay.key is not the key of", self.said())
        self.assertIn("the certificate stays as it was", self.said())
        self.assertTrue(self.is_shown(self.first))
        self.use(self.second)
        self.reload()
        self.assertTrue(self.is_shown(self.second))

    def test_tls_is_not_taken_away(self):
        self.start_tls()
        self.reload("# nothing")
        self.assertIn("needs a restart\" option=tls-cert", self.said())
        self.assertTrue(self.is_shown(self.first))

    def test_the_log_level_changes(self):
        self.start("log-level = error")
        self.assertNotIn("level=info", self.said())
        self.reload("log-level = info")
        self.reload("log-level = error", says="msg=signal")     # it is told before, and what follows is not
        self.assertTrue(self.stack.is_ready())                  # so much later it has been read
        self.reload("drian = 7s", says="all stay as they were")
        self.assertEqual(self.said().count("level=info"), 2)

    def test_the_origins_change(self):
        self.start("origins = https://a.example")
        self.assertEqual([self.answer(f"Origin: https://{x}.example") for x in "ab"], [101, 403])
        self.reload("origins = https://b.example")
        self.assertEqual([self.answer(f"Origin: https://{x}.example") for x in "ab"], [403, 101])

    def test_the_limits_change(self):
        self.start("max-viewers-per-address = 1")
        self.assertEqual([self.answer(), self.answer()], [101, 429])
        self.reload("max-viewers-per-address = 2")
        self.assertEqual([self.answer(), self.answer()], [101, 429])
        self.reload("connects-per-address = 1")
        self.assertIn(429, [self.answer() for _ in range(100)])

    def test_the_trusted_proxies_change(self):
        self.start("max-viewers-per-address = 1")
        self.assertEqual([self.answer("X-Forwarded-For: 192.0.2.1"), self.answer("X-Forwarded-For: 192.0.2.2")],
                         [101, 429])
        self.reload("max-viewers-per-address = 1", "trusted-proxies = 127.0.0.0/8")
        self.assertEqual(self.answer("X-Forwarded-For: 192.0.2.3"), 101)

    async def test_the_greatest_number_of_viewers_changes(self):
        self.start("max-viewers = 2")
        match = int(self.stack.sql("SELECT commentary.create_match('football', 'A', 'B')"))
        first, second = Viewer(self.stack, match), Viewer(self.stack, match)
        await first.connect()
        await first.next("welcome")
        self.reload("max-viewers = 1")
        with self.assertRaises(websockets.ConnectionClosed) as closed:
            await second.connect()
            await second.next("subscribed")
        self.assertEqual(closed.exception.rcvd.code, 4429)
        self.reload("max-viewers = 3")
        self.assertIn("needs a restart\" option=max-viewers", self.said())
        await first.close()

    def test_a_wrong_option_changes_nothing(self):
        self.start("max-viewers-per-address = 1")
        self.reload("max-viewers-per-address = 9", "drian = 7s", says="all stay as they were")
        self.assertIn(f"{self.file}:2: no such option: drian", self.said())
        self.assertEqual([self.answer(), self.answer()], [101, 429])
        os.remove(self.file)
        self.reload(says="all stay as they were")
        self.assertIn(f"cannot read the config file {self.file}", self.said())
        self.reload("max-viewers-per-address = 2")
        self.assertEqual(self.answer(), 101)

    def test_workers_are_told_and_new_ones_start_with_it(self):
        self.start("workers = 2", "max-viewers-per-address = 1", "drain = 1s")
        everybody = 3       # the supervisor as well
        before = self.said().count(READ)
        self.write("workers = 2", "max-viewers-per-address = 1", "trusted-proxies = 127.0.0.1", "drain = 2s")
        self.stack.relay.send_signal(signal.SIGHUP)
        wait_for(lambda: self.said().count(READ) == before + everybody, "all have read it")
        self.assertNotIn("needs a restart", self.said())
        with open(f"/proc/{self.stack.relay.pid}/task/{self.stack.relay.pid}/children", encoding="utf-8") as file:
            workers = [int(pid) for pid in file.read().split()]
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: self.said().count("msg=listening") == 4, "there are two new ones")
        wait_for(self.stack.is_ready, "they are ready")
        statuses = [self.answer(f"X-Forwarded-For: 192.0.2.{n}") for n in range(1, 41)]
        self.assertEqual(statuses, [101] * 40)

    def test_what_needs_a_restart_is_named_and_no_secret_told(self):
        self.write("drain = 3s")
        self.stack.start_relay_with("--listen", f"127.0.0.1:{self.stack.relay_port}", "--database",
                                    f"{self.stack.conninfo} password={SECRET}", "--config", self.file)
        self.reload("drain = 4s")
        self.assertNotIn("needs a restart", self.said())
        self.reload("heartbeat = 4s", "topic-bytes = 2MiB", "user = nobody")
        self.assertEqual({line.split("option=")[1] for line in self.said().splitlines() if "restart" in line},
                         {"heartbeat", "topic-bytes", "user"})
        self.assertNotIn(SECRET, self.said())


if __name__ == "__main__":
    runner = TAPTestRunner()
    runner.set_stream(True)
    result = runner.run(unittest.defaultTestLoader.loadTestsFromTestCase(Reload))
    raise SystemExit(0 if result.wasSuccessful() else 1)
