#!/usr/bin/python3
"""--feeder: one process follows the database for all workers of a relay."""
import os
import signal
import subprocess
import unittest

from support.base.case import run
from support.base.certificates import Certificate
from support.base.port import free_ports, has_ipv6
from support.base.process import is_running, is_sanitized
from support.base.stack import DEADLINE_S, READ_AGAIN, wait_for
from support.base.supervised import Supervised
from support.viewer.viewer import Viewer

HERE = os.path.dirname(os.path.realpath(__file__))
WORKERS = 3
VIEWERS = 24


class Feeder(Supervised):
    def local_name(self):
        """Of this relay's socket: other relays of this machine have such names as well."""
        return wait_for(self.find_feeder, "there is a feeder")[1]

    @staticmethod
    def is_used(name):
        with open("/proc/net/unix", encoding="utf-8") as table:
            return name in table.read()

    def start(self, *options):
        self.stack.start_relay("--workers", str(WORKERS), "--feeder", "on", "--drain", "1s",
                               "--report-interval", "200ms", *options)
        wait_for(lambda: self.stack.relay_said().count('"the feed is live"') > WORKERS, "all are live")

    def pid_of_feeder(self):
        """The one that does not listen on the port of viewers."""
        return wait_for(self.find_feeder, "there is a feeder")[0]

    def find_feeder(self):
        for pid in self.workers():
            try:
                with open(f"/proc/{pid}/net/unix", encoding="utf-8") as table:
                    names = {line.split()[6]: line.split()[7] for line in table.readlines()[1:]
                             if "@commentary-" in line and line.split()[3] == "00010000"}
                fds = {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}
            except OSError:
                continue
            for inode, name in names.items():
                if f"socket:[{inode}]" in fds:
                    return pid, name
        return None

    def sessions(self):
        return int(self.stack.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'commentary-relay'"))

    def has_sessions(self, count):
        """Of those before one may be ending still."""
        wait_for(lambda: self.sessions() == count, f"the relay has {count} sessions")

    async def crowd(self):
        return [await Viewer(self.stack, self.match).join() for _ in range(VIEWERS)]

    async def all_have(self, crowd):
        """All entries so far, once and in order."""
        last, log = self.stack.head(self.match), self.stack.bodies(self.match)
        for viewer in crowd:
            await viewer.follow(lambda: last)
            self.assertEqual((viewer.gaps, viewer.doubles, viewer.starts), (0, 0, 1))
            self.assertEqual(viewer.bodies, log)

    def post(self, count=5):
        self.stack.sql(f"SELECT commentary.post({self.match}, 'a line') FROM generate_series(1, {count})")

    async def test_one_session_feeds_all_and_the_machine_is_counted_once(self):
        self.start()
        self.has_sessions(1)
        self.assertEqual(len(self.workers()), WORKERS + 1)
        crowd = await self.crowd()
        self.post()
        await self.all_have(crowd)
        rows = "SELECT count(*) || ' ' || sum(viewers) FROM commentary.stat_relay"
        wait_for(lambda: self.stack.sql(rows) == f"1 {VIEWERS}", "one row has all viewers")
        seen = f"SELECT sum(viewers) FROM commentary.viewers WHERE match_id = {self.match}"
        wait_for(lambda: self.stack.sql(seen) == str(VIEWERS), "the match has all viewers")
        sent = "SELECT coalesce(max(deliveries), 0) FROM commentary.stat_relay"     # 0: the last report is too old
        wait_for(lambda: int(self.stack.sql(sent)) >= VIEWERS * 5, "what all have sent is added up")
        for viewer in crowd:
            await viewer.close()
        wait_for(lambda: self.stack.sql(rows) == "1 0", "they are gone")
        told, feeder = wait_for(lambda: int(self.stack.sql(sent)), "there is a report"), self.pid_of_feeder()
        before = self.workers()
        for pid in before:
            if pid != feeder:
                os.kill(pid, signal.SIGKILL)
        wait_for(lambda: len(set(self.workers()) - set(before)) == WORKERS, "other workers are there")
        wait_for(self.stack.is_ready, "they serve")
        wait_for(lambda: int(self.stack.sql(sent)) >= told, "nothing of the sum is gone")
        self.post()
        crowd = [await Viewer(self.stack, self.match).join() for _ in range(3)]
        last = self.stack.head(self.match)
        for viewer in crowd:
            await viewer.follow(lambda: last)
            await viewer.close()
        wait_for(lambda: int(self.stack.sql(sent)) > told, "what was sent before is in the sum")
        self.assertEqual(self.stack.stop_relay(), 0)

    @unittest.skipUnless(has_ipv6(), "there is no IPv6 here")
    async def test_over_tls_and_ipv6(self):
        """The certificate is the workers', and not needed between them and the feeder."""
        certificate = Certificate(self.stack.dir, "relay")
        self.stack.tls = certificate.client()
        try:
            self.start("--listen", f"[::]:{self.stack.relay_port}", *certificate.options)
            self.has_sessions(1)
            crowd = await self.crowd()
            self.post()
            await self.all_have(crowd)
            for address in "127.0.0.1", "[::1]":
                done = subprocess.run(["curl", "-fsSk", f"https://{address}:{self.stack.relay_port}/readyz"],
                                      capture_output=True, text=True, timeout=DEADLINE_S, check=False)
                self.assertEqual((done.stdout, done.stderr), ("ok\n", ""), address)
            for viewer in crowd:
                await viewer.close()
            self.assertEqual(self.stack.stop_relay(), 0)
        finally:
            self.stack.tls = None

    async def lose(self, number):
        """The feeder ends by this signal: viewers stay, and get what comes meanwhile."""
        self.start()
        crowd = await self.crowd()
        before = self.workers()
        feeder = self.pid_of_feeder()
        os.kill(feeder, number)
        wait_for(lambda: self.pid_of_feeder() != feeder, "there is another")
        self.post()
        await self.all_have(crowd)
        self.assertEqual({viewer.connects for viewer in crowd}, {1})
        self.assertEqual(set(before) - set(self.workers()), {feeder})
        while not {"stale", "live"} <= {message["type"] for message in crowd[0].messages}:
            await crowd[0].next()
        self.assertEqual(self.stack.stop_relay(), 0)

    async def test_a_feeder_that_is_killed_is_replaced_and_viewers_stay(self):
        await self.lose(signal.SIGKILL)

    async def test_a_feeder_that_hangs_is_replaced_and_viewers_stay(self):
        await self.lose(signal.SIGSTOP)

    async def test_a_restart_of_postgresql_and_a_reload_leave_viewers_where_they_are(self):
        self.start()
        crowd = await self.crowd()
        self.stack.relay.send_signal(signal.SIGHUP)
        wait_for(lambda: self.stack.relay_said().count(READ_AGAIN) > WORKERS, "all reload")
        self.stack.stop_postgres("immediate")
        self.stack.start_postgres()
        self.post()
        await self.all_have(crowd)
        self.assertEqual({viewer.connects for viewer in crowd}, {1})
        self.assertEqual(self.stack.stop_relay(), 0)

    async def test_viewers_are_fed_until_they_have_left(self):
        self.start("--drain", "3s")
        crowd = await self.crowd()
        self.stack.relay.send_signal(signal.SIGTERM)
        self.post()
        log = self.stack.bodies(self.match)
        lengths = []
        for viewer in crowd:
            self.assertEqual((await viewer.bye())[1], 1001)
            self.assertEqual(viewer.bodies, log[:len(viewer.bodies)])
            self.assertNotIn("stale", {message["type"] for message in viewer.messages})
            lengths.append(len(viewer.bodies))
        self.assertEqual(max(lengths), len(log))
        self.assertEqual(self.stack.stop_relay(), 0)

    async def test_an_upgrade_replaces_the_feeder_last(self):
        self.start()
        crowd = await self.crowd()
        before = self.workers()
        self.stack.relay.send_signal(signal.SIGUSR2)
        for viewer in crowd:
            await viewer.bye()
            await viewer.join()
        wait_for(lambda: not any(is_running(pid) for pid in before), "all have been replaced")
        self.post()
        await self.all_have(crowd)
        self.has_sessions(1)
        self.assertNotIn("stale", {message["type"] for viewer in crowd for message in viewer.messages})
        self.assertEqual(self.stack.stop_relay(), 0)

    def test_all_end_with_their_supervisor(self):
        self.start()
        processes, name = self.workers(), self.local_name()
        self.assertTrue(self.is_used(name))
        self.stack.stop_relay(signal.SIGKILL)
        wait_for(lambda: not any(is_running(pid) for pid in processes), "all have ended")
        wait_for(lambda: not self.is_used(name), "no socket is left")

    def test_the_socket_is_for_this_user_alone(self):
        """A request of ours is answered; of another user's process, which only root can start, nothing is read."""
        self.start()
        name = self.local_name()
        client = ("import socket, sys; s = socket.socket(socket.AF_UNIX); s.settimeout(60);"
                  "s.connect('\\0' + sys.argv[1]); s.sendall(b'GET /livez HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n');"
                  "print(s.recv(1024))")
        for other, answer in (([], "200 OK"), (["setpriv", "--reuid", "65534", "--clear-groups"], None)):
            if other and os.geteuid() != 0:
                continue
            done = subprocess.run([*other, "python3", "-c", client, name[1:]], capture_output=True, text=True,
                                  check=False, timeout=DEADLINE_S)
            if answer:
                self.assertIn(answer, done.stdout)
            else:
                self.assertNotIn("200 OK", done.stdout)
                self.assertIn("another user's process has connected", self.stack.relay_said())
        self.assertEqual(self.stack.stop_relay(), 0)

    @unittest.skipIf(is_sanitized(), "AddressSanitizer has to be loaded first")
    def test_what_another_user_listens_on_is_no_feeder(self):
        """A worker says nothing to it, and its viewers hear nothing from there."""
        shim = f"{self.stack.dir}/lying_peer.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", shim, f"{HERE}/../support/fault/lying_peer.c", "-ldl"], check=True)
        os.environ["LD_PRELOAD"] = shim
        try:
            self.stack.launch_relay("--listen", f"127.0.0.1:{self.stack.relay_port}", "--workers", "2", "--feeder", "on",
                                    "--drain", "1s", "--database", self.stack.conninfo)
        finally:
            del os.environ["LD_PRELOAD"]
        said = "another user's process listens in the place of the feeder"
        wait_for(lambda: self.stack.relay_said().count(said) >= 4, "both workers refuse it, again and again")
        self.assertNotIn("a relay follows this one", self.stack.relay_said())
        self.assertFalse(self.stack.is_ready())
        self.assertEqual(self.stack.stop_relay(), 0)

    def test_metrics_count_the_machine_once(self):
        port = free_ports(WORKERS + 1)
        self.start("--metrics-listen", f"127.0.0.1:{port}")
        for at in range(port, port + WORKERS + 1):
            said = subprocess.run(["curl", "-sf", f"http://127.0.0.1:{at}/metrics"], capture_output=True, text=True,
                                  check=True, timeout=DEADLINE_S).stdout
            self.assertIn("\ncommentary_edges 0\n", said)
            self.assertIn("\ncommentary_hops 0\n", said)
            self.assertIn('commentary_feed_state{state="live"} 1', said)
        self.assertEqual(self.stack.stop_relay(), 0)

    def test_by_default_four_workers_have_a_feeder_and_three_do_not(self):
        for workers, sessions in ((3, 3), (4, 1)):
            self.stack.start_relay("--workers", str(workers), "--drain", "200ms")
            wait_for(lambda: self.stack.relay_said().count('"the feed is live"') >= workers, "all are live")
            self.has_sessions(sessions)
            self.assertEqual(self.stack.stop_relay(), 0)
            self.stack.forget_relay_log()

    def test_a_refusal_of_the_database_ends_all(self):
        self.stack.launch_relay("--listen", f"127.0.0.1:{self.stack.relay_port}", "--workers", "2", "--feeder", "on",
                                "--database", self.stack.conninfo + " dbname=nowhere")
        code = self.stack.relay.wait(DEADLINE_S)
        self.stack.relay = None
        self.assertEqual(code, 4)


if __name__ == "__main__":
    run(Feeder)
