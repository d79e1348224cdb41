#!/usr/bin/python3
"""Clients from before an upgrade, and those of today, with what can be wrong with a subscription.

A page stays open for hours: the relay, the extension and the database are upgraded under it.
"""
import asyncio
import json
import os
import shutil
import signal
import unittest

from support.audit.writer import Writer
from support.base.case import Case, run
from support.base.stack import LONG_S
from support.viewer.audience import until
from support.viewer.node_client import OF_1_1, TODAY, NodeClient
from support.viewer.viewer import Viewer

OLD_RELAY = os.environ.get("COMMENTARY_OLD_RELAY", "")
# What another program may take for a match: numbers in quotes, and what is none at all.
WRONG = [*(str(number) for number in range(1, 41)), "", "lobby ", "\u202e7", "x" * 60, -1, 7.5, 1e30,
         9223372036854776000, True]


@unittest.skipUnless(shutil.which("node"), "there is no Node")
class Clients(Case):
    async def asyncSetUp(self):
        self.clients, self.writers = [], []
        self.match, self.other = self.stack.create_matches(2, "live")

    async def asyncTearDown(self):
        for writer in self.writers:
            writer.stop()
        for client in self.clients:
            self.assertEqual(await client.stop(), 0)

    async def client(self, module):
        self.clients.append(await NodeClient.start(self.stack, module))
        return self.clients[-1]

    def post(self, message, match=None):
        self.stack.sql(f"SELECT commentary.post({match or self.match}, '{message}')")

    def write(self):
        self.writers.append(Writer(self.stack.conninfo, self.match))

    def table(self):
        return [json.loads(body) for body in self.stack.bodies(self.match)]

    async def until_same_lobby(self, one, other):
        await until(lambda: one.starts.get("lobby") and one.shown["lobby"] == other.shown.get("lobby"),
                    "both show the same of the lobby")

    async def assert_whole(self, *clients, starts=1):
        """Each shows the log, once and in order, and what was acknowledged is in it."""
        acknowledged = {message for writer in self.writers for message in writer.stop()}
        last = f"the last one, {starts}"
        self.post(last)
        for client in clients:
            await client.sees(self.match, last)
            self.assertEqual(client.shown[self.match], self.table())
            self.assertEqual(client.starts[self.match], starts)
        self.assertEqual(acknowledged - {entry.get("message") for entry in self.table()}, set())


class OldAndNew(Clients):
    relay_options = ("--drain", "1s")

    async def test_each_shows_every_line_once_through_restarts_of_the_relay(self):
        clients = [(await self.client(module)).connect(self.match) for module in (OF_1_1, TODAY)]
        self.write()
        for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGTERM):
            self.post(f"before {number}")
            for client in clients:
                await client.sees(self.match, f"before {number}")
            await asyncio.to_thread(self.stack.stop_relay, number)
            self.post("while it is away")
            await asyncio.to_thread(self.stack.start_relay, *self.relay_options)
        await self.assert_whole(*clients)

    async def test_another_epoch_that_lost_nothing_costs_no_fresh_start(self):
        clients = [(await self.client(module)).connect(self.match, "lobby") for module in (OF_1_1, TODAY)]
        self.write()
        for n in range(3):
            self.post(f"before {n}")
            for client in clients:
                await client.sees(self.match, f"before {n}")
            epoch = await asyncio.to_thread(self.stack.sql, "SELECT commentary.begin_epoch()")
            self.post(f"after {n}")
            for client in clients:
                await client.sees(self.match, f"after {n}")
            await asyncio.to_thread(self.stack.stop_relay, signal.SIGKILL)  # they resume in that epoch
            await asyncio.to_thread(self.stack.start_relay, *self.relay_options)
            self.assertIn(f"epoch={epoch}", self.stack.relay_said())
        await self.assert_whole(*clients)
        await self.until_same_lobby(*clients)
        for client in clients:
            self.assertEqual(client.starts["lobby"], 1)

    async def test_corrections_and_states_reach_each(self):
        clients = [(await self.client(module)).connect(self.match, "lobby") for module in (OF_1_1, TODAY)]
        self.post("a line")
        self.stack.sql(f"SELECT commentary.amend({self.match}, 2, message => 'another line'),"
                       f" commentary.retract({self.match}, 2, 'a mistake')")
        self.stack.sql(f"UPDATE commentary.match SET home_score = 1 WHERE match_id = {self.match}")
        await self.assert_whole(*clients)
        await self.until_same_lobby(*clients)

    async def test_wrong_subscriptions_of_a_page_that_is_open_end_no_other(self):
        """The client of 1.1 says whatever it is told: the relay's errors name what was wrong."""
        client = (await self.client(OF_1_1)).connect(*WRONG[:20], self.match, *WRONG[20:], self.other)
        self.post("the right one goes on")
        await client.sees(self.match, "the right one goes on")
        await until(lambda: len(client.errors) == len(WRONG), "it is told of each")
        self.assertEqual([match for _, match in client.errors], WRONG)
        self.assertEqual({code for code, _ in client.errors}, {"bad_request"})
        await asyncio.to_thread(self.stack.stop_relay, signal.SIGKILL)
        await asyncio.to_thread(self.stack.start_relay, *self.relay_options)
        self.post("and is the only one that is asked for again")
        await client.sees(self.match, "and is the only one that is asked for again")
        self.assertEqual(len(client.errors), len(WRONG))
        self.assertEqual(client.states.count("offline"), client.states.count("connecting") - 1)
        await self.assert_whole(client)

    async def test_wrong_subscriptions_of_today_are_told_at_once(self):
        client = await self.client(TODAY)
        client.connect(self.match)
        for match in [*WRONG, None, [], {}]:
            client.call("follow", match)
        client.call("follow", self.other, {"history": "5"})
        client.call("follow", self.other, {"since": {"seq": 5}})
        self.post("the right one goes on")
        await client.sees(self.match, "the right one goes on")
        self.assertEqual(len(client.thrown), len(WRONG) + 5)
        self.assertIn('TypeError: a match is a whole number from 1 to 2 ** 53 - 1, or \'lobby\','
                      ' and not the string "5": pass Number("5")', client.thrown)
        self.assertEqual(client.errors, [])
        await self.assert_whole(client)

    async def test_matches_that_there_are_not_end_no_other(self):
        for module in (OF_1_1, TODAY):
            client = (await self.client(module)).connect(*range(10 ** 9, 10 ** 9 + 100), self.match)
            self.post(f"for {module}")
            await client.sees(self.match, f"for {module}")
            await until(lambda told=client.errors: len(told) == 100, "it is told of each")
            self.assertEqual(sorted(client.errors),
                             [("unknown_match", match) for match in range(10 ** 9, 10 ** 9 + 100)])
            self.assertNotIn("offline", client.states)

    async def test_followed_again_and_again_before_the_first_answer(self):
        for n in range(10):
            self.post(f"line {n}")
        client = await self.client(TODAY)
        client.call_at_once(["connect"], *(call for history in (0, 3, 0, 7, 500) for call in (
            ["follow", self.match, {"history": history}], ["follow", self.other], ["unfollow", self.other])))
        await self.assert_whole(client)
        client.call_at_once(    # once more, now that it has joined
            *(["follow", self.match, {"history": history}] for history in (5, 500)))
        self.write()
        self.post("once more")
        await client.sees(self.match, "once more")
        await self.assert_whole(client, starts=2)
        self.assertEqual((client.errors, client.states), ([], ["connecting", "live"]))


class Upgrade(Clients):
    """Version 1.1 is installed, and is updated while it is in use."""

    async def asyncSetUp(self):
        self.stack.sql("DROP EXTENSION commentary CASCADE")
        self.stack.sql("CREATE EXTENSION commentary VERSION '1.1'")
        await super().asyncSetUp()

    async def asyncTearDown(self):
        await super().asyncTearDown()
        self.stack.stop_relay()

    async def join_all(self):
        """Both clients, and a viewer that compares bytes."""
        self.viewer = await Viewer(self.stack, self.match).join()
        self.follow = asyncio.create_task(self.viewer.follow(lambda: self.end, drop_after=200))
        self.end = 1 << 60
        clients = [(await self.client(module)).connect(self.match) for module in (OF_1_1, TODAY)]
        self.write()
        self.post("before the upgrade")
        for client in clients:
            await client.sees(self.match, "before the upgrade")
        return clients

    def update(self):
        """Under load its locks may have to wait; whoever deadlocks with it tries again."""
        self.stack.sql("ALTER EXTENSION commentary UPDATE")
        self.assertEqual(self.stack.sql("SELECT extversion = default_version FROM pg_extension, pg_available_extensions"
                                        " WHERE extname = 'commentary' AND name = 'commentary'"), "t")

    async def end_all(self, clients):
        self.post("after the upgrade")
        for client in clients:
            await client.sees(self.match, "after the upgrade")
        await self.assert_whole(*clients)
        self.end = self.stack.head(self.match)
        await asyncio.wait_for(self.follow, LONG_S)
        self.assertEqual(self.viewer.bodies, self.stack.bodies(self.match))
        self.assertEqual((self.viewer.gaps, self.viewer.doubles, self.viewer.starts), (0, 0, 1))
        await self.viewer.close()

    async def test_the_extension_is_updated_under_viewers_and_writers(self):
        self.stack.start_relay("--heartbeat", "1s", "--drain", "1s")
        clients = await self.join_all()
        await asyncio.to_thread(self.update)
        await self.end_all(clients)

    @unittest.skipUnless(OLD_RELAY, "the relay of 1.1 cannot be built: its commit is not in this checkout")
    async def test_the_relay_and_the_extension_are_upgraded_one_after_the_other(self):
        """First the relay, as the README says, or last: nobody begins afresh."""
        await asyncio.to_thread(self.start_old_relay)
        clients = await self.join_all()
        await asyncio.to_thread(self.update)
        self.post("with a relay of before")
        for client in clients:
            await client.sees(self.match, "with a relay of before")
        await asyncio.to_thread(self.stack.stop_relay)
        self.post("without a relay")
        await asyncio.to_thread(self.stack.start_relay, "--heartbeat", "1s", "--drain", "1s")
        await self.end_all(clients)

    def start_old_relay(self):
        today = os.environ["COMMENTARY_RELAY"]
        os.environ["COMMENTARY_RELAY"] = OLD_RELAY
        try:
            self.stack.start_relay("--heartbeat", "1s", "--drain", "1s")
        finally:
            os.environ["COMMENTARY_RELAY"] = today


if __name__ == "__main__":
    run(OldAndNew, Upgrade)
