#!/usr/bin/python3
"""Behind pgbouncer: in transaction mode the relay says why that does not work, in session mode it works."""
import unittest

from support.audit.scene import Scene, wait_for_log
from support.base.case import run
from support.base.stack import LONG_S, wait_for
from support.server.pgbouncer import Pgbouncer, is_there

REFUSED = 4


@unittest.skipUnless(is_there(), "there is no pgbouncer here")
class Pooler(Scene):
    async def asyncSetUp(self):
        self.stack.forget_relay_log()

    async def asyncTearDown(self):
        if self.stack.relay:
            self.stack.stop_relay()

    def begin(self, mode):
        pooler = Pgbouncer(self.stack, mode)
        self.addCleanup(pooler.stop)
        return pooler, ("--listen", f"127.0.0.1:{self.stack.relay_port}", "--heartbeat", "1s",
                        "--database", pooler.conninfo)

    async def follow(self):
        await super().asyncSetUp()
        self.post("through the pooler")
        await self.until("through the pooler")
        await self.viewer.close()

    async def test_in_transaction_mode_it_is_refused(self):
        _, options = self.begin("transaction")
        self.stack.launch_relay(*options)
        self.assertEqual(self.stack.relay.wait(LONG_S), REFUSED)
        self.stack.relay = None
        wait_for_log(self.stack, "level=error", "notifications do not pass the pooler",
                     "connect the relay to PostgreSQL itself, or to a pool in session mode")

    async def test_in_session_mode_it_works(self):
        self.stack.start_relay_with(*self.begin("session")[1])
        await self.follow()
        self.assertNotIn("pooler", self.stack.relay_said())

    async def test_one_that_was_live_tries_again(self):
        pooler, options = self.begin("session")
        self.stack.start_relay_with(*options)
        pooler.stop()
        pooler.start("transaction")
        wait_for_log(self.stack, "level=warn", "notifications do not pass the pooler", "session mode")
        wait_for(lambda: "pooler" in self.stack.why_not_ready(), "/readyz says why")
        pooler.stop()
        pooler.start("session")
        wait_for(self.stack.is_ready, "the relay becomes ready")
        await self.follow()

    async def test_without_one_nothing_is_said_of_it(self):
        self.stack.start_relay("--heartbeat", "1s", "--log-level", "debug")
        await self.follow()
        self.assertNotIn("pooler", self.stack.relay_said())


if __name__ == "__main__":
    run(Pooler)
