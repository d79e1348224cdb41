#!/usr/bin/python3
"""Without memory: the relay goes on, and viewers that resume have missed no entry."""
import asyncio
import contextlib
import json
import mmap
import os
import resource
import struct
import subprocess
import unittest

from support.base.case import run
from support.base.process import allow_descriptors, is_sanitized, rss_kib, status
from support.base.stack import LONG_S
from support.viewer import handshake, raw
from support.viewer.peers import Peers
from support.viewer.stubborn import Stubborn
from support.viewer.viewer import Viewer

HERE = os.path.dirname(os.path.realpath(__file__))
MATCHES = 4
VIEWERS = 24
POSTS = 200
ONE_IN = 6
SLOW = 400
ROOM = 24 << 20  # for a relay that could do with more
LARGE = 6000


class Memory(Peers):
    def setUp(self):
        super().setUp()
        self.matches = self.stack.create_matches(MATCHES)

    def assert_whole(self, viewer):
        self.assertEqual((viewer.gaps, viewer.doubles), (0, 0), viewer.match)
        log = self.stack.bodies(viewer.match)
        self.assertEqual(viewer.bodies, log[:len(viewer.bodies)])

    # -- allocations that fail

    def start_failing(self):
        """Starts a relay whose malloc fails when the test says so."""
        shim, control = f"{self.stack.dir}/failing_malloc.so", f"{self.stack.dir}/failing_malloc"
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", shim, f"{HERE}/../support/fault/failing_malloc.c"], check=True)
        with open(control, "wb") as file:
            file.write(bytes(8))
        file = self.peers.enter_context(open(control, "r+b"))
        self.control = mmap.mmap(file.fileno(), 8)
        os.environ |= {"LD_PRELOAD": shim, "FAILING_MALLOC": control}
        try:
            self.stack.start_relay("--drain", "1s", "--topic-bytes", "16KiB")
        finally:
            del os.environ["LD_PRELOAD"], os.environ["FAILING_MALLOC"]

    def fail_one_in(self, count):
        self.control[:4] = struct.pack("=I", count)

    def failed(self):
        return struct.unpack("=II", self.control[:8])[1]

    def post_all(self):
        """Entries of every kind: small, large, with a change of the state."""
        for n in range(POSTS):
            match = self.matches[n % MATCHES]
            pad = LARGE if n % 10 == 0 else 20
            self.stack.sql(f"SELECT commentary.post({match}, 'entry {n}',"
                           f" metadata => jsonb_build_object('pad', repeat('x', {pad})))")
            if n % 12 == 0:
                self.stack.sql(f"UPDATE commentary.match SET home_score = {n} WHERE match_id = {match}")
            if n % 30 == 0:
                self.stack.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                               " WHERE application_name = 'commentary-relay'")

    def read_all(self):
        """What plain HTTP answers, if it does: 503 and a lost connection are right."""
        for path in ("/", "/matches", "/livez", *(f"/matches/{match}/commentary?since=0&limit=500"
                                                  for match in self.matches)):
            with contextlib.suppress(OSError):
                done = subprocess.run(["curl", "-sm5", f"{self.stack.url}{path}"], capture_output=True, check=False)
                if done.returncode == 0 and path.startswith("/matches"):
                    self.assertEqual(done.stdout[:1] + done.stdout[-1:], b"{}", done.stdout[:200])
                    json.loads(done.stdout)

    @unittest.skipIf(is_sanitized(), "AddressSanitizer has a malloc of its own")
    async def test_an_allocation_that_fails_corrupts_nothing(self):
        self.start_failing()
        is_over = asyncio.Event()
        viewers = [Stubborn(self.stack, self.matches[n % MATCHES]) for n in range(VIEWERS)]

        async def come_and_go(viewer):
            while not is_over.is_set():
                await viewer.follow(lambda: 0 if is_over.is_set() else 10**9, drop_after=20)

        async def read():
            while not is_over.is_set():
                await asyncio.to_thread(self.read_all)

        pid = self.stack.relay_pid
        self.fail_one_in(ONE_IN)
        tasks = [asyncio.create_task(come_and_go(viewer)) for viewer in viewers]
        tasks.append(asyncio.create_task(read()))
        for _ in range(10):     # how many fail in one round depends on the machine
            await asyncio.to_thread(self.post_all)
            if self.failed() > 50:
                break
        self.fail_one_in(0)
        is_over.set()
        await asyncio.gather(*tasks)
        self.assertEqual(self.stack.relay_pid, pid, "the relay lives")
        print(f"# {self.failed()} allocations failed")
        self.assertGreater(self.failed(), 50)
        for viewer in viewers:
            await asyncio.wait_for(viewer.follow(lambda match=viewer.match: self.stack.head(match)), LONG_S)
            self.assert_whole(viewer)
            await viewer.close()

    # -- an address space that is used up

    def space(self):
        """How much address space the relay uses."""
        return int(status(self.stack.relay_pid)["VmSize"][0]) << 10

    def subscribe_silently(self, match):
        """A viewer that follows, and never reads."""
        peer = self.send()
        handshake.answer(peer)
        peer.sendall(raw.text(json.dumps({"type": "subscribe", "match": match})))

    @unittest.skipIf(is_sanitized(), "AddressSanitizer needs all of the address space")
    async def test_slow_viewers_go_first_when_memory_runs_out(self):
        self.stack.start_relay("--drain", "1s", "--topic-bytes", "64MiB")
        match = self.matches[0]
        healthy, pid = await Viewer(self.stack, match).join(), self.stack.relay_pid
        for _ in range(SLOW):
            self.subscribe_silently(match)
        limit = self.space() + ROOM
        resource.prlimit(self.stack.relay_pid, resource.RLIMIT_AS, (limit, limit))
        for _ in range(40):
            self.stack.sql(f"SELECT commentary.post({match}, 'large', metadata => jsonb_build_object("
                           f"'pad', repeat('x', {LARGE}))) FROM generate_series(1, 100)")
            last = self.stack.head(match)
            while len(healthy.bodies) < last:
                await healthy.next()
        self.assertEqual((healthy.gaps, healthy.doubles, healthy.connects), (0, 0, 1))
        self.assertEqual(self.stack.relay_pid, pid, "the relay lives")
        print(f"# the relay has {rss_kib(self.stack.relay_pid) >> 10} MiB")
        await healthy.close()


if __name__ == "__main__":
    allow_descriptors()
    run(Memory)
