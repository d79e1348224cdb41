"""Reporters and viewers all over a landscape, audited as audited.py does it."""
import asyncio
import itertools
import re

from support.audit.audited import LOBBY, MATCHES, REPORTERS, Audited
from support.audit.reporter import Reporter, texts
from support.base.stack import wait_for
from support.server.landscape import IMPATIENT, Landscape
from support.viewer.spectators import Spectator

DROP_AFTER = 500    # entries, until a viewer drops its connection: an average
AT_ONCE = 60        # so many connect together; if it were all, they would time out on a busy machine and try again
WANDERS = 4         # one viewer of so many comes back to any relay


class FarReporter(Reporter):
    """A reporter on a network that may lose everything, whose primary may be replaced."""
    pause_s = 0.2
    expected = re.compile("timeout expired|[Tt]imed out|No route to host|SSL SYSCALL|read-only|in recovery"
                          "|connection is bad|Network is unreachable")


class Scattered(Audited):
    """Each test makes a landscape of its own, as it ends servers of it."""
    viewers_each = 4    # at each relay, of each match and of the lobby
    relay_options = ()

    @classmethod
    def setUpClass(cls):
        """They share nothing."""

    async def asyncSetUp(self):
        self.land = await asyncio.to_thread(Landscape, *self.relay_options)
        self.addCleanup(self.land.close)
        await super().asyncSetUp()
        self.stack = self.land.primary
        asyncio.get_running_loop().set_debug(False)     # with so many viewers it costs more than they do
        await self.load()

    def keep_logs(self):
        """Copies the logs to the test's output, which is kept when the test fails."""
        self.land.keep_logs()

    async def load(self):
        self.is_over = False
        matches, self.reporters = self.stack.create_matches(MATCHES, "live"), []
        self.stack.sql("SELECT commentary.flush()")
        await asyncio.to_thread(wait_for, lambda: all(self.land.follower.has(match) for match in matches), "matches in the region")
        self.viewers = {match: [self.viewer(match, relay, number) for number, relay in enumerate(
            self.land.relays * self.viewers_each)] for match in (LOBBY, *matches)}
        self.follows = []
        viewers = list(self.everybody())
        for first in range(0, len(viewers), AT_ONCE):
            await self.come(viewers[first:first + AT_ONCE])
        self.reporters += [FarReporter(f"{self.stack.reached_by(self.land.standby)} {IMPATIENT}"
                                       " target_session_attrs=read-write", number, matches, texts(), resends=number % 2 == 0)
                           for number in range(REPORTERS)]

    async def come(self, viewers):
        """Starts viewers, and waits until all of them have joined."""
        self.follows += [asyncio.create_task(viewer.follow()) for viewer in viewers]
        await self.until(lambda: all(viewer.epoch for viewer in viewers), "all have joined")

    def viewer(self, match, relay, number):
        """It begins at this relay, and one of WANDERS comes back to others. None wanders to or from the region, which
        is behind after a failover for longer than a relay waits for an epoch that it does not know."""
        relays = [] if relay is self.land.region or number % WANDERS else self.land.relays
        others = [other for other in relays if other not in (relay, self.land.region)]
        return Spectator(match or "lobby", [relay, *others], DROP_AFTER)

    def everybody(self):
        return itertools.chain(*self.viewers.values())

    async def asyncTearDown(self):
        for reporter in self.reporters:
            await asyncio.to_thread(reporter.stop)
        for viewer in self.everybody():
            await viewer.close()
        for follow in self.follows:
            follow.cancel()
        await asyncio.gather(*self.follows, return_exceptions=True)

    def state(self):
        head = {match: max(viewer.seq for viewer in viewers) for match, viewers in self.viewers.items()}
        return {"acknowledged": [reporter.count for reporter in self.reporters],
                "unexpected": [reporter.unexpected[-1:] for reporter in self.reporters],
                "the farthest": head,
                "behind": [(match, viewer.at.host.name, viewer.seq, viewer.is_live, viewer.epoch)
                           for match, viewers in self.viewers.items() for viewer in viewers
                           if viewer.seq < head[match]][:20]}

    async def check(self):
        """After a failure, prints where the viewers were that have missed something or begun afresh."""
        try:
            await super().check()
        except AssertionError:
            for viewer in self.everybody():
                if viewer.starts > 1 or viewer.gaps or viewer.doubles:
                    print(f"# at {viewer.at.host.name}, of {viewer.match}: {viewer.connects} connects, {viewer.starts} starts,"
                          f" {viewer.gaps} gaps, {viewer.doubles} doubles, last {viewer.messages[-3:]}", flush=True)
            raise

    async def recover(self):
        """Waits until all reporters write and all viewers see it; returns how long that took."""
        began = asyncio.get_running_loop().time()
        await self.write()
        await self.check()
        return asyncio.get_running_loop().time() - began
