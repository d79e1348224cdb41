#!/usr/bin/python3
"""A database that acknowledges nothing: /readyz is not green, operators are told why and strangers
not, viewers are served all the same; and it is green again when that is over."""
import re
import subprocess
import urllib.error
import urllib.request

import psycopg2

from support.audit.scene import Scene, wait_for_log
from support.base.case import run
from support.base.stack import LONG_S, wait_for

STRANGER = {"X-Forwarded-For": "192.0.2.1"}
NOT_GREEN = "the database acknowledges no commit"


class Acks(Scene):
    settings = "commentary.ack_timeout = 600s\n"
    relay_options = "--heartbeat", "1s", "--report-interval", "0"

    async def asyncSetUp(self):
        await super().asyncSetUp()
        wait_for(self.stack.is_ready, "it is green")
        self.stack.forget_relay_log()

    def readyz(self, headers):
        request = urllib.request.Request(f"{self.stack.url}/readyz", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=LONG_S) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def metric(self, name):
        with urllib.request.urlopen(f"{self.stack.url}/metrics", timeout=LONG_S) as answer:
            return float(re.search(rf"^{name} (\S+)$", answer.read().decode(), re.MULTILINE)[1])

    def commit_in_vain(self):
        """A writer whose COMMIT waits."""
        writer = subprocess.Popen([f"{self.stack.bin}/psql", "-XAtqd", self.stack.conninfo, "-c",
                                   f"SELECT commentary.post({self.match}, 'waits')"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(writer.wait, LONG_S)

    async def is_told(self, cause, *words):
        wait_for(lambda: self.readyz({})[0] == 503, "it is not green")
        wait_for(lambda: all(word in self.readyz({})[1] for word in (NOT_GREEN, *words)), f"it says {words}")
        self.assertEqual(self.readyz(STRANGER), (503, f"{NOT_GREEN}\n"), cause)
        wait_for_log(self.stack, "level=error", NOT_GREEN, *words, "commentary.check()")
        self.assertEqual(self.metric("commentary_acknowledging"), 0)
        self.assertNotIn("stale", [message["type"] for message in self.viewer.messages])

    async def is_over(self):
        wait_for(self.stack.is_ready, "it is green")
        self.assertEqual(self.readyz(STRANGER), (200, "ok\n"))
        wait_for_log(self.stack, "acknowledges commits again")
        self.assertEqual(self.metric("commentary_acknowledging"), 1)
        self.post("after it")
        await self.until("after it")
        await self.compare()

    async def test_paused(self):
        self.stack.sql("SELECT commentary.pause()")
        self.addCleanup(self.stack.sql, "SELECT commentary.resume()")
        await self.is_told("paused", "commentary.resume()")
        self.stack.sql("SELECT commentary.resume()")
        await self.is_over()

    async def test_a_lock_on_the_log(self):
        with psycopg2.connect(self.stack.conninfo) as holder:
            holder.cursor().execute("LOCK TABLE commentary.entry IN SHARE MODE")
            self.commit_in_vain()
            await self.is_told("lock", "lock")
            self.assertGreater(self.metric("commentary_oldest_commit_seconds"), 1)
            holder.rollback()
        holder.close()
        await self.is_over()

    async def test_a_standby_that_is_away(self):
        self.stack.sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        self.stack.sql("SELECT pg_reload_conf()")
        self.addCleanup(self.stack.sql, "ALTER SYSTEM RESET synchronous_standby_names")
        self.commit_in_vain()
        await self.is_told("standby", "standby")
        self.stack.sql("ALTER SYSTEM RESET synchronous_standby_names")
        self.stack.sql("SELECT pg_reload_conf()")
        await self.is_over()

    async def test_a_role_that_may_not_ask(self):
        """With an older extension nothing is known about it, so the relay is ready."""
        self.stack.stop_relay()
        self.stack.sql("CREATE ROLE relay LOGIN; GRANT USAGE ON SCHEMA commentary TO relay;"
                       " GRANT SELECT ON ALL TABLES IN SCHEMA commentary TO relay;"
                       " GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA commentary TO relay;"
                       " REVOKE EXECUTE ON FUNCTION commentary.ack_status() FROM relay")
        self.stack.start_relay("--heartbeat", "1s", "--database",
                               self.stack.conninfo.replace("user=postgres", "user=relay"))
        with urllib.request.urlopen(f"{self.stack.url}/metrics", timeout=LONG_S) as answer:
            self.assertNotIn("commentary_acknowledging", answer.read().decode())
        self.stack.stop_relay()
        self.stack.start_relay(*self.relay_options)
        await self.viewer.connect()
        await self.viewer.next("subscribed")


if __name__ == "__main__":
    run(Acks)
