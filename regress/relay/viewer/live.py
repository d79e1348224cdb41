#!/usr/bin/python3
"""One viewer and the relay: joining, resuming, errors, and the end."""
import json
import signal

import websockets

from support.base.case import Case, run
from support.base.stack import run_relay
from support.viewer.viewer import Viewer


class Live(Case):
    relay_options = ()

    async def asyncSetUp(self):
        self.match = self.stack.create_match()
        self.viewers = []

    async def asyncTearDown(self):
        for viewer in self.viewers:
            await viewer.close()

    def post(self, message):
        self.stack.sql(f"INSERT INTO commentary.feed (match_id, message) VALUES ({self.match}, '{message}')")

    async def viewer(self, match=None):
        viewer = Viewer(self.stack, self.match if match is None else match)
        self.viewers.append(viewer)
        await viewer.connect()
        self.assertEqual((await viewer.next())["type"], "welcome")
        return viewer

    async def test_history_and_live_join_without_a_gap(self):
        for n in range(5):
            self.post(f"before {n}")
        viewer = await self.viewer()
        joined = await viewer.next()
        self.assertEqual((joined["type"], joined["recovered"]), ("subscribed", False))
        self.assertLessEqual(joined["head"], 6)  # the last may still be on its way to the relay
        self.assertEqual(joined["state"]["home"], "Home")
        self.post("after")
        while (await viewer.next()).get("message") != "after":
            pass
        self.assertEqual((len(viewer.bodies), viewer.gaps, viewer.doubles), (7, 0, 0))
        self.assertEqual(viewer.bodies, self.stack.bodies(self.match))

    async def test_a_change_of_the_match_reaches_match_and_lobby(self):
        viewer = await self.viewer()
        await viewer.next("subscribed")
        lobby = await self.viewer("lobby")
        joined = await lobby.next("subscribed")
        self.assertIn(self.match, [state["match"] for state in joined["state"]])
        self.stack.sql(f"UPDATE commentary.match SET status = 'live' WHERE match_id = {self.match}")
        while (await viewer.next("match"))["state"]["status"] != "live":
            pass
        while (await lobby.next("match"))["state"] .get("status") != "live":
            pass
        new = self.stack.create_match()
        while (await lobby.next("match_created"))["state"]["match"] != new:
            pass

    async def test_resume_gives_what_was_missed(self):
        viewer = await self.viewer()
        await viewer.next("subscribed")
        await viewer.next("match")
        await viewer.close()
        self.post("missed 1")
        self.post("missed 2")
        await viewer.connect()
        self.assertTrue((await viewer.next("subscribed"))["recovered"])
        self.assertEqual((await viewer.next("commentary"))["message"], "missed 1")
        self.assertEqual((await viewer.next("commentary"))["message"], "missed 2")

    async def test_a_since_that_cannot_be_starts_afresh(self):
        for epoch, seq in (("ffffffffffffffff", 1), (self.stack.sql("SELECT commentary.epoch()"), 99)):
            viewer = await self.viewer()
            await viewer.next("subscribed")
            await viewer.close()
            await viewer.socket.wait_closed()
            viewer.epoch, viewer.bodies = epoch, [""] * seq
            await viewer.connect()
            self.assertFalse((await viewer.next("subscribed"))["recovered"])

    async def test_an_entry_too_large_for_a_notification_comes_whole(self):
        viewer = await self.viewer()
        await viewer.next("subscribed")
        self.stack.sql("INSERT INTO commentary.feed (match_id, message, metadata) VALUES"
                       f" ({self.match}, 'large', jsonb_build_object('pad', repeat('x', 15000)))")
        message = await viewer.next("commentary")
        self.assertEqual(len(message["metadata"]["pad"]), 15000)

    async def test_what_is_wrong_is_told_and_closes_nothing(self):
        viewer = await self.viewer()
        await viewer.next("subscribed")
        for request, code in (
                ("nonsense", "bad_request"),
                ('{"type":"subscribe"}', "bad_request"),
                ('{"type":"subscribe","match":999999}', "unknown_match"),
                ('{"type":"subscribe","match":%d}' % self.match, "already_subscribed"),
                ('{"type":"unsubscribe","match":999998}', "not_subscribed"),
                ('{"type":"dance"}', "unknown_type")):
            await viewer.socket.send(request)
            self.assertEqual((await viewer.next("error"))["code"], code, request)
        await viewer.socket.send('{"type":"ping"}')
        await viewer.next("pong")
        await viewer.socket.send(json.dumps({"type": "unsubscribe", "match": self.match}))
        await viewer.next("unsubscribed")

    async def test_a_wrong_subscription_leaves_the_right_one_alone(self):
        viewer = await self.viewer()
        await viewer.next("subscribed")
        wrong = ["5", "", "\u202e", -1, 7.5, 2 ** 53, 1e30, True, "lobby "]
        for match in wrong * 5:
            await viewer.socket.send(json.dumps({"type": "subscribe", "match": match}))
            error = await viewer.next("error")
            self.assertIn(error["code"], ("bad_request", "unknown_match"))
            self.assertEqual(error["match"], match)
        self.post("the right one goes on")
        self.assertEqual((await viewer.next("commentary"))["message"], "the right one goes on")

    async def test_too_large_a_message_closes(self):
        viewer = await self.viewer()
        await viewer.socket.send("x" * 5000)
        with self.assertRaises(websockets.ConnectionClosed) as closed:
            while True:
                await viewer.next()
        self.assertEqual(closed.exception.rcvd.code, 1009)

    async def test_an_outage_of_the_database_loses_nothing(self):
        viewer = await self.viewer()
        await viewer.next("subscribed")
        self.stack.stop_postgres("immediate")
        await viewer.next("stale")
        self.stack.start_postgres()
        self.post("after the outage")
        # `live` may come before the entry or after it: the entry is newer than the outage
        seen = {}
        while {"commentary", "live"} - set(seen):
            message = await viewer.next()
            seen[message["type"]] = message
        self.assertEqual(seen["commentary"]["message"], "after the outage")
        self.assertEqual((viewer.gaps, viewer.doubles), (0, 0))

    async def test_a_taken_port_is_told(self):
        done = run_relay("--listen", f"127.0.0.1:{self.stack.relay_port}", "--database", self.stack.conninfo)
        self.assertEqual(done.returncode, 3)
        self.assertIn("--listen", done.stderr)

    async def test_a_relay_that_was_killed_can_be_started_at_once(self):
        """Its worker, which holds the port, is still there for a moment."""
        viewer = await self.viewer()
        await viewer.next("subscribed")
        for n in range(5):
            self.stack.stop_relay(signal.SIGKILL)
            self.post(f"after {n}")
            self.stack.start_relay()
            await viewer.connect()
            await viewer.next("subscribed")
            self.assertEqual((await viewer.next("commentary"))["message"], f"after {n}")
        self.assertEqual((viewer.gaps, viewer.doubles, viewer.starts), (0, 0, 1))

    async def test_sigterm_says_goodbye(self):
        viewer = await self.viewer()
        await viewer.next("subscribed")
        self.stack.relay.send_signal(signal.SIGTERM)
        retry_ms, code = await viewer.bye()
        self.assertGreaterEqual(retry_ms, 0)
        self.assertEqual(code, 1001)
        self.assertEqual(self.stack.stop_relay(), 0)
        self.stack.start_relay()


if __name__ == "__main__":
    run(Live)
