#!/usr/bin/python3
"""One address asks for thousands of matches that are not in memory: a viewer from another address does not
wait until all of them are read."""
import asyncio
import json

from support.base.case import Case, run
from support.base.stack import DEADLINE_S, LOG_STATEMENTS, wait_for
from support.viewer.dial import dial

VIEWERS, EACH = 15, 100
OTHERS = [f"127.0.0.{n}" for n in range(2, 7)]


class Shares(Case):
    settings = LOG_STATEMENTS
    # A relay that waits for the lock is not to be taken for one that has lost its database.
    relay_options = "--heartbeat", "60s", "--report-interval", "0"

    async def connect(self, address):
        return await dial(f"ws://127.0.0.1:{self.stack.relay_port}/ws", max_queue=None,
                          subprotocols=["commentary.v1"], local_addr=(address, 0))

    async def ask(self, socket, matches):
        for match in matches:
            await socket.send(json.dumps({"type": "subscribe", "match": match}))
        await socket.send('{"type":"ping"}')
        while json.loads(await asyncio.wait_for(socket.recv(), DEADLINE_S))["type"] != "pong":
            pass

    async def test_another_address_has_its_turn(self):
        matches = self.stack.create_matches(VIEWERS * EACH + len(OTHERS))
        theirs = matches[-len(OTHERS):]
        self.stack.sql("SELECT commentary.flush()")
        greedy = [await self.connect("127.0.0.1") for _ in range(VIEWERS)]
        modest = [await self.connect(address) for address in OTHERS]
        # Nothing is read until all have asked.
        lock = await asyncio.create_subprocess_exec(
            f"{self.stack.bin}/psql", "-XAtqd", self.stack.conninfo, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE)
        lock.stdin.write(b"BEGIN; LOCK commentary.entry IN ACCESS EXCLUSIVE MODE; SELECT 1;\n")
        await lock.stdin.drain()
        await lock.stdout.readline()
        before = len(self.stack.reads("tail"))
        for n, socket in enumerate(greedy):
            await self.ask(socket, matches[n * EACH:(n + 1) * EACH])
        for socket, match in zip(modest, theirs):
            await self.ask(socket, [match])
        lock.stdin.close()
        await lock.wait()
        # Who shares the lane of 127.0.0.1 waits until all are read.
        for socket in modest:
            while json.loads(await asyncio.wait_for(socket.recv(), DEADLINE_S))["type"] != "subscribed":
                pass
        await asyncio.to_thread(wait_for, lambda: len(self.stack.reads("tail")) >= before + len(matches),
                                "all are read")
        # One or the other may share the lane of 127.0.0.1: see wants.h.
        places = sorted(self.stack.reads("tail").index(match) - before for match in theirs)
        self.assertLess(places[len(places) // 2], 200)
        for socket in (*greedy, *modest):
            await socket.close()


if __name__ == "__main__":
    run(Shares)
