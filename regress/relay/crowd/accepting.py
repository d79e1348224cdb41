#!/usr/bin/python3
"""Accepting: a burst of connections, and descriptors that run out."""
import contextlib
import os
import resource
import socket
import subprocess
import time

from support.base.case import run
from support.base.process import allow_descriptors, cpu_s
from support.base.stack import wait_for
from support.viewer import handshake
from support.viewer.peers import Peers
from support.viewer.viewer import Viewer

BURST = 2000
FILES = 80
OBSERVED_S = 3
SOON_S = 120    # for a newcomer; under a second on a quiet machine
CPU_MAX = 0.25  # of a core; a loop that spins takes all of it


class Accepting(Peers):
    def setUp(self):
        super().setUp()
        self.match = self.stack.create_match()

    def start_with_few_files(self):
        with open(self.stack.relay_log, "ab") as log:
            self.stack.relay = subprocess.Popen(
                ["prlimit", f"--nofile={FILES}:{FILES}", os.environ["COMMENTARY_RELAY"], "--drain", "1s",
                 "--listen", f"127.0.0.1:{self.stack.relay_port}", "--database", self.stack.conninfo],
                stderr=log)
        wait_for(self.stack.is_ready, "the relay becomes ready")

    async def viewer(self):
        return await Viewer(self.stack, self.match).join()

    def knock(self):
        """Whether one more is let in."""
        try:
            return self.status() == 101
        except (OSError, AssertionError):
            return False

    async def post(self, viewer, message):
        self.stack.sql(f"SELECT commentary.post({self.match}, '{message}')")
        while (await viewer.next("commentary"))["message"] != message:
            pass

    def cpu_share(self):
        """Of one core, that the relay takes now."""
        pid = self.stack.relay_pid
        begun, before = time.monotonic(), cpu_s(pid)
        time.sleep(OBSERVED_S)
        share = (cpu_s(pid) - before) / (time.monotonic() - begun)
        print(f"# {100 * share:.1f} % of a core")
        return share

    async def test_a_burst_holds_up_nobody(self):
        self.stack.start_relay("--drain", "1s")
        viewer = await self.viewer()
        for _ in range(BURST):
            peer = self.peers.enter_context(socket.socket())
            peer.setblocking(False)
            peer.connect_ex(("127.0.0.1", self.stack.relay_port))
        await self.post(viewer, "during the burst")
        begun = time.monotonic()
        newcomer = await self.viewer()
        took_s = time.monotonic() - begun
        print(f"# a newcomer waited {1000 * took_s:.0f} ms")
        self.assertLess(took_s, SOON_S)
        await newcomer.close()
        await viewer.close()

    async def test_without_descriptors_it_pauses_and_serves_who_is_there(self):
        self.start_with_few_files()
        viewer = await self.viewer()
        while self.knock():
            pass
        waiting = [self.peers.enter_context(socket.create_connection(("127.0.0.1", self.stack.relay_port)))
                   for _ in range(FILES)]
        self.assertLess(self.cpu_share(), CPU_MAX)
        await self.post(viewer, "nobody else comes in")
        self.stack.stop_postgres("immediate")
        await viewer.until_stale()
        self.stack.start_postgres()
        await self.post(viewer, "the database has a descriptor left")
        self.assertEqual((viewer.gaps, viewer.doubles), (0, 0))
        for peer in waiting:
            peer.close()
        self.peers.close()
        wait_for(self.knock, "there is room again")
        await viewer.close()

    async def test_a_hoard_of_idle_connections_shuts_out_nobody(self):
        """Silent ones, ones in the middle of a request, and ones that are kept after an answer."""
        self.start_with_few_files()
        first = await self.viewer()
        for said in (b"", b"GET /livez HT", b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"):
            for _ in range(FILES):
                peer = self.peers.enter_context(
                    socket.create_connection(("127.0.0.1", self.stack.relay_port)))
                with contextlib.suppress(OSError):
                    peer.sendall(said)
            newcomer = await self.viewer()
            await self.post(newcomer, f"beside {len(said)}")
            await newcomer.close()
        self.assertEqual((first.gaps, first.doubles, first.connects), (0, 0, 1))
        await first.close()

    async def test_a_limit_that_is_lowered_is_met_without_spinning(self):
        self.stack.start_relay("--drain", "1s")
        viewer = await self.viewer()
        pid = self.stack.relay_pid
        soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (8, hard))
        waiting = self.send()
        self.assertLess(self.cpu_share(), CPU_MAX)
        await self.post(viewer, "nobody else comes in")
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
        self.assertEqual(handshake.answer(waiting)[0], 101)
        await viewer.close()


if __name__ == "__main__":
    allow_descriptors()
    run(Accepting)
