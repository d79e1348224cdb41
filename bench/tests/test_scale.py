#!/usr/bin/python3
"""What bench-scale and bench-tls measure with: sessions by what they do, quantiles, idle viewers,
certificates."""

import os
import re
import socket
import tempfile
import threading
import unittest
from unittest import mock

from tests import run

from commentary_bench import certificates, costs, machine, pairs, sessions, viewers
from commentary_bench.cluster import Cluster, troubles_of
from commentary_bench.figures import Figures
from commentary_bench.listeners import Listeners
from commentary_bench.processes import wait_until
from commentary_bench.studies import scale, tls

EVENT = b'id: 1:2\nevent: commentary\ndata: {"type":"commentary"}\n\n'


class Sessions(unittest.TestCase):
    def test_by_what_they_do(self):
        self.assertEqual(
            sessions.grouped("7 flusher\n8 relays\n9 relays\n"), {"flusher": [7], "relays": [8, 9]}
        )

    def test_one_that_has_ended_is_left_out(self):
        cluster = mock.Mock()
        cluster.sql.return_value = f"{os.getpid()} writer\n{2**30} rest"
        found = sessions.cpu_ns(cluster)
        self.assertGreater(found["writer"][os.getpid()], 0)
        self.assertEqual(found["rest"], {})
        self.assertIsNone(machine.cpu_ns(2**30))


class Cost(unittest.TestCase):
    def test_growth_between_two_moments(self):
        before = {"at": 10, "cpu_ns": {"relays": {1: 0, 2: 5}, "rest": {3: 0}}, "wal": 1000, "entries": 0, "queue": 0}
        after = {"at": 12, "cpu_ns": {"relays": {1: 2e8, 2: 2e8 + 5}, "rest": {3: 1e8}}, "wal": 5000, "entries": 10}
        found = costs.figures_of(before, after | {"queue": 0.25})
        self.assertEqual((found["relays_us"], found["rest_us"], found["flusher_us"]), (40_000, 10_000, 0))
        self.assertEqual((found["cpu_us"], found["wal_bytes"], found["entries_per_s"]), (50_000, 400, 5))
        self.assertEqual(found["queue_pct"], 25)

    def test_quantiles_of_a_histogram(self):
        found = scale.quantiles([("131.072", "50"), ("262.144", "40"), ("917.504", "10")])
        self.assertAlmostEqual(found["delay_q50_us"], 131.072 * 9 / 8, places=1)
        self.assertAlmostEqual(found["delay_q25_us"], 131.072 * 17 / 16, places=1)
        self.assertAlmostEqual(found["delay_q90_us"], 262.144 * 9 / 8, places=1)
        self.assertTrue(917.5 < found["delay_q99_us"] < 917.5 + 65.6)
        self.assertEqual(scale.quantiles(None), {})

    def test_a_server_that_comes_or_goes_is_no_trouble(self):
        lines = ["FATAL:  the database system is shutting down\n", "FATAL:  out of memory\n"]
        self.assertEqual(troubles_of(lines), ["FATAL:  out of memory"])

    def test_several_hosts_for_a_relay(self):
        first, second = Cluster(None, "/w"), Cluster(None, "/w", "standby")
        self.assertEqual(first.conninfo(), "host=/w/server user=bench dbname=bench")
        self.assertIn("host=/w/server,/w/standby ", first.conninfo(second))


class Pairs(unittest.TestCase):
    def setUp(self):
        self.figures = Figures()
        self.run = mock.Mock(record=self.record)

    def record(self, case, x, repetition, **figures):
        for metric, value in figures.items():
            self.figures.add(case, x, repetition, metric, value)

    def window(self, cpu_us):
        return dict.fromkeys(
            ("relays_us", "flusher_us", "writer_us", "wal_bytes", "entries_per_s", "relay_us"), 1
        ) | {"cpu_us": cpu_us}

    def test_each_is_compared_with_the_time_before_and_after(self):
        pairs.record(self.run, "with edges", "1.1", self.window(330), (self.window(200), self.window(400)))
        pairs.record(self.run, "with edges", "1.2", self.window(330), (self.window(400), self.window(200)))
        self.assertEqual(pairs.ratio(self.figures, "with edges"), (1.1, 1.1, 1.1))

    def test_goals_and_table(self):
        for case in pairs.COMPARED:
            pairs.record(self.run, case, "1.1", self.window(230), (self.window(200), self.window(200)))
        self.assertEqual([goal.verdict() for goal in pairs.goals_of(self.figures)], ["reached", "reached"])
        self.assertIn("| **PostgreSQL** | 200 | 230 | 1.15 | 200 | 230 | 1.15 |", pairs.told(self.figures))
        self.assertIn("| – |", pairs.told(Figures()))

    def test_a_viewer_that_got_too_little_is_a_fault(self):
        with mock.patch.object(costs, "PATIENCE_S", 0):
            costs.must_have_all(self.run, "with edges", lambda: [99, 97], 100)
        self.run.fault.assert_called_once_with("with edges: a viewer got 97 of 100 entries")


class Load(unittest.TestCase):
    def test_the_text_is_that_of_the_load_tool(self):
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../src/fanout/entry.c")
        first, second = re.search(r'words\[\] =\s*"(.*?)"\s*"(.*?)";', machine.read(source)).groups()
        self.assertEqual(viewers.text(), ((first + second) * 2)[: viewers.TEXT_BYTES - 1] + ".")

    def test_idle_viewers_read_what_comes(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            server = threading.Thread(target=self.serve, args=(listener,), daemon=True)
            server.start()
            port = listener.getsockname()[1]
            with Listeners([port], "/matches/1/events") as listening:
                self.assertTrue(wait_until(60, lambda: listening.entries() == [3]))
            server.join(60)
        self.assertIn(b"GET /matches/1/events HTTP/1.1", self.asked)

    def serve(self, listener):
        opened, _ = listener.accept()
        with opened:
            self.asked = opened.recv(4096)
            opened.sendall(EVENT * 3)


class Tls(unittest.TestCase):
    def test_a_certificate_for_both_servers(self):
        with tempfile.TemporaryDirectory() as folder:
            places = mock.Mock(runner="root", make_runner_folder=os.makedirs)
            made = certificates.make(mock.Mock(work=folder, places=places, cluster=mock.Mock(folder=f"{folder}/server")))
            self.assertIn("BEGIN CERTIFICATE", machine.read(made.path))
            self.assertEqual(os.stat(made.key).st_mode & 0o777, 0o600)
            study = mock.Mock(certificate=made)
            self.assertEqual(tls.command(study, "relay"), ["relay"])
            self.assertEqual(tls.command(study, "relay tls")[1:3], ["--tls-cert", made.path])
            self.assertIn(f"ssl_certificate {made.path};", tls.command(study, "nchan tls")[1])

    def test_the_kernel_is_asked(self):
        self.assertIn(certificates.kernel_tls(), ["the kernel has none", "the kernel has it"])


if __name__ == "__main__":
    run(Sessions, Cost, Pairs, Load, Tls)
