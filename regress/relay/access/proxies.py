#!/usr/bin/python3
"""--trusted-proxies: a client behind a proxy counts by its own address, and cannot choose which."""
import unittest

from support.base.case import run
from support.base.port import has_ipv6
from support.base.stack import run_relay
from support.viewer.peers import Peers

TRUSTED = "127.0.0.0/8, ::1, 10.0.0.0/8"


class Proxies(Peers):
    """One viewer for each address: a refused one came from the same address as another."""

    def start(self, trusted, listen="127.0.0.1"):
        self.stack.start_relay_with("--listen", f"{listen}:{self.stack.relay_port}", "--database",
                                    self.stack.conninfo, "--max-viewers-per-address", "1",
                                    "--trusted-proxies", trusted)

    def come(self, *forwarded, host="127.0.0.1"):
        """The status of a handshake with these headers; an accepted viewer stays."""
        return self.status(*(f"X-Forwarded-For: {value}" for value in forwarded), host=host)

    def test_each_address_behind_the_proxy_counts_alone(self):
        self.start(TRUSTED)
        self.assertEqual(self.come("192.0.2.1"), 101)
        self.assertEqual(self.come("192.0.2.2"), 101)
        self.assertEqual(self.come("192.0.2.1"), 429)
        self.assertEqual(self.come("2001:db8:0:1::1"), 101)
        self.assertEqual(self.come("2001:db8:0:2::1"), 101)
        self.assertEqual(self.come("2001:db8:0:1::2"), 429)

    def test_what_a_viewer_invents_is_of_no_use(self):
        self.start(TRUSTED)
        self.assertEqual(self.come("192.0.2.1"), 101)
        for invented in ("198.51.100.1", "10.0.0.1", "127.0.0.1", "nonsense", "", "1.2.3.4," * 100):
            self.assertEqual(self.come(f"{invented}, 192.0.2.1"), 429, invented)
            self.assertEqual(self.come(invented, "192.0.2.1"), 429, invented)

    def test_proxies_behind_the_proxy_are_passed_by(self):
        self.start(TRUSTED)
        self.assertEqual(self.come("192.0.2.1, 10.0.0.2", "10.0.0.1"), 101)
        self.assertEqual(self.come("192.0.2.1, 10.0.0.3"), 429)
        self.assertEqual(self.come("192.0.2.2, 10.0.0.2"), 101)

    def test_who_is_no_trusted_proxy_is_not_believed(self):
        self.start("10.0.0.0/8")
        self.assertEqual(self.come("192.0.2.1"), 101)
        self.assertEqual(self.come("192.0.2.2"), 429)

    def test_nobody_is_believed_by_default(self):
        self.start("")
        self.assertEqual(self.come("192.0.2.1"), 101)
        self.assertEqual(self.come("192.0.2.2"), 429)

    @unittest.skipUnless(has_ipv6(), "there is no IPv6 here")
    def test_a_proxy_comes_by_either_family(self):
        self.start(TRUSTED, listen="[::]")
        self.assertEqual(self.come("192.0.2.1", host="::1"), 101)
        self.assertEqual(self.come("192.0.2.1", host="127.0.0.1"), 429)
        self.assertEqual(self.come("192.0.2.2", host="127.0.0.1"), 101)

    def test_the_log_names_who_is_refused(self):
        self.start(TRUSTED)
        self.assertEqual([self.come("192.0.2.77"), self.come("192.0.2.77")], [101, 429])
        self.assertIn("address=192.0.2.77 why=max-viewers-per-address", self.stack.relay_said())


class Wrong(unittest.TestCase):
    def test_what_is_no_network_is_told(self):
        for word in ("10.0.0.0/33", "10.0.0.1/8", "proxy.example.org"):
            done = run_relay("--check-config", "--trusted-proxies", f"127.0.0.1 {word}")
            self.assertEqual(done.returncode, 2)
            self.assertIn(f'"{word}" is not a network', done.stderr)


if __name__ == "__main__":
    run(Proxies, Wrong)
