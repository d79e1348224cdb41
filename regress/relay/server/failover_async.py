#!/usr/bin/python3
"""The primary fails and an asynchronous standby is promoted, which lacks the newest entries: they are
lost, by PostgreSQL's rule. Viewers that have seen them are told, start afresh, and keep nothing that is
not there; all others go on where they were."""
import asyncio
import json
import urllib.error
import urllib.request

from support.audit.scene import wait_for_log
from support.base.case import run
from support.base.stack import LONG_S
from support.server.pair import Pair
from support.viewer.viewer import Viewer

LINES = 5


class AsynchronousFailover(Pair):
    async def asyncSetUp(self):
        self.start_pair(is_synchronous=False)
        self.start_relay_of_both()
        await super().asyncSetUp()
        self.other = self.stack.create_match()

    async def post_lines(self, name):
        """So many, which everybody sees."""
        for n in range(LINES):
            self.post(f"{name} {n}")
        await self.until(f"{name} {LINES - 1}")

    def read(self, match, etag=None, since=""):
        """Over HTTP: status, ETag, document."""
        request = urllib.request.Request(f"{self.stack.url}/matches/{match}/commentary?limit=500{since}",
                                         headers={"If-None-Match": etag} if etag else {})
        try:
            with urllib.request.urlopen(request, timeout=LONG_S) as answer:
                return answer.status, answer.headers["ETag"], json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, None, json.load(error)

    async def lose(self):
        """Entries, and a match, that the standby does not get; the viewers who have seen them."""
        await self.post_lines("kept")
        self.early = await Viewer(self.stack, self.match).join()    # away before anything is lost
        await self.early.follow(lambda: self.viewer.seq)
        await self.early.close()
        self.lucky = await Viewer(self.stack, self.other).join()    # of a match that loses nothing
        self.standby.catch_up()
        self.standby.fall_behind()
        await self.post_lines("lost")
        away = await Viewer(self.stack, self.match).join()
        await away.follow(lambda: self.viewer.seq)
        await away.close()
        lobby = await Viewer(self.stack, "lobby").join()
        orphan = await Viewer(self.stack, self.stack.create_match("live")).join()
        lobby_head = self.stack.head(0)
        await lobby.follow(lambda: lobby_head)
        return away, lobby, orphan

    async def fail_over(self):
        await asyncio.to_thread(self.stack.kill_postgres)
        await self.viewer.until_stale()
        await asyncio.to_thread(self.standby.promote)

    async def begin_afresh(self, viewer):
        """Waits until it is told that the epoch is another one."""
        before = viewer.epoch
        while viewer.epoch == before:
            joined = await viewer.next("subscribed")
        self.assertFalse(joined["recovered"])
        return joined

    async def test_what_the_new_primary_does_not_have_is_gone(self):
        away, lobby, orphan = await self.lose()
        epoch, head = self.viewer.epoch, self.viewer.seq
        _, etag, document = self.read(self.match)
        self.assertIn(f"lost {LINES - 1}", [entry.get("message") for entry in document["entries"]])
        await self.fail_over()

        self.assertLess((await self.begin_afresh(self.viewer))["head"], head)
        await asyncio.to_thread(wait_for_log, self.stack, "the epoch is another one", epoch)
        for n in range(2 * LINES):      # others take the place of those that were lost
            self.standby.sql(f"SELECT commentary.post({self.match}, 'after {n}')")
        self.assert_only_the_rest(await self.compare(self.standby))
        self.assertGreater(self.viewer.seq, head)

        await self.assert_nothing_new()
        await self.assert_afresh(away)
        await self.assert_forgotten(orphan)
        await self.assert_scoreboard(lobby, orphan.match)
        self.assert_read(etag)
        for viewer in (away, lobby, orphan):
            await viewer.close()

    async def assert_nothing_new(self):
        """A viewer that has seen no lost entry goes on, whether it was connected or not."""
        while self.lucky.epoch != self.viewer.epoch:
            await self.lucky.next("subscribed")
        self.standby.sql(f"SELECT commentary.post({self.other}, 'goes on')")
        while (await self.lucky.next("commentary")).get("message") != "goes on":
            pass
        self.assertEqual(self.lucky.bodies, self.standby.bodies(self.other))
        await self.early.connect()
        joined = await self.early.next("subscribed")
        self.assertEqual((joined["recovered"], joined["epoch"]), (True, self.viewer.epoch))
        await self.early.follow(lambda: joined["head"])
        self.assertEqual(self.early.bodies, self.standby.bodies(self.match))
        for viewer in self.early, self.lucky:
            self.assertEqual((viewer.starts, viewer.gaps, viewer.doubles), (1, 0, 0))
            await viewer.close()

    def assert_only_the_rest(self, messages):
        """What a viewer holds: nothing that was lost, and all else."""
        self.assertEqual([message for message in messages if message], [
            *(f"kept {n}" for n in range(LINES)), *(f"after {n}" for n in range(2 * LINES))])

    async def assert_afresh(self, away):
        """A viewer that comes back with a seq of the other history does not go on from there."""
        before, seq = away.epoch, away.seq
        self.assert_read_after(before, seq, False)
        self.assert_read_after(before, LINES, True)
        await away.connect()
        joined = await away.next("subscribed")
        self.assertEqual((joined["recovered"], joined["epoch"]), (False, self.viewer.epoch))
        self.assertNotEqual(joined["epoch"], before)
        await away.follow(lambda: joined["head"])
        self.assertEqual(away.bodies, self.viewer.bodies)

    def assert_read_after(self, epoch, seq, is_recovered):
        """Over HTTP it does not either, and gets the lines that there are."""
        _, _, document = self.read(self.match, since=f"&since={epoch}:{seq}")
        log = [json.loads(body) for body in self.standby.bodies(self.match)]
        self.assertEqual((document["recovered"], document["entries"]),
                         (is_recovered, log[seq:] if is_recovered else log))

    async def assert_forgotten(self, orphan):
        """The match that it followed has never been."""
        self.assertEqual((await orphan.next("error"))["code"], "unknown_match")
        self.assertEqual(self.read(orphan.match)[0], 404)

    async def assert_scoreboard(self, lobby, lost_match):
        joined = await self.begin_afresh(lobby)
        self.assertEqual([state["match"] for state in joined["state"]], [self.match, self.other])
        await lobby.follow(lambda: joined["head"])
        self.assertEqual(lobby.bodies, self.standby.bodies(0))
        self.assertNotIn(f'"match":{lost_match},', "".join(lobby.bodies))

    def assert_read(self, etag):
        """A document that a reader has cached from the other history is not valid any more."""
        status, _, document = self.read(self.match, etag)
        self.assertEqual((status, document["epoch"]), (200, self.viewer.epoch))
        self.assert_only_the_rest([entry.get("message") for entry in document["entries"]])


if __name__ == "__main__":
    run(AsynchronousFailover)
