#!/usr/bin/python3
"""SIGHUP: what is read again takes effect, and what is wrong changes nothing."""
import asyncio
import os
import shutil
import signal
import socket
import ssl

import websockets

from support.base.case import run
from support.base.certificates import Certificate
from support.base.process import children
from support.base.stack import LONG_S, READ_AGAIN, wait_for
from support.viewer.peers import Peers
from support.viewer.viewer import Viewer

SECRET = "sesame"


class Reload(Peers):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first, cls.second = (Certificate(cls.stack.dir, name) for name in ("first", "second"))

    def setUp(self):
        super().setUp()
        self.stack.forget_relay_log()

    def tearDown(self):
        super().tearDown()
        self.stack.tls = None

    def start(self, *lines):
        self.stack.configure(*lines)
        self.stack.start_relay("--config", self.stack.relay_conf)

    def reload(self, *lines, says=READ_AGAIN):
        """Writes the file, and waits until the relay has said so once more."""
        if lines:
            self.stack.configure(*lines)
        self.stack.reload_relay(says)

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
        with socket.create_connection(("127.0.0.1", self.stack.relay_port), timeout=LONG_S) as peer:
            try:
                certificate.client().wrap_socket(peer, server_hostname="127.0.0.1").close()
            except ssl.SSLCertVerificationError:
                return False
        return True

    async def test_a_new_certificate_is_shown_and_nobody_is_disturbed(self):
        self.start_tls()
        match = self.stack.create_match("live")
        viewer = await Viewer(self.stack, match).join()
        self.use(self.second)
        self.assertTrue(self.is_shown(self.first))
        self.reload()
        self.assertTrue(self.is_shown(self.second))
        self.assertFalse(self.is_shown(self.first))
        self.stack.sql(f"SELECT commentary.post({match}, 'still there')")
        seq = self.stack.head(match)
        await asyncio.wait_for(viewer.follow(lambda: seq), LONG_S)
        self.assertEqual(viewer.connects, 1)
        await viewer.close()

    def test_a_bad_certificate_leaves_the_old_one(self):
        self.start_tls()
        shutil.copy(self.second.cert, f"{self.stack.dir}/relay.crt")        # and the key of the first
        self.reload("max-viewers-per-address = 7", f"tls-cert = {self.stack.dir}/relay.crt",
                    f"tls-key = {self.stack.dir}/relay.key")
        self.assertIn("relay.key is not the key of", self.stack.relay_said())
        self.assertIn("the certificate stays as it was", self.stack.relay_said())
        self.assertTrue(self.is_shown(self.first))
        self.use(self.second)
        self.reload()
        self.assertTrue(self.is_shown(self.second))

    def test_tls_is_not_taken_away(self):
        self.start_tls()
        self.reload("# nothing")
        self.assertIn("needs a restart\" option=tls-cert", self.stack.relay_said())
        self.assertTrue(self.is_shown(self.first))

    def test_the_log_level_changes(self):
        self.start("log-level = error")
        self.assertNotIn("level=info", self.stack.relay_said())
        self.reload("log-level = info")
        self.reload("log-level = error", says="msg=signal")     # it is told before, and what follows is not
        self.assertTrue(self.stack.is_ready())                  # so much later it has been read
        self.reload("drian = 7s", says="all stay as they were")
        self.assertEqual(self.stack.relay_said().count("level=info"), 2)

    def test_the_origins_change(self):
        self.start("origins = https://a.example")
        self.assertEqual([self.status(f"Origin: https://{x}.example") for x in "ab"], [101, 403])
        self.reload("origins = https://b.example")
        self.assertEqual([self.status(f"Origin: https://{x}.example") for x in "ab"], [403, 101])

    def test_the_limits_change(self):
        self.start("max-viewers-per-address = 1")
        self.assertEqual([self.status(), self.status()], [101, 429])
        self.reload("max-viewers-per-address = 2")
        self.assertEqual([self.status(), self.status()], [101, 429])
        self.reload("connects-per-address = 1")
        self.assertIn(429, [self.status() for _ in range(100)])

    def test_the_trusted_proxies_change(self):
        self.start("max-viewers-per-address = 1")
        self.assertEqual([self.status("X-Forwarded-For: 192.0.2.1"), self.status("X-Forwarded-For: 192.0.2.2")],
                         [101, 429])
        self.reload("max-viewers-per-address = 1", "trusted-proxies = 127.0.0.0/8")
        self.assertEqual(self.status("X-Forwarded-For: 192.0.2.3"), 101)

    async def test_the_greatest_number_of_viewers_changes(self):
        self.start("max-viewers = 2")
        match = self.stack.create_match()
        first, second = Viewer(self.stack, match), Viewer(self.stack, match)
        await first.connect()
        await first.next("welcome")
        self.reload("max-viewers = 1")
        with self.assertRaises(websockets.ConnectionClosed) as closed:
            await second.connect()
            await second.next("subscribed")
        self.assertEqual(closed.exception.rcvd.code, 4429)
        self.reload("max-viewers = 3")
        self.assertIn("needs a restart\" option=max-viewers", self.stack.relay_said())
        await first.close()

    def test_a_wrong_option_changes_nothing(self):
        self.start("max-viewers-per-address = 1")
        self.reload("max-viewers-per-address = 9", "drian = 7s", says="all stay as they were")
        self.assertIn(f"{self.stack.relay_conf}:2: no such option: drian", self.stack.relay_said())
        self.assertEqual([self.status(), self.status()], [101, 429])
        os.remove(self.stack.relay_conf)
        self.reload(says="all stay as they were")
        self.assertIn(f"cannot read the config file {self.stack.relay_conf}", self.stack.relay_said())
        self.reload("max-viewers-per-address = 2")
        self.assertEqual(self.status(), 101)

    def test_workers_are_told_and_new_ones_start_with_it(self):
        self.stack.may_lose_workers = True
        self.start("workers = 2", "max-viewers-per-address = 1", "drain = 1s")
        everybody = 3       # the supervisor as well
        before = self.stack.relay_said().count(READ_AGAIN)
        self.stack.configure("workers = 2", "max-viewers-per-address = 1", "trusted-proxies = 127.0.0.1",
                             "drain = 2s")
        self.stack.relay.send_signal(signal.SIGHUP)
        wait_for(lambda: self.stack.relay_said().count(READ_AGAIN) == before + everybody, "all have read it")
        self.assertNotIn("needs a restart", self.stack.relay_said())
        for pid in children(self.stack.relay.pid):
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: self.stack.relay_said().count("msg=listening") == 4, "there are two new ones")
        wait_for(self.stack.is_ready, "they are ready")
        statuses = [self.status(f"X-Forwarded-For: 192.0.2.{n}") for n in range(1, 41)]
        self.assertEqual(statuses, [101] * 40)

    def test_what_needs_a_restart_is_named_and_no_secret_told(self):
        self.stack.configure("drain = 3s")
        self.stack.start_relay_with("--listen", f"127.0.0.1:{self.stack.relay_port}", "--database",
                                    f"{self.stack.conninfo} password={SECRET}", "--config", self.stack.relay_conf)
        self.reload("drain = 4s")
        self.assertNotIn("needs a restart", self.stack.relay_said())
        self.reload("heartbeat = 4s", "topic-bytes = 2MiB", "user = nobody")
        lines = [line for line in self.stack.relay_said().splitlines() if "restart" in line]
        self.assertEqual({line.split("option=")[1] for line in lines}, {"heartbeat", "topic-bytes", "user"})
        self.assertNotIn(SECRET, self.stack.relay_said())


if __name__ == "__main__":
    run(Reload)
