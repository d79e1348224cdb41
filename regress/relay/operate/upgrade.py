#!/usr/bin/python3
"""SIGUSR2: another program takes the place of the running one, and viewers hardly notice."""
import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time

import websockets

from support.base.case import run
from support.base.port import free_port
from support.base.process import is_running
from support.base.stack import DEADLINE_S, wait_for
from support.base.supervised import Supervised
from support.viewer.raw import Raw
from support.viewer.viewer import Viewer

CROWD = 120
DRAIN_S = 2
SENT_ON_MOST = 4    # by each worker of before
RETIRED = 'msg="a worker of the program before ended"'


class Newcomers:
    """Clients that come one after the other, each on a connection of its own, in a thread of their own: a client that
    this program lets ask only when the drain of its worker is over is too late."""

    def __init__(self, port):
        self.port = port
        self.served = 0
        self.wrong = []
        self.is_over = False

    def ask(self):
        """The answer, and how long it took to ask."""
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", self.port), DEADLINE_S) as client:
            client.sendall(b"GET /matches HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            asked_s = time.monotonic() - began
            return b"".join(iter(lambda: client.recv(65536), b"")), asked_s

    def come(self):
        while not self.is_over:
            try:
                answer, asked_s = self.ask()
                if not (answer.startswith(b"HTTP/1.1 200 ") and b"Home" in answer) and asked_s < DRAIN_S:
                    self.wrong.append((answer[:80], asked_s))
                self.served += 1
            except OSError as error:
                self.wrong.append(error)
            time.sleep(0.01)


class Upgrade(Supervised):
    def ask(self):
        os.kill(self.supervisor, signal.SIGUSR2)

    def said(self, words, count=1):
        """Waits until the log has them so often."""
        wait_for(lambda: self.stack.relay_said().count(words) >= count, words)

    def upgrade(self, before):
        """Asks for it, and waits until all that was there has been replaced."""
        self.ask()
        wait_for(lambda: not any(is_running(pid) for pid in before), "the program before is gone")
        wait_for(self.stack.is_ready, "the new one is ready")

    async def post_on(self, until):
        """Entries without a pause, until that is so."""
        while not until():
            await asyncio.to_thread(self.stack.sql, f"SELECT commentary.post({self.match}, 'a line')"
                                    " FROM generate_series(1, 3)")

    async def come_back(self, viewer):
        """Follows it through its bye: for how long it saw nothing, and what it was told to wait."""
        retry_ms, code = await asyncio.wait_for(viewer.bye(), DEADLINE_S)
        self.assertEqual(code, 1001)
        await asyncio.sleep(retry_ms / 1000)
        for _ in range(SENT_ON_MOST):   # another worker of before may have it, and retires a moment later
            with contextlib.suppress(websockets.ConnectionClosed):
                await viewer.join()
                return retry_ms
        raise AssertionError("sent on again and again")

    async def move(self, workers):
        """A crowd that is moved, while entries come, and newcomers."""
        self.stack.start_relay("--drain", f"{DRAIN_S}s", "--workers", str(workers))
        crowd = [await Viewer(self.stack, self.match).join() for _ in range(CROWD)]
        before = self.workers()
        self.assertEqual(len(before), workers)
        newcomers = Newcomers(self.stack.relay_port)
        coming = asyncio.create_task(asyncio.to_thread(newcomers.come))
        moves = [asyncio.create_task(self.come_back(viewer)) for viewer in crowd]
        self.ask()
        await self.post_on(lambda: all(move.done() for move in moves))
        told = [move.result() for move in moves]
        await asyncio.to_thread(wait_for, lambda: not any(is_running(pid) for pid in before), "they are gone")
        newcomers.is_over = True
        await coming
        self.assertEqual(newcomers.wrong, [])
        self.assertGreater(newcomers.served, 0)
        self.assertEqual(set(told), {0}, "they are told to come at once")
        last = self.stack.head(self.match)
        log = self.stack.bodies(self.match)
        for viewer in crowd:
            await viewer.follow(lambda: last)
            self.assertEqual((viewer.gaps, viewer.doubles, viewer.starts), (0, 0, 1))
            self.assertLessEqual(viewer.connects, 1 + SENT_ON_MOST)
            self.assertEqual(viewer.bodies, log)
        wait_for(lambda: len(self.workers()) == workers, "those that ended are no children any more")
        self.said(RETIRED, workers)
        self.assertEqual(self.stack.relay_said().count(RETIRED), workers)
        self.assertEqual(self.stack.stop_relay(), 0)

    async def test_a_single_worker_is_replaced_and_no_entry_or_connection_is_lost(self):
        await self.move(1)

    async def test_workers_are_replaced_and_no_entry_or_connection_is_lost(self):
        await self.move(3)

    def test_a_request_that_is_under_way_when_the_drain_is_over_is_answered(self):
        self.stack.start_relay("--drain", "200ms")
        before = self.workers()
        asking = Raw(self.stack)
        self.addCleanup(asking.close)
        asking.send(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertEqual(asking.status(), 200)
        asking.send(b"GET /livez HTTP/1.1\r\n")
        self.ask()
        self.said("the drain is over: answering the requests that are under way")
        asking.send(b"Host: x\r\n\r\n")
        self.assertEqual(asking.status(), 200)
        self.assertTrue(asking.is_closed())
        wait_for(lambda: not any(is_running(pid) for pid in before), "the program before is gone")
        self.assertEqual(self.stack.stop_relay(), 0)

    def test_the_service_manager_sees_a_reload_of_the_same_process(self):
        path = f"{self.stack.dir}/notify"
        self.addCleanup(os.environ.pop, "NOTIFY_SOCKET", None)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(path)
            manager.settimeout(DEADLINE_S)
            os.environ["NOTIFY_SOCKET"] = path
            self.stack.start_relay()
            self.upgrade(self.workers())
            told = []
            while sum(line == "READY=1" for line in told) < 2:
                told.append(manager.recv(4096).decode())
            reloading = [line.startswith("RELOADING=1\nMONOTONIC_USEC=") for line in told].index(True)
            self.assertGreater(reloading, told.index("READY=1"))
            self.assertEqual(self.stack.stop_relay(), 0)

    def configure(self, *lines, port=None):
        self.stack.configure(f"listen = 127.0.0.1:{port or self.stack.relay_port}", "drain = 500ms", *lines)

    def start_configured(self, *lines):
        self.configure(f"database = {self.stack.conninfo}", *lines)
        self.stack.start_relay_with("--config", self.stack.relay_conf)

    async def test_wrong_options_are_refused_and_nothing_changes(self):
        self.start_configured()
        viewer = await Viewer(self.stack, self.match).join()
        before = self.workers()
        self.configure("workers = many")
        self.ask()
        self.said("the upgrade is refused")
        self.said("relay.conf:3: workers takes a whole number")
        wait_for(lambda: self.workers() == before, "the same workers are there")
        self.stack.sql(f"SELECT commentary.post({self.match}, 'still here')")
        last = self.stack.head(self.match)
        await viewer.follow(lambda: last)
        self.assertEqual(viewer.connects, 1)
        await viewer.close()
        self.assertEqual(self.stack.stop_relay(), 0)

    async def test_a_program_that_the_database_refuses_leaves_the_one_before_where_it_is(self):
        """The options are well-formed, so only the new workers find out."""
        self.start_configured("workers = 2")
        viewer = await Viewer(self.stack, self.match).join()
        before = self.workers()
        self.configure(f"database = {self.stack.conninfo} dbname=nowhere")
        self.ask()
        self.said("the new program cannot serve yet: the one before goes on")
        self.assertLessEqual(set(before), set(self.workers()))
        self.stack.sql(f"SELECT commentary.post({self.match}, 'still here')")
        last = self.stack.head(self.match)
        await viewer.follow(lambda: last)
        self.assertEqual(viewer.connects, 1)
        await viewer.close()
        self.configure(f"database = {self.stack.conninfo}")
        self.upgrade(before)
        wait_for(lambda: len(self.workers()) == 1, "one is left")
        self.assertEqual(self.stack.stop_relay(), 0)

    def test_options_that_need_a_restart_change(self):
        self.start_configured("workers = 3")
        for workers, processes in ((1, 1), (2, 2), (4, 5)):     # from four on there is a feeder
            self.configure(f"database = {self.stack.conninfo}", f"workers = {workers}")
            self.upgrade(self.workers())
            wait_for(lambda wanted=processes: len(self.workers()) == wanted, f"{processes} are left")
            for _ in range(20):     # so many that each socket has some
                self.assertTrue(self.stack.is_ready())
        self.assertEqual(self.stack.stop_relay(), 0)

    def test_another_port_is_taken_and_the_old_one_left(self):
        self.start_configured()
        old, self.stack.relay_port = self.stack.relay_port, free_port()
        self.configure(f"database = {self.stack.conninfo}")
        self.upgrade(self.workers())
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", old))
        self.assertEqual(self.stack.stop_relay(), 0)

    def test_the_program_is_looked_for_where_it_was(self):
        """A link that leads to another file by then; one that leads nowhere is refused."""
        program = f"{self.stack.dir}/relay"
        os.symlink(os.environ["COMMENTARY_RELAY"], program)
        self.addCleanup(os.environ.update, COMMENTARY_RELAY=os.environ["COMMENTARY_RELAY"])
        other = shutil.copy(os.environ["COMMENTARY_RELAY"], f"{self.stack.dir}/other")
        os.environ["COMMENTARY_RELAY"] = program
        self.stack.start_relay()
        os.remove(program)
        self.ask()
        self.said("the upgrade is refused")
        os.symlink(other, program)
        self.upgrade(self.workers())
        self.assertEqual(os.readlink(f"/proc/{self.supervisor}/exe"), other)
        self.assertEqual(self.stack.stop_relay(), 0)

    def test_a_stop_meets_each_moment_of_an_upgrade(self):
        for attempt in range(8):
            self.stack.start_relay("--workers", "2", "--drain", "200ms")
            processes = set(self.workers())
            self.ask()
            time.sleep(attempt * 0.04)  # so that the order meets each moment
            processes |= set(self.workers())
            self.assertEqual(self.stack.stop_relay(), 0, f"attempt {attempt}")
            self.assertEqual([pid for pid in processes if is_running(pid)], [])
            with self.assertRaises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", self.stack.relay_port))

    def test_all_end_with_a_supervisor_that_is_killed_in_an_upgrade(self):
        self.start_configured("workers = 2")
        self.configure(f"database = {self.stack.conninfo} dbname=nowhere")
        self.ask()
        self.said("the new program cannot serve yet")
        processes = self.workers()
        self.stack.stop_relay(signal.SIGKILL)
        wait_for(lambda: not any(is_running(pid) for pid in processes), "all have ended")

    def test_a_client_that_waits_for_a_worker_that_dies_is_served_by_the_next(self):
        self.stack.start_relay()
        worker, = self.workers()
        os.kill(worker, signal.SIGSTOP)
        with socket.create_connection(("127.0.0.1", self.stack.relay_port), timeout=DEADLINE_S) as waiting:
            waiting.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            os.kill(worker, signal.SIGKILL)
            self.assertIn(b" 200 ", waiting.recv(1024))
        self.assertEqual(self.stack.stop_relay(), 0)

    def launch_lent(self, listening, *options):
        """As a socket unit of systemd does it: the socket is descriptor 3.

        By bash, since dash takes no descriptor above 9, and who starts the tests may hold some.
        """
        script = 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@" 3<&' + str(listening.fileno())
        with open(self.stack.relay_log, "ab") as log:
            self.stack.relay = subprocess.Popen(    # pylint: disable=consider-using-with
                ["bash", "-c", script, "bash", os.environ["COMMENTARY_RELAY"], "--database", self.stack.conninfo,
                 "--drain", "500ms", *options], stderr=log, pass_fds=[listening.fileno()])

    def test_a_socket_of_the_service_manager_is_listened_to_and_survives_a_restart(self):
        with contextlib.closing(socket.create_server(("127.0.0.1", self.stack.relay_port))) as listening:
            self.launch_lent(listening, "--workers", "2")
            wait_for(self.stack.is_ready, "it is ready")
            self.upgrade(self.workers())
            self.assertEqual(self.stack.stop_relay(), 0)
            waiting = socket.create_connection(("127.0.0.1", self.stack.relay_port), timeout=DEADLINE_S)
            waiting.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            self.launch_lent(listening)
            self.assertIn(b" 200 ", waiting.recv(1024))
            waiting.close()
            self.assertEqual(self.stack.stop_relay(), 0)

    def test_a_descriptor_that_does_not_listen_is_refused(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wrong:
            self.launch_lent(wrong)
            self.assertEqual(self.stack.relay.wait(DEADLINE_S), 3)
            self.stack.relay = None
        self.said("no stream that listens")


if __name__ == "__main__":
    run(Upgrade)
