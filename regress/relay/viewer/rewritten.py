#!/usr/bin/python3
"""A DBA rewrites the tables while viewers follow: they look empty to a snapshot from before that. No
viewer begins afresh, or misses an entry."""
import asyncio

from support.audit.scene import Scene
from support.base.case import run
from support.viewer.viewer import Viewer

REWRITES = (
    "ALTER TABLE commentary.entry ADD COLUMN of_dba float8 DEFAULT random()",
    "ALTER TABLE commentary.entry ALTER COLUMN of_dba TYPE text",
    "ALTER TABLE commentary.match ADD COLUMN of_dba float8 DEFAULT random()",
    "ALTER TABLE commentary.entry DROP COLUMN of_dba; ALTER TABLE commentary.match DROP COLUMN of_dba",
)
ALONE = "VACUUM FULL commentary.entry", "CLUSTER commentary.entry USING entry_pkey", "VACUUM FULL commentary.match"


class Rewritten(Scene):
    # many reads, so that some wait for the lock of each rewrite, and begin with it
    relay_options = ("--heartbeat", "100ms", "--topic-bytes", "4KiB")

    @classmethod
    def setUpClass(cls):
        """A DBA has given the functions a setting. So PostgreSQL does not merge them into the query any
        more, and they lock the table after the query has taken its snapshot."""
        super().setUpClass()
        for function in "heads(bigint[])", "read(bigint, bigint, integer)", "tail(bigint, integer)":
            cls.stack.sql(f"ALTER FUNCTION commentary.{function} SET work_mem = '16MB'")

    async def rewrite(self):
        for statement in REWRITES:
            # long enough for reads to begin that have to wait, and for none to be given up
            await asyncio.to_thread(self.stack.sql, f"BEGIN; {statement}; SELECT pg_sleep(0.1); COMMIT")
        for statement in ALONE:
            await asyncio.to_thread(self.stack.sql, statement)

    async def come_back(self, busy):
        """Viewers that load the match, and read what is older than the relay holds."""
        while not busy.done():
            viewer = await Viewer(self.stack, self.match).join()
            self.assertEqual(viewer.messages[-1]["type"], "subscribed")
            head = self.stack.head(self.match)
            await viewer.follow(lambda head=head: head)
            self.assertEqual((viewer.gaps, viewer.doubles, viewer.starts), (0, 0, 1))
            await viewer.close()

    async def test_while_viewers_follow(self):
        self.write()
        await self.viewer.follow(lambda: 50)
        busy = asyncio.create_task(self.rewrite())
        await self.come_back(busy)
        await busy
        await self.compare_written()
        self.assertEqual(self.viewer.starts, 1)
        said = self.stack.relay_said()
        for text in ("less than was sent", "entries are missing", "epoch is another one"):
            self.assertNotIn(text, said)


if __name__ == "__main__":
    run(Rewritten)
