"""Reporters and viewers, while a test disturbs them: each row and each message is compared with the log.

No acknowledged row may be lost, none may be there twice, and viewers may be sent only what the log holds:
see ledger.py.
"""
import asyncio
import copy
import itertools
import math
import shutil

from support.audit.ledger import Ledger
from support.audit.reporter import Reporter, texts
from support.base.case import Case
from support.base.port import free_port
from support.viewer.audience import until
from support.viewer.stubborn import Stubborn

MATCHES = 4
REPORTERS = 4
VIEWERS = 2         # at each relay, of each match and of the lobby
DROP_AFTER = 300    # entries, until a viewer drops its connection: an average
RECOVER_S = 120     # until all write and see again after a fault; it takes a few seconds
LOBBY = 0           # its match_id in the table
PAGE = 10000        # entries read at once


class Audited(Case):
    async def asyncSetUp(self):
        self.addCleanup(self.keep_logs)
        self.ledger = Ledger()

    def start_steady_relay(self, *options):
        """A second relay beside the stack's own, which is never killed."""
        self.steady = copy.copy(self.stack)
        self.steady.relay_port = free_port()
        self.steady.start_relay(*options)
        self.addCleanup(lambda: self.assertEqual(self.steady.stop_relay(), 0))

    def keep_logs(self):
        """Copies the logs to the test's output, which is kept when the test fails."""
        for name in ("postgres.log", "relay.log"):
            shutil.copy(f"{self.stack.dir}/{name}", name)

    async def load(self):
        """Starts reporters of some matches, and viewers of these and of the lobby at both relays."""
        self.is_over = False
        matches, self.reporters = self.stack.create_matches(MATCHES, "live"), []
        self.viewers = {match: [Stubborn(stack, match or "lobby") for stack in (self.stack, self.steady)
                                for _ in range(VIEWERS)] for match in (LOBBY, *matches)}
        self.follows = [asyncio.create_task(viewer.follow(lambda: 0 if self.is_over else math.inf, DROP_AFTER))
                        for viewer in itertools.chain(*self.viewers.values())]
        await self.until(lambda: all(viewer.epoch for viewer in itertools.chain(*self.viewers.values())),
                         "all have joined")
        self.reporters += self.new_reporters(matches, texts())

    def new_reporters(self, matches, said):
        return [Reporter(self.stack.conninfo, number, matches, said, resends=number % 2 == 0)
                for number in range(REPORTERS)]

    async def asyncTearDown(self):
        for reporter in self.reporters:
            await asyncio.to_thread(reporter.stop)
        self.is_over = True
        await asyncio.gather(*self.follows, return_exceptions=True)
        await asyncio.gather(*(viewer.close() for viewer in itertools.chain(*self.viewers.values())))

    async def until(self, condition, what):
        """Waits for a condition. The task of a viewer never ends by itself: if one has, it says why nothing comes."""
        def is_met():
            for follow in self.follows:
                if follow.done():
                    follow.result()
            return condition()

        try:
            await until(is_met, what, RECOVER_S)
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.state()}") from None

    def state(self):
        return {"acknowledged": [reporter.count for reporter in self.reporters],
                "unexpected": [reporter.unexpected[-1:] for reporter in self.reporters],
                "viewers": {match: [(viewer.seq, viewer.is_live) for viewer in viewers]
                            for match, viewers in self.viewers.items()}}

    def ask(self, statement):
        """What the auditor asks the database."""
        return self.stack.sql(statement)

    def heads(self):
        found = self.ask(f"SELECT match_id, head FROM commentary.heads(ARRAY{list(self.viewers)}::bigint[])")
        return dict(map(int, line.split("|")) for line in found.split("\n"))

    def entries(self, match, after, head):
        """The bodies of the entries after one seq, up to another; fewer, if the table does not have all."""
        while after < head:
            page = self.ask(
                f"SELECT body FROM commentary.read({match}, {after}, {min(head - after, PAGE)})").split("\n")
            if page == [""]:
                return
            yield from page
            after += len(page)

    async def write(self):
        """Waits until each reporter has had one more row acknowledged."""
        counts = [reporter.count for reporter in self.reporters]
        await self.until(lambda: all(reporter.count > count for reporter, count in zip(self.reporters, counts)),
                         "all reporters write")

    async def check(self):
        """Compares all that there is and was not compared before."""
        for reporter in self.reporters:
            self.ledger.acknowledge(reporter.take())
        heads = await asyncio.to_thread(self.heads)
        await self.until(lambda: all(viewer.seq >= heads[match] for match, viewers in self.viewers.items()
                                     for viewer in viewers), f"all viewers see {heads}")
        for match, head in heads.items():
            bodies = await asyncio.to_thread(list, self.entries(match, self.ledger.heads[match], head))
            for viewer in self.viewers[match]:
                self.ledger.compare(viewer, match, bodies)
            self.ledger.read(match, bodies, head)
        self.ledger.settle()
        self.assertEqual(self.ledger.problems[:10], [])
        self.assertEqual([error for reporter in self.reporters for error in reporter.unexpected][:10], [])

    async def check_the_whole(self):
        """Ends the reporters. The log must still be as it was compared, and viewers must have been told the score."""
        for reporter in self.reporters:
            await asyncio.to_thread(reporter.stop)
        self.stack.sql("SELECT commentary.flush()")
        await self.check()
        for match, head in self.ledger.heads.items():
            await asyncio.to_thread(self.ledger.read_again, match, self.entries(match, 0, head))
        for match, score in self.scores():
            self.ledger.hold_score(match, score)
        self.assertEqual(self.ledger.problems, [])
        await asyncio.to_thread(self.check_rejected)

    def check_rejected(self):
        """No row was set aside."""
        self.assertEqual(self.stack.sql("SELECT op, match_id, ref_seq, client_ref, sqlstate, error"
                                        " FROM commentary.rejected"), "")

    def scores(self):
        """(match, score of the home team) of each match with a goal."""
        found = self.stack.sql("SELECT match_id, home_score FROM commentary.match WHERE home_score > 0")
        return [tuple(map(int, line.split("|"))) for line in found.split("\n")]
