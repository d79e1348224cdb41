#!/usr/bin/python3
"""A brand-new database has no epoch until its flusher has begun: the relay waits for one, and viewers
that came before it begin once."""
import asyncio

from support.audit.scene import wait_for_log
from support.base.case import Case, run
from support.viewer.viewer import Viewer


class FirstEpoch(Case):
    async def asyncSetUp(self):
        """As a database is before its flusher has begun."""
        self.match = self.stack.create_match()
        self.stack.sql("SELECT commentary.flush()")
        self.stack.sql("ALTER TABLE commentary.epoch DISABLE TRIGGER ALL; DELETE FROM commentary.epoch;"
                       " ALTER TABLE commentary.epoch ENABLE TRIGGER ALL")

    async def test_it_is_waited_for(self):
        self.stack.launch_relay("--listen", f"127.0.0.1:{self.stack.relay_port}", "--database",
                                self.stack.conninfo, "--heartbeat", "600s")
        await asyncio.to_thread(wait_for_log, self.stack, "no epoch yet", "commentary.check()")
        self.assertFalse(self.stack.is_ready())
        self.assertIn("no epoch yet", self.stack.why_not_ready())
        early = Viewer(self.stack, self.match)
        await early.connect()
        await early.next("welcome")
        self.assertFalse(early.is_live)
        epoch = await asyncio.to_thread(self.stack.sql, "SELECT commentary.begin_epoch()")
        await early.until_live()
        self.stack.sql(f"SELECT commentary.post({self.match}, 'kick-off')")
        await early.follow(lambda: self.stack.head(self.match))
        self.assertEqual((early.epoch, early.starts, early.gaps, early.doubles), (epoch, 1, 0, 0))
        await early.close()


if __name__ == "__main__":
    run(FirstEpoch)
