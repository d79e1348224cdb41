#!/usr/bin/python3
"""A match of any sport: what its writer says reaches viewers as it was said, and older clients go on."""
import asyncio
import json
import shutil
import unittest
import urllib.request

from support.base.case import Case, run
from support.base.stack import LONG_S
from support.viewer.dial import dial
from support.viewer.node_client import OF_1_1, NodeClient
from support.viewer.viewer import Viewer

RACE = """SELECT commentary.create_match(title => 'Monaco Grand Prix', sport => 'formula_1', status => 'live',
    competition => 'Formula 1', clock => 'Lap 12/78', lang => 'en',
    leaderboard => '[{"rank": 1, "name": "C. Leclerc", "value": "1:31:44.742"}, {"name": "L. Norris"}]',
    metadata => '{"venue": {"name": "Circuit de Monaco"}, "weather": "Rain"}')"""
CRICKET = """SELECT commentary.create_match('England', 'Australia', sport => 'cricket', status => 'live',
    home_short => 'ENG', away_short => 'AUS', home_display => '245/7 & 13/0', away_display => '310')"""


class Sports(Case):
    relay_options = ()

    async def asyncSetUp(self):
        self.race = int(self.stack.sql(RACE))
        self.cricket = int(self.stack.sql(CRICKET))

    def read(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.stack.relay_port}{path}", timeout=LONG_S) as answer:
            return json.load(answer)

    def expected(self, match):
        return json.loads(self.stack.sql(f"SELECT commentary.match_state(m) FROM commentary.match AS m"
                                         f" WHERE match_id = {match}"))

    async def test_the_whole_state_reaches_viewers_documents_and_the_lobby(self):
        for match in (self.race, self.cricket):
            state = self.expected(match)
            self.assertEqual(self.read(f"/matches/{match}")["state"], state)
            board = {each["match"]: each for each in self.read("/matches")["state"]}
            self.assertEqual(board[match], state)
            viewer = Viewer(self.stack, match)
            await viewer.connect()
            self.assertEqual((await viewer.next("subscribed"))["state"], state)
            await viewer.socket.close()
        self.assertEqual(self.expected(self.race)["leaderboard"][0]["value"], "1:31:44.742")
        self.assertNotIn("home", self.expected(self.race))

    async def test_a_state_too_large_for_a_notification_arrives(self):
        viewer = await Viewer(self.stack, self.race).join()
        self.stack.sql(f"UPDATE commentary.match SET leaderboard = (SELECT jsonb_agg(jsonb_build_object('rank', n,"
                       f" 'name', 'Driver ' || n, 'note', repeat('n', 100))) FROM generate_series(1, 100) n)"
                       f" WHERE match_id = {self.race}")
        told = await viewer.next("match")
        while "leaderboard" not in told["state"] or len(told["state"]["leaderboard"]) < 100:
            told = await viewer.next("match")
        self.assertEqual(told["state"], self.expected(self.race))
        self.assertEqual(len(told["state"]["leaderboard"]), 100)
        await viewer.socket.close()

    async def test_seq_0_is_honoured_without_an_epoch_and_with_an_unknown_one(self):
        self.stack.sql(f"SELECT commentary.post({self.cricket}, 'line ' || n) FROM generate_series(1, 3) n")
        for since in ({"seq": 0}, {"seq": 0, "epoch": "of another history"}):
            async with dial(f"ws://127.0.0.1:{self.stack.relay_port}/ws") as socket:
                await socket.send(json.dumps({"type": "subscribe", "match": self.cricket, "since": since}))
                joined = {}
                while joined.get("type") != "subscribed":
                    joined = json.loads(await asyncio.wait_for(socket.recv(), LONG_S))
                self.assertTrue(joined["recovered"])
                got = [json.loads(await asyncio.wait_for(socket.recv(), LONG_S)) for _ in range(joined["head"])]
                self.assertEqual([entry["seq"] for entry in got], list(range(1, joined["head"] + 1)))

    async def test_an_entry_says_time_and_score_in_words(self):
        viewer = await Viewer(self.stack, self.cricket).join()
        self.stack.sql(f"SELECT commentary.post({self.cricket}, 'Bowled him.', period => 2, phase => '2nd innings',"
                       f" clock => '19.6 ov', headline => 'Wicket!', home_display => '245/8',"
                       f" occurred_at => '2026-07-01 12:00+01')")
        entry = await viewer.next("commentary")
        wanted = {"period": 2, "phase": "2nd innings", "clock": "19.6 ov", "headline": "Wicket!",
                  "home_display": "245/8", "occurred_at": "2026-07-01T11:00:00.000000Z", "message": "Bowled him."}
        self.assertEqual({name: entry.get(name) for name in wanted}, wanted)
        document = self.read(f"/matches/{self.cricket}/commentary")
        self.assertIn(entry, document["entries"])
        await viewer.socket.close()

    @unittest.skipUnless(shutil.which("node"), "there is no Node")
    async def test_a_client_of_version_1_1_goes_on(self):
        client = (await NodeClient.start(self.stack, OF_1_1)).connect(self.cricket, "lobby")
        self.stack.sql(f"SELECT commentary.post({self.cricket}, 'A line.', clock => '20 ov', phase => '2nd innings')")
        await client.sees(self.cricket, "A line.")
        self.assertEqual(client.shown[self.cricket], [json.loads(body) for body in self.stack.bodies(self.cricket)])
        self.assertEqual(await client.stop(), 0)


if __name__ == "__main__":
    run(Sports)
