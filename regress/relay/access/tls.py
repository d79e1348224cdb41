#!/usr/bin/python3
"""TLS: the same relay over https and wss, and what is said of files that are wrong."""
import asyncio
import contextlib
import json
import os
import socket
import ssl
import urllib.request
import warnings

from support.base.case import Case, run
from support.base.certificates import Certificate
from support.base.port import free_port
from support.base.stack import LONG_S, run_relay
from support.viewer.raw import Raw, text
from support.viewer.viewer import Viewer

PINGS = 100
ENTRIES = 400
LONG = "x" * 3500
SILENCE_S = 60      # longer than any deadline for a handshake


class Tls(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.certificate = Certificate(cls.stack.dir, "relay")
        cls.stack.tls = cls.certificate.client()
        cls.metrics_port = free_port()
        cls.stack.start_relay(*cls.certificate.options, "--metrics-listen", f"127.0.0.1:{cls.metrics_port}")

    def connect(self):
        return self.enterContext(
            socket.create_connection(("127.0.0.1", self.stack.relay_port), timeout=SILENCE_S))

    def connect_tls(self, client, **options):
        return self.enterContext(
            client.wrap_socket(self.connect(), server_hostname="127.0.0.1", **options))

    def test_http_is_answered(self):
        for path in ("/livez", "/readyz", "/matches", "/"):
            with urllib.request.urlopen(self.stack.url + path, timeout=LONG_S, context=self.stack.tls) as answer:
                self.assertEqual(answer.status, 200, path)
                self.assertTrue(answer.read(), path)

    def test_the_port_for_metrics_is_without_it(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=LONG_S) as answer:
            self.assertIn(b"commentary_connects_total", answer.read())

    def test_a_stream_of_events_goes_on(self):
        match = self.stack.create_match("live")
        with urllib.request.urlopen(f"{self.stack.url}/matches/{match}/events", timeout=LONG_S,
                                    context=self.stack.tls) as stream:
            self.stack.sql(f"SELECT commentary.post({match}, 'over TLS')")
            self.assertTrue(any(b"over TLS" in line for line in stream))

    async def test_a_viewer_sees_each_entry_once_in_order(self):
        match = self.stack.create_match("live")
        viewer = await Viewer(self.stack, match).join()
        self.stack.sql("INSERT INTO commentary.feed (match_id, message) "
                       f"SELECT {match}, 'entry ' || n FROM generate_series(1, {ENTRIES}) n")
        last = self.stack.head(match)
        await asyncio.wait_for(viewer.follow(lambda: last), LONG_S)
        self.assertEqual((viewer.doubles, viewer.gaps, viewer.connects), (0, 0, 1))
        await viewer.close()

    async def test_who_reads_late_gets_all(self):
        """Sends more than the kernel keeps for a client that does not read, so it is sent in pieces."""
        match = self.stack.create_match("live")
        viewer = await Viewer(self.stack, match).join()
        viewer.socket.transport.pause_reading()
        self.stack.sql(f"INSERT INTO commentary.feed (match_id, message) "
                       f"SELECT {match}, '{LONG}' FROM generate_series(1, 200)")
        last = self.stack.head(match)
        other = Viewer(self.stack, match)
        await asyncio.wait_for(other.follow(lambda: last), LONG_S)      # so much has been sent by now
        viewer.socket.transport.resume_reading()
        await asyncio.wait_for(viewer.follow(lambda: last), LONG_S)
        self.assertEqual((viewer.doubles, viewer.gaps, viewer.connects), (0, 0, 1))
        self.assertEqual(viewer.bodies, other.bodies)
        await viewer.close()
        await other.close()

    def test_messages_that_come_in_one_record_are_all_heard(self):
        """The library reads 256 bytes at once, and what is left is not in the socket any more."""
        peer = Raw(self.stack, self.connect_tls(self.stack.tls)).join()
        peer.send(text('{"type":"ping"}') * PINGS)
        kinds = []
        while kinds.count("pong") < PINGS and (got := peer.frame()):
            kinds.append(json.loads(got[1])["type"])
        self.assertEqual(kinds.count("pong"), PINGS)

    def test_old_versions_are_refused(self):
        client = self.certificate.client()
        with warnings.catch_warnings():     # they are old: that is what it is about
            warnings.simplefilter("ignore")
            client.minimum_version = ssl.TLSVersion.TLSv1
            client.maximum_version = ssl.TLSVersion.TLSv1_1
        client.set_ciphers("DEFAULT:@SECLEVEL=0")
        with self.assertRaisesRegex(ssl.SSLError, "(?i)protocol.version"):
            self.connect_tls(client)

    def test_both_versions_that_are_left_work(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            client = self.certificate.client()
            client.minimum_version = client.maximum_version = version
            self.assertIn("GCM", self.connect_tls(client).cipher()[0])

    def test_a_session_is_resumed(self):
        client = self.certificate.client()
        client.maximum_version = ssl.TLSVersion.TLSv1_2
        first = self.connect_tls(client)
        self.assertTrue(self.connect_tls(client, session=first.session).session_reused)

    def test_http_2_is_never_agreed_on(self):
        client = self.certificate.client()
        client.set_alpn_protocols(["h2", "http/1.1"])
        self.assertEqual(self.connect_tls(client).selected_alpn_protocol(), "http/1.1")

    def test_who_does_not_shake_hands_is_closed(self):
        silent, halfway, idle = self.connect(), self.connect(), self.connect_tls(self.stack.tls)
        halfway.sendall(b"\x16\x03\x01\x02\x00\x01")        # how a ClientHello begins
        for peer in (silent, halfway, idle):
            self.assertEqual(peer.recv(1), b"")

    def test_who_speaks_http_is_closed(self):
        peer = self.connect()
        peer.sendall(b"GET /livez HTTP/1.1\r\nHost: relay\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            while piece := peer.recv(4096):
                self.assertNotIn(b"HTTP/1.1 200", piece)
        self.test_http_is_answered()


class Files(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.good = Certificate(cls.stack.dir, "good")
        cls.other = Certificate(cls.stack.dir, "other")

    def is_refused(self, words, *options):
        """A relay does not start with these options, and --check-config refuses them."""
        for more in ((), ("--check-config",)):
            done = run_relay("--listen", "127.0.0.1:0", *options, *more)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(words, done.stderr)

    def test_one_without_the_other(self):
        self.is_refused("where is the key?", "--tls-cert", self.good.cert)
        self.is_refused("where is the certificate?", "--tls-key", self.good.key)

    def test_a_file_that_is_not_there(self):
        self.is_refused("cannot read /nonexistent: No such file", "--tls-cert", "/nonexistent",
                        "--tls-key", self.good.key)
        self.is_refused("cannot read /nonexistent: No such file", "--tls-cert", self.good.cert,
                        "--tls-key", "/nonexistent")

    def test_a_file_that_may_not_be_read(self):
        closed = Certificate(self.stack.dir, "closed")
        os.chmod(closed.key, 0)
        if os.access(closed.key, os.R_OK):
            self.skipTest("who runs this may read every file")
        self.is_refused(f"cannot read {closed.key}: Permission denied", *closed.options)

    def test_a_file_of_something_else(self):
        self.is_refused("not a certificate", "--tls-cert", self.good.key, "--tls-key", self.good.key)
        self.is_refused("not a private key", "--tls-cert", self.good.cert, "--tls-key", self.good.cert)
        self.is_refused("not a certificate", "--tls-cert", "/dev/null", "--tls-key", self.good.key)

    def test_a_key_of_another_certificate(self):
        self.is_refused(f"{self.other.key} is not the key of {self.good.cert}",
                        "--tls-cert", self.good.cert, "--tls-key", self.other.key)

    def test_a_key_with_a_passphrase(self):
        locked = f"{self.stack.dir}/locked.key"
        Certificate.openssl("pkey", "-in", self.good.key, "-aes128", "-passout", "pass:sesame", "-out", locked)
        self.is_refused("has a passphrase", "--tls-cert", self.good.cert, "--tls-key", locked)

    def test_a_certificate_that_has_expired(self):
        expired = Certificate(self.stack.dir, "expired")
        expired.certify(-2, -1)
        self.is_refused("expired at", *expired.options)

    def test_a_certificate_that_is_not_valid_yet(self):
        early = Certificate(self.stack.dir, "early")
        early.certify(1, 2)
        self.is_refused("not valid yet", *early.options)

    def test_files_that_are_right(self):
        done = run_relay("--check-config", *self.good.options)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn(f"tls-cert = {self.good.cert}", done.stdout.splitlines())


if __name__ == "__main__":
    run(Tls, Files)
