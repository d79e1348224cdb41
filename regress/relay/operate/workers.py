#!/usr/bin/python3
"""--workers: several processes on one port, and a supervisor that keeps them alive."""
import os
import re
import signal
import socket
import time

from support.base.case import run
from support.base.port import free_port
from support.base.process import is_running
from support.base.stack import run_relay, wait_for
from support.base.supervised import Supervised
from support.viewer.viewer import Viewer

WORKERS = 3
VIEWERS = 48
STARTS = 25
START_S = 0.1


class Workers(Supervised):
    def start(self, *options):
        self.stack.start_relay("--workers", str(WORKERS), "--drain", "1s", *options)
        wait_for(lambda: self.stack.relay_said().count('"the feed is live"') == WORKERS, "all workers are live")

    async def viewer(self):
        return await Viewer(self.stack, self.match).join()

    async def test_all_share_the_viewers_and_each_sees_every_entry(self):
        self.start("--log-level", "debug")
        self.assertEqual(len(self.workers()), WORKERS)
        viewers = [await self.viewer() for _ in range(VIEWERS)]
        self.stack.sql(f"SELECT commentary.post({self.match}, 'for all') FROM generate_series(1, 10)")
        last = self.stack.head(self.match)
        for viewer in viewers:
            await viewer.follow(lambda: last)
            self.assertEqual((len(viewer.bodies), viewer.gaps, viewer.doubles), (last, 0, 0))
        os.kill(self.supervisor, signal.SIGTERM)
        for viewer in viewers:
            self.assertEqual((await viewer.bye())[1], 1001)
        self.assertEqual(self.stack.stop_relay(), 0)
        counts = re.findall(r"msg=stopping worker=(\d+) viewers=(\d+)", self.stack.relay_said())
        self.assertEqual({int(number) for number, _ in counts}, set(range(1, WORKERS + 1)))
        self.assertEqual(sum(int(count) for _, count in counts), VIEWERS)
        self.assertGreater(sum(int(count) > 0 for _, count in counts), 1)

    async def hang(self, count):
        """One of so many workers hangs; without a service manager it is replaced all the same."""
        self.stack.start_relay("--workers", str(count), "--drain", "1s")
        viewers = [await self.viewer() for _ in range(VIEWERS)]
        before = self.workers()
        self.assertEqual(len(before), count)
        os.kill(before[0], signal.SIGSTOP)
        wait_for(lambda: before[0] not in self.workers() and len(self.workers()) == count, "it is replaced")
        self.assertIn('msg="a worker does not answer: killing it"', self.stack.relay_said())
        self.stack.sql(f"SELECT commentary.post({self.match}, 'to all')")
        last = self.stack.head(self.match)
        for viewer in viewers:
            await viewer.follow(lambda: last)
            self.assertEqual((viewer.gaps, viewer.doubles), (0, 0))
        self.assertEqual(set(before[1:]) - set(self.workers()), set(), "the others go on")
        self.assertEqual(self.stack.stop_relay(), 0)
        return sorted(viewer.connects for viewer in viewers)

    async def test_one_that_hangs_is_replaced_while_the_others_go_on(self):
        self.assertEqual((await self.hang(WORKERS))[0], 1, "the viewers of the others stayed")

    async def test_a_single_one_that_hangs_is_replaced(self):
        self.assertEqual((await self.hang(1))[0], 2)

    async def test_a_single_one_ends_with_its_supervisor(self):
        self.stack.start_relay()
        worker, = self.workers()
        self.stack.stop_relay(signal.SIGKILL)
        wait_for(lambda: not is_running(worker), "it is gone")
        self.stack.start_relay("--drain", "1s")
        self.assertEqual(self.stack.stop_relay(), 0)

    async def test_a_worker_that_dies_is_replaced_and_its_viewers_come_back(self):
        self.start()
        viewers = [await self.viewer() for _ in range(VIEWERS)]
        before = self.workers()
        os.kill(before[0], signal.SIGKILL)
        wait_for(lambda: len(set(self.workers()) - set(before)) == 1, "a new worker is there")
        self.stack.sql(f"SELECT commentary.post({self.match}, 'to all')")
        last = self.stack.head(self.match)
        for viewer in viewers:
            await viewer.follow(lambda: last)
            self.assertEqual((viewer.gaps, viewer.doubles), (0, 0))
        connects = sorted(viewer.connects for viewer in viewers)
        self.assertEqual(connects[0], 1, "the viewers of the others stayed")
        self.assertIn('msg="a worker ended"', self.stack.relay_said())
        for viewer in viewers:
            await viewer.close()
        self.assertEqual(self.stack.stop_relay(), 0)

    def test_a_crash_loop_is_told(self):
        self.start()
        killed = set()

        def kill_newest():
            if "again and again" in self.stack.relay_said():
                return True  # before one more is killed, which might end only after the order to stop
            workers = self.workers()
            if workers and len(workers) == WORKERS and workers[-1] not in killed:
                killed.add(workers[-1])
                os.kill(workers[-1], signal.SIGKILL)
            return False

        wait_for(kill_newest, "it is told")
        # One whose end is still to come would end only after the order to stop, and count as a bad end.
        wait_for(lambda: not any(is_running(pid) for pid in killed), "those that were killed have ended")
        wait_for(self.stack.is_ready, "also the newest one, which may be asked first, is ready")
        self.assertEqual(self.stack.stop_relay(), 0)

    def test_a_worker_that_died_before_the_stop_is_no_bad_end(self):
        self.start()
        dead = self.workers()[0]
        os.kill(self.supervisor, signal.SIGSTOP)
        os.kill(dead, signal.SIGKILL)
        wait_for(lambda: not is_running(dead), "it is dead")
        os.kill(self.supervisor, signal.SIGTERM)
        os.kill(self.supervisor, signal.SIGCONT)
        self.assertEqual(self.stack.stop_relay(), 0)

    def test_a_stop_while_workers_start_is_heard(self):
        for attempt in range(STARTS):
            self.stack.launch_relay("--listen", "127.0.0.1:0", "--workers", str(WORKERS),
                                    "--database", self.stack.conninfo)
            wait_for(self.workers, "a worker")
            time.sleep(attempt / STARTS * START_S)  # so that the order meets each moment of the start
            self.assertEqual(self.stack.stop_relay(), 0)
        self.assertNotIn("killing it", self.stack.relay_said())

    def test_workers_end_with_their_supervisor(self):
        self.start()
        workers = self.workers()
        self.stack.relay.kill()
        self.stack.relay.wait()
        wait_for(lambda: not any(is_running(pid) for pid in workers), "the workers have ended")
        self.assertEqual(self.stack.relay_said().count("the supervisor is gone"), WORKERS)

    def test_port_0_is_one_port_for_all(self):
        port = self.stack.relay_port
        self.addCleanup(setattr, self.stack, "relay_port", port)
        self.stack.launch_relay("--listen", "127.0.0.1:0", "--workers", str(WORKERS),
                                "--database", self.stack.conninfo)
        ports = wait_for(lambda: self.all_ports(), "all listen")
        self.assertEqual(len(set(ports)), 1)
        self.stack.relay_port = int(ports[0])
        wait_for(self.stack.is_ready, "it is ready")
        self.assertEqual(self.stack.stop_relay(), 0)

    def all_ports(self):
        ports = re.findall(r"msg=listening worker=\d+ .*port=(\d+)", self.stack.relay_said())
        return ports if len(ports) == WORKERS else None

    def test_a_port_is_shared_with_no_other_relay(self):
        self.start()
        address = f"127.0.0.1:{self.stack.relay_port}"
        for workers in ("1", "2"):
            done = run_relay("--listen", address, "--workers", workers, "--database", self.stack.conninfo)
            self.assertEqual(done.returncode, 3, workers)
            self.assertIn("--listen", done.stderr)
        self.assertEqual(self.stack.stop_relay(), 0)
        with socket.create_server(("127.0.0.1", self.stack.relay_port)):
            done = run_relay("--listen", address, "--workers", "2", "--database", self.stack.conninfo)
            self.assertEqual(done.returncode, 3)

    def test_a_refusal_of_the_database_ends_all(self):
        done = run_relay("--listen", f"127.0.0.1:{free_port()}", "--workers", "2",
                         "--database", self.stack.conninfo + " dbname=nowhere")
        self.assertEqual(done.returncode, 4)
        self.assertIn("a worker cannot go on", done.stderr)

    def test_a_worker_that_hangs_while_all_stop_is_killed(self):
        self.start()
        stopped = self.workers()[0]
        os.kill(stopped, signal.SIGSTOP)
        self.assertEqual(self.stack.stop_relay(), 1)
        self.assertFalse(is_running(stopped))
        self.assertIn("killing it", self.stack.relay_said())


if __name__ == "__main__":
    run(Workers)
