#!/usr/bin/python3
"""Behind pgbouncer: in transaction mode the relay says why that cannot be, in session mode it works."""
import os
import signal
import subprocess
import unittest

from support.case import run
from support.port import free_port
from support.scene import Scene, wait_for_log
from support.stack import wait_for

PGBOUNCER = os.environ.get("COMMENTARY_PGBOUNCER", "")
REFUSED = 4


class Pgbouncer:
    def __init__(self, stack, mode):
        self.stack, self.port = stack, free_port()
        self.settings = f"{stack.dir}/pgbouncer.ini"
        with open(f"{stack.dir}/pgbouncer.users", "w", encoding="ascii") as users:
            users.write('"postgres" ""\n')
        self.process = None
        self.start(mode)

    @property
    def conninfo(self):
        return f"host={self.stack.dir} port={self.port} user=postgres dbname=postgres"

    def start(self, mode):
        with open(self.settings, "w", encoding="ascii") as file:
            file.write(f"[databases]\npostgres = host={self.stack.dir} port={self.stack.pg_port}\n"
                       f"[pgbouncer]\nlisten_addr =\nlisten_port = {self.port}\n"
                       f"unix_socket_dir = {self.stack.dir}\nauth_type = trust\n"
                       f"auth_file = {self.stack.dir}/pgbouncer.users\npool_mode = {mode}\n")
        with open(f"{self.stack.dir}/pgbouncer.log", "ab") as log:
            self.process = subprocess.Popen([PGBOUNCER, "-q", self.settings], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        wait_for(self.answers, "pgbouncer answers")

    def answers(self):
        return subprocess.run([f"{self.stack.bin}/psql", "-XAtqc", "SELECT 1", "-d", self.conninfo],
                              check=False, capture_output=True).returncode == 0

    def stop(self):
        self.process.send_signal(signal.SIGQUIT)    # at once: since 1.23 TERM waits for the clients
        self.process.wait()


@unittest.skipUnless(os.access(PGBOUNCER, os.X_OK), "there is no pgbouncer here")
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
        self.assertEqual(self.stack.relay.wait(60), REFUSED)
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
