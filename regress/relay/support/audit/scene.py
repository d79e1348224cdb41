"""A viewer of one match, whose record must in the end be what the table holds."""
import asyncio
import time

from support.audit.writer import Writer
from support.base.case import Case
from support.base.process import is_deep
from support.base.stack import DEADLINE_S, wait_for
from support.viewer.viewer import Viewer

# It takes a second or two on a quiet machine, and longer beside other tests.
SOON_S = 5 if is_deep() else 100


class Scene(Case):
    async def asyncSetUp(self):
        self.match = self.stack.create_match()
        self.viewer = await Viewer(self.stack, self.match).join()
        self.writers = []

    async def asyncTearDown(self):
        for writer in self.writers:
            writer.stop()
        await self.viewer.close()

    def write(self, **how):
        self.writers.append(Writer(self.stack.conninfo, self.match, **how))
        return self.writers[-1]

    def post(self, message):
        self.stack.sql(f"INSERT INTO commentary.feed (match_id, message) VALUES ({self.match}, '{message}')")

    async def until(self, message):
        while (await self.viewer.next("commentary")).get("message") != message:
            pass

    async def until_live(self):
        """Waits until the viewer has been told `live` and has a new entry, in whatever order."""
        message = f"live {time.monotonic()}"
        await asyncio.to_thread(self.post, message)
        await self.until(message)
        await self.viewer.until_live()

    async def compare(self, stack=None):
        """Follows to the end: the record must be the table, each entry once and in order. Returns the messages."""
        stack = stack or self.stack
        head = stack.head(self.match)
        await asyncio.wait_for(self.viewer.follow(lambda: head), DEADLINE_S)
        self.assertEqual((self.viewer.gaps, self.viewer.doubles), (0, 0))
        self.assertEqual(self.viewer.bodies, stack.bodies(self.match, self.viewer.skipped))
        return stack.sql("SELECT message FROM commentary.entry"
                         f" WHERE match_id = {self.match} AND op = 'insert' ORDER BY seq").split("\n")

    async def compare_written(self, stack=None):
        """As compare(); and all that was acknowledged must be in the table."""
        acknowledged = [set(writer.stop()) for writer in self.writers]
        stored = set(await self.compare(stack))
        for messages in acknowledged:
            self.assertGreater(len(messages), 0)
            self.assertEqual(messages - stored, set())


def wait_for_log(stack, *texts):
    """Waits until one line of the relay's log has them all."""
    wait_for(lambda: any(all(text in line for text in texts)
                         for line in stack.relay_said().split("\n")), f"the relay logs {texts}")
