#!/usr/bin/python3
"""/metrics: what Prometheus reads, strictly; who may read it; and that the figures are right."""
import asyncio
import socket
import urllib.error

import websockets

from support.base.case import Case, run
from support.base.metrics import Metrics, get
from support.base.port import free_port, free_ports
from support.base.stack import DEADLINE_S, wait_for
from support.viewer import handshake
from support.viewer.dial import dial
from support.viewer.viewer import Viewer


def status(port, path="/metrics", **headers):
    try:
        get(port, path, **headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    return 200


class Tests(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.match = cls.stack.create_match("live")

    def tearDown(self):
        self.assertEqual(self.stack.stop_relay(), 0)

    def metrics(self):
        kind, text = get(self.stack.relay_port)
        self.assertEqual(kind, "text/plain; version=0.0.4; charset=utf-8")
        return Metrics(text)

    def becomes(self, series, value):
        wait_for(lambda: self.metrics()[series] == value, f"{series} is {value}")

    def post(self, count):
        self.stack.sql("INSERT INTO commentary.feed (match_id, message) SELECT "
                       f"{self.match}, 'line ' || n FROM generate_series(1, {count}) n")

    async def test_every_viewer_and_entry_is_counted(self):
        self.stack.start_relay()
        viewers = [await Viewer(self.stack, self.match).join() for _ in range(3)]
        before = self.metrics()
        self.assertEqual(before["commentary_viewers"], 3)
        self.assertEqual(before["commentary_connects_total"], 3)
        self.post(5)
        for viewer in viewers:
            last = (await viewer.next())["seq"]
            while (await viewer.next())["seq"] < last + 4:
                pass
        after = self.metrics()
        self.assertEqual(after["commentary_deliveries_total"] - before["commentary_deliveries_total"], 15)
        self.assertGreater(after["commentary_sent_bytes_total"], before["commentary_sent_bytes_total"])
        self.assertEqual(after["commentary_latency_seconds_count"], 5)
        self.assertGreater(after["commentary_latency_seconds_sum"], 0)
        self.assertLess(after["commentary_latency_seconds_sum"], 5 * 60)
        self.assertEqual(after["commentary_lag_entries"], 0)
        self.assertGreaterEqual(after["commentary_topics"], 2)
        self.assertGreater(after["commentary_cache_bytes"], 0)
        for viewer in viewers:
            await viewer.close()
        self.becomes(("commentary_closes_total", "normal"), 3)
        self.becomes("commentary_viewers", 0)

    async def test_refusals_and_closes_have_their_reason(self):
        self.stack.start_relay("--origins", "https://example.org", "--max-viewers-per-address", "1",
                               "--messages-per-viewer", "1")
        self.assertEqual(handshake.status(self.stack.relay_port, "Origin: https://elsewhere.example"), 403)
        viewer = await dial(f"ws://127.0.0.1:{self.stack.relay_port}/ws", compression=None)
        self.assertEqual(handshake.status(self.stack.relay_port), 429)
        self.assertEqual(status(self.stack.relay_port, "/ws"), 426)  # no handshake at all
        with self.assertRaises(websockets.ConnectionClosed):
            for _ in range(1000):
                await viewer.send('{"type":"ping"}')
            while True:
                await asyncio.wait_for(viewer.recv(), DEADLINE_S)
        self.becomes(("commentary_closes_total", "too_many"), 1)
        now = self.metrics()
        refused = "commentary_handshakes_refused_total"
        self.assertEqual([now[refused, reason] for reason in ("origin", "too_many", "malformed", "token")],
                         [1, 1, 0, 0])

    async def test_the_feed_is_seen_going_and_coming(self):
        self.stack.start_relay("--heartbeat", "2s")
        self.assertEqual(self.metrics()["commentary_feed_state", "live"], 1)
        self.stack.stop_postgres("immediate")
        self.becomes(("commentary_feed_state", "live"), 0)
        self.stack.start_postgres()
        self.becomes(("commentary_feed_state", "live"), 1)
        now = self.metrics()
        self.assertEqual(now["commentary_feed_connects_total"], 2)
        self.assertGreaterEqual(now["commentary_feed_losses_total"], 1)
        checks = ("commentary_catchup_queries_total", "check")
        wait_for(lambda: self.metrics()[checks] > now[checks], "a heartbeat is counted")

    async def test_on_the_port_of_viewers_they_are_for_this_machine(self):
        self.stack.start_relay()
        self.assertEqual(status(self.stack.relay_port), 200)
        forwarded = {"X-Forwarded-For": "192.0.2.1"}
        self.assertEqual(status(self.stack.relay_port, **forwarded), 403)
        self.assertEqual(status(self.stack.relay_port, "/livez", **forwarded), 200)

    async def test_a_port_of_their_own_has_nothing_for_viewers(self):
        port = free_port()
        self.stack.start_relay("--metrics-listen", f"127.0.0.1:{port}")
        self.assertIn("commentary_viewers 0\n", get(port)[1])
        self.assertEqual(status(self.stack.relay_port), 403)
        self.assertEqual([status(port, path) for path in ("/livez", "/readyz", "/", "/matches", "/ws")],
                         [200, 200, 404, 404, 404])
        self.assertEqual(handshake.status(port), 400)

    async def test_each_worker_has_metrics_of_its_own(self):
        port = free_ports(2)
        self.stack.start_relay("--workers", "2", "--drain", "1s", "--metrics-listen", f"127.0.0.1:{port}")
        viewer = await Viewer(self.stack, self.match).join()
        wait_for(lambda: self.is_open(port + 1), "the second worker listens")
        self.assertEqual(sum(Metrics(get(at)[1])["commentary_viewers"] for at in (port, port + 1)), 1)
        await viewer.close()

    @staticmethod
    def is_open(port):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    run(Tests)
