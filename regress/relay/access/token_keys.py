#!/usr/bin/python3
"""SIGHUP with other keys in the file of --token-key: they count for whoever comes, nobody who is there
is disturbed, and a file that is wrong changes nothing."""
import json
import os

from support.audit.scene import wait_for_log
from support.base.case import Case, run
from support.base.signing import SigningKey
from support.viewer import handshake
from support.viewer.viewer import Viewer

STAYS = "the keys of tokens stay as they were"


class TokenKeys(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.match = cls.stack.create_match("live")
        cls.file = f"{cls.stack.dir}/token-key"

    def setUp(self):
        self.old, self.new = SigningKey(), SigningKey()
        self.stack.forget_relay_log()
        self.write(self.old.public_pem)
        self.stack.start_relay("--token-key", self.file)

    def tearDown(self):
        self.assertEqual(self.stack.stop_relay(), 0)

    def write(self, content):
        """Replaces the file as an operator should: the relay finds the old file or the new one, never a part."""
        with open(f"{self.file}.new", "wb") as file:
            file.write(content)
        os.rename(f"{self.file}.new", self.file)

    def status(self, key):
        """The status of the answer to a handshake with a token of this key."""
        return handshake.status(self.stack.relay_port, f"Authorization: Bearer {key.token()}")

    def assert_accepted(self, *keys):
        """Of the old and new keys, tokens of these are accepted, and no others."""
        self.assertEqual([self.status(key) for key in (self.old, self.new)],
                         [101 if key in keys else 401 for key in (self.old, self.new)])

    async def join(self, key):
        return await Viewer(self.stack, self.match, key.token()).join()

    async def show(self, viewer, key):
        """Shows a token in a message; returns what comes of it: `authorised`, or the code of an error."""
        await viewer.socket.send(json.dumps({"type": "auth", "token": key.token()}))
        while (message := await viewer.next())["type"] not in ("authorised", "error"):
            pass
        return message.get("code", "authorised")

    async def assert_served(self, viewer):
        """It gets what is posted now, over the connection that it has had from the beginning."""
        self.stack.sql(f"SELECT commentary.post({self.match}, 'now')")
        self.stack.sql("SELECT commentary.flush()")
        head = self.stack.head(self.match)
        while viewer.seq < head:
            await viewer.next("commentary")
        self.assertEqual((viewer.connects, viewer.gaps, viewer.doubles), (1, 0, 0))

    async def test_a_new_key_takes_the_place_of_the_old_one(self):
        self.assert_accepted(self.old)
        viewer, renewing, late = [await self.join(self.old) for _ in range(3)]
        self.write(self.new.public_pem)
        self.assert_accepted(self.old)      # a file is not read before it is told to be
        self.stack.reload_relay()
        self.assert_accepted(self.new)
        await self.assert_served(viewer)
        self.assertEqual(await self.show(renewing, self.new), "authorised")
        await self.assert_served(renewing)
        self.assertEqual(await self.show(late, self.old), "unauthorised")
        newcomer = await self.join(self.new)
        await self.assert_served(newcomer)
        for each in (viewer, renewing, late, newcomer):
            await each.close()

    async def test_both_are_good_side_by_side(self):
        viewer = await self.join(self.old)
        self.write(self.old.public_pem + self.new.public_pem)
        self.stack.reload_relay()
        self.assert_accepted(self.old, self.new)
        self.write(self.new.public_pem)
        self.stack.reload_relay()
        self.assert_accepted(self.new)
        await self.assert_served(viewer)
        await viewer.close()

    async def test_a_file_that_is_wrong_keeps_the_old_key(self):
        viewer = await self.join(self.old)
        half = self.new.public_pem[:len(self.new.public_pem) // 2]
        for content, why in ((b"", "a secret must have at least 32 bytes"),
                             (b"sesame\n", "a secret must have at least 32 bytes"),
                             (half, "a block of PEM is broken"),
                             (self.new.private_pem, "holds a private key"),
                             (self.new.public_pem + half, "a block of PEM is broken")):
            with self.subTest(why):
                self.assert_kept(content, why)
        await self.assert_served(viewer)
        self.write(self.new.public_pem)
        self.stack.reload_relay()
        self.assert_accepted(self.new)
        await self.assert_served(viewer)
        await viewer.close()

    def assert_kept(self, content, why):
        self.stack.forget_relay_log()
        self.write(content)
        self.stack.reload_relay()
        wait_for_log(self.stack, "level=error", STAYS, self.file, why, "send SIGHUP again")
        self.assert_accepted(self.old)

    async def test_a_file_that_is_gone_does_too(self):
        viewer = await self.join(self.old)
        os.remove(self.file)
        self.stack.reload_relay()
        wait_for_log(self.stack, "level=error", STAYS, self.file, "No such file or directory")
        self.assert_accepted(self.old)
        await self.assert_served(viewer)
        await viewer.close()


if __name__ == "__main__":
    run(TokenKeys)
