#!/usr/bin/python3
"""The way of extension/FAILOVER.md: a synchronous standby is promoted, the old primary is rewound, follows
the new one, and is promoted in its turn. No viewer begins afresh, nor the page's client."""
import asyncio
import json
import shutil
import subprocess
import unittest

from support.base.case import run
from support.base.stack import wait_for
from support.server.pair import Pair
from support.viewer.audience import until
from support.viewer.node_client import TODAY, NodeClient
from support.viewer.viewer import Viewer


@unittest.skipUnless(shutil.which("node"), "there is no Node")
class Failback(Pair):
    async def asyncSetUp(self):
        self.start_pair("wal_log_hints = on\nwal_keep_size = '256MB'\n")
        self.start_relay_of_both()
        await super().asyncSetUp()
        self.late = Viewer(self.stack, self.match)      # comes back once, after both promotions
        self.said = []
        self.client = (await NodeClient.start(self.stack, TODAY)).connect(self.match)

    async def asyncTearDown(self):
        self.assertEqual(await self.client.stop(), 0)
        await super().asyncTearDown()

    async def say(self, primary, message):
        """A line that is acknowledged, and that the connected viewers see."""
        await asyncio.to_thread(primary.sql, f"SELECT commentary.post({self.match}, '{message}')")
        self.said.append(message)
        await self.until(message)
        await self.client.sees(self.match, message)

    def rewind(self):
        """The old primary becomes a standby of the new one."""
        old, new = self.stack, self.standby
        new.sql("CHECKPOINT")
        try:
            new.pg("pg_rewind", "--no-sync", "--target-pgdata", old.data, "--source-server", new.conninfo)
        except subprocess.CalledProcessError as error:
            raise AssertionError(error.output.decode()) from error
        with open(f"{old.data}/postgresql.conf", "a", encoding="utf-8") as conf:    # it has that of the new one now
            conf.write(f"port = {old.pg_port}\nunix_socket_directories = '{old.dir}'\n")
        with open(f"{old.data}/postgresql.auto.conf", "a", encoding="utf-8") as conf:
            conf.write(f"primary_conninfo = '{new.conninfo} application_name=old'\n")
        open(f"{old.data}/standby.signal", "w", encoding="ascii").close()
        old.start_postgres()
        new.sql("ALTER SYSTEM SET synchronous_standby_names = 'old'")
        new.sql("SELECT pg_reload_conf()")
        wait_for(lambda: new.sql("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == "1",
                 "the old primary follows the new one")

    async def test_there_and_back(self):
        await self.say(self.stack, "at first")
        await self.late.join()
        head = self.viewer.seq
        await self.late.follow(lambda: head)
        await self.late.close()
        epochs = [self.viewer.epoch]

        await asyncio.to_thread(self.stack.kill_postgres)
        await asyncio.to_thread(self.standby.promote)
        # nothing waits for a standby that is not there: as the document says
        await asyncio.to_thread(self.standby.sql, "ALTER SYSTEM SET synchronous_standby_names = ''")
        await asyncio.to_thread(self.standby.sql, "SELECT pg_reload_conf()")
        await self.say(self.standby, "after the promotion")
        epochs.append(self.viewer.epoch)

        await asyncio.to_thread(self.rewind)
        await self.say(self.standby, "with the old primary as its standby")
        await asyncio.to_thread(self.standby.kill_postgres)
        await asyncio.to_thread(self.stack.pg, "pg_ctl", "-D", self.stack.data, "-w", "promote")
        await asyncio.to_thread(self.stack.sql, "ALTER SYSTEM SET synchronous_standby_names = ''")
        await asyncio.to_thread(self.stack.sql, "SELECT pg_reload_conf()")
        await self.say(self.stack, "back at the first")
        epochs.append(self.viewer.epoch)

        self.assertEqual(len(set(epochs)), 3)
        self.assertEqual(await self.compare(), self.said)
        await self.late.connect()
        joined = await self.late.next("subscribed")
        self.assertTrue(joined["recovered"])
        await self.late.follow(lambda: joined["head"])
        self.assertEqual(self.late.bodies, self.viewer.bodies)
        for viewer in self.viewer, self.late:
            self.assertEqual((viewer.starts, viewer.gaps, viewer.doubles), (1, 0, 0))
        await self.late.close()
        await until(lambda: self.client.shown[self.match] == [json.loads(body) for body in self.viewer.bodies],
                    "the client shows the same")
        self.assertEqual(self.client.starts[self.match], 1)


if __name__ == "__main__":
    run(Failback)
