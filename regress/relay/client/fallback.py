#!/usr/bin/python3
"""The client where a WebSocket does not come through: over a stream of events, or by asking again and
again. On each way every entry comes once, in order, and a lost connection is resumed."""
import json
import shutil
import unittest

from support.base.case import Case, run
from support.fault.blocking_proxy import BlockingProxy
from support.viewer.audience import until
from support.viewer.node_client import TODAY, NodeClient

ALL = ["websocket", "events", "polling"]


@unittest.skipUnless(shutil.which("node"), "there is no Node")
class Fallback(Case):
    relay_options = ()

    async def asyncSetUp(self):
        self.match, self.other = self.stack.create_matches(2, "live")
        self.proxy = await BlockingProxy.start(self.stack.relay_port)
        self.client = None

    async def asyncTearDown(self):
        if self.client:
            self.assertEqual(await self.client.stop(), 0)
        await self.proxy.close()

    async def begin(self, blocked, *matches, **options):
        self.proxy.blocked = blocked
        options = {"transports": ALL, "answerMs": 10000, "pollMs": 200} | options
        self.client = await NodeClient.start(self.stack, TODAY, self.proxy.port, **options)
        self.client.connect(*matches, history=options.get("history", 500))

    def post(self, message, match=None):
        self.stack.sql(f"SELECT commentary.post({match or self.match}, '{message}')")

    def assert_whole(self, *matches):
        for match in matches:
            self.assertEqual(self.client.shown[match], [json.loads(body) for body in self.stack.bodies(match)])

    async def try_way(self, transport):
        """History, what is live, another match meanwhile, and a connection that is cut."""
        self.post("live")
        await self.client.sees(self.match, "live")
        self.assertEqual(self.client.transport, transport)
        self.client.call("follow", self.other, {"history": 500})
        self.post("of the other", self.other)
        await self.client.sees(self.other, "of the other")
        self.proxy.cut()
        self.post("while it was away")
        self.post("of the other too", self.other)
        await self.client.sees(self.match, "while it was away")
        await self.client.sees(self.other, "of the other too")
        self.assert_whole(self.match, self.other)
        self.assertEqual(self.client.starts[self.match], 1)
        self.client.call("unfollow", self.other)
        self.client.call("follow", 999999, {})
        await until(lambda: ("unknown_match", 999999) in self.client.errors, "an unknown match is told")
        self.post("the last one")
        await self.client.sees(self.match, "the last one")
        self.assert_whole(self.match)

    async def test_without_websockets_it_is_a_stream(self):
        self.post("history")
        await self.begin({"/ws": "refused"}, self.match)
        await self.try_way("events")

    async def test_without_streams_it_asks_again_and_again(self):
        self.post("history")
        await self.begin({"/ws": "held", "/events": "held"}, self.match, answerMs=2000)
        await self.try_way("polling")

    async def test_the_lobby_by_asking(self):
        await self.begin({"/ws": "refused", "/events": "refused"})
        self.client.call("follow", "lobby", {})
        await until(lambda: self.client.starts.get("lobby"), "the lobby is there")
        starts = self.client.starts["lobby"]
        self.stack.create_match()
        await until(lambda: self.client.starts["lobby"] > starts, "a new match is told")

    async def test_the_best_way_is_taken_again_when_it_is_open(self):
        await self.begin({"/ws": "refused"}, self.match, betterMs=500)
        self.post("by a stream")
        await self.client.sees(self.match, "by a stream")
        self.proxy.blocked = {}
        before = len(self.proxy.asked)  # a trial first, and when it is welcome, the change
        await until(lambda: self.proxy.asked[before:].count("/ws") >= 2, "it has changed")
        self.post("by a socket")
        await self.client.sees(self.match, "by a socket")
        self.assert_whole(self.match)
        self.assertEqual(self.client.starts[self.match], 1)
        states = len(self.client.states)
        self.proxy.cut()
        await until(lambda: len(self.client.states) > states, "it was cut off")
        self.assertEqual(self.client.transport, "websocket")

    def assert_shares(self, index, first, starts=1):
        """Checks that the subscription has the log from that seq on, once and in order."""
        own = self.client.own[index]
        self.assertEqual([event["event"] for event in own if event["event"] not in ("entry", "subscribed")], [])
        self.assertEqual(sum(event["event"] == "subscribed" and not event["recovered"] for event in own), starts)
        log = [json.loads(body) for body in self.stack.bodies(self.match)]
        self.assertEqual([event["entry"] for event in own if event["event"] == "entry"],
                         [entry for entry in log if entry["seq"] >= first])

    async def until_all_have(self, indexes, message):
        await until(lambda: all(any(event["event"] == "entry" and event["entry"].get("message") == message
                                    for event in self.client.own.get(index, [])) for index in indexes),
                    f"{indexes} have {message}")

    async def share(self, blocked):
        """Two components of a site follow one match, and a third one comes later, which wants more."""
        for n in range(10):
            self.post(f"history {n}")
        self.stack.sql("SELECT commentary.flush()")
        head = self.stack.head(self.match)
        await self.begin(blocked)
        self.client.call("subscribe", self.match, {})
        self.client.call("subscribe", self.match, {"history": 3})
        await until(lambda: {0, 1} <= set(self.client.own), "both have begun")
        self.post("live")
        await self.until_all_have([0, 1], "live")
        self.client.call("subscribe", self.match, {"history": 8})
        self.post("more")
        await self.until_all_have([0, 1, 2], "more")
        self.proxy.cut()
        self.post("while it was away")
        await self.until_all_have([0, 1, 2], "while it was away")
        third = self.client.own[2]
        newest = next(event["head"] for event in third if event["event"] == "subscribed")
        self.assert_shares(0, head + 1)
        self.assert_shares(1, head - 2)
        self.assert_shares(2, newest - 7)
        self.assertEqual(self.client.starts[self.match], 1, "the relay was asked to begin once")
        self.client.call("unsubscribe", 0)
        self.client.call("unsubscribe", 1)
        self.post("the last one")
        await self.until_all_have([2], "the last one")
        self.assertEqual([event["event"] for event in self.client.own[0]][-1:], ["end"])

    async def test_components_of_a_site_share_a_match(self):
        await self.share({})

    async def test_components_share_a_stream(self):
        await self.share({"/ws": "refused"})


if __name__ == "__main__":
    run(Fallback)
