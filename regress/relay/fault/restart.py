#!/usr/bin/python3
"""PostgreSQL itself fails, and no viewer misses an entry: restarts, crashes, lost backends."""
import asyncio
import time

import psycopg2

from support.audit.scene import SOON_S, Scene, wait_for_log
from support.base.case import run
from support.base.process import cpu_s, is_deep
from support.base.stack import DEADLINE_S, wait_for

TERMINATIONS, EVERY_S = (30, 2) if is_deep() else (16, 0.5)
CONNECTIONS = 20
CPU_S = 20 if is_deep() else 4
CPU_MAX = 0.25  # of a core; a loop that spins takes all of it
RELAYS = "application_name = 'commentary-relay'"


class Restart(Scene):
    settings = f"max_connections = {CONNECTIONS}\ncommentary.notify_queue_limit = 0\n"
    relay_options = ("--heartbeat", "1s")

    async def first_event_after(self, stop):
        """The writer goes on as soon as it can, and the viewer must get its rows soon after."""
        self.write()
        await self.viewer.next("commentary")
        await asyncio.to_thread(stop)
        await self.viewer.until_stale()
        await asyncio.to_thread(self.stack.start_postgres)
        began = time.monotonic()
        await self.viewer.next("commentary")
        self.assertLess(time.monotonic() - began, SOON_S)
        await self.until_live()
        await self.compare_written()

    async def test_a_fast_restart(self):
        await self.first_event_after(lambda: self.stack.stop_postgres("fast"))

    async def test_kill_9(self):
        await self.first_event_after(self.stack.kill_postgres)

    async def test_a_backend_that_is_terminated_again_and_again(self):
        terminated = 0
        self.write()
        await self.viewer.next("commentary")
        while terminated <= TERMINATIONS / 2:
            terminated += int(self.stack.sql(
                f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {RELAYS}"))
            await asyncio.sleep(EVERY_S)
        await self.until_live()
        await self.compare_written()
        self.assertEqual(self.viewer.starts, 1)

    def take_all_connections(self):
        """Also the relay's, whose backend may be one that just begins and cannot be seen yet: so they are
        ours only when we have as many as there are. Returns them."""
        taken = [psycopg2.connect(self.stack.conninfo)]
        taken[0].autocommit = True
        cursor = taken[0].cursor()
        end = time.monotonic() + DEADLINE_S
        while len(taken) < CONNECTIONS:
            self.assertLess(time.monotonic(), end, f"got {len(taken)} connections of {CONNECTIONS}")
            try:
                taken.append(psycopg2.connect(self.stack.conninfo))
            except psycopg2.OperationalError:
                cursor.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {RELAYS}")
        return taken

    async def test_without_a_free_connection_it_waits_quietly(self):
        taken = await asyncio.to_thread(self.take_all_connections)
        await self.viewer.until_stale()
        before = cpu_s(self.stack.relay_pid)
        await asyncio.sleep(CPU_S)
        self.assertLess(cpu_s(self.stack.relay_pid) - before, CPU_MAX * CPU_S)
        wait_for_log(self.stack, "too many clients", "raise max_connections")
        for connection in taken:
            connection.close()
        began = time.monotonic()
        await self.viewer.until_live()
        self.assertLess(time.monotonic() - began, SOON_S)
        wait_for(self.stack.is_ready, "the relay becomes ready")
        await asyncio.to_thread(wait_for, self.has_room, "the backends of those have ended")
        await self.compare()

    def has_room(self):
        try:
            return self.stack.sql("SELECT 1")
        except AssertionError:
            return False

    async def test_a_full_notification_queue_only_makes_it_slower(self):
        """A stuck listener fills it, the flusher goes on without NOTIFY."""
        stuck = psycopg2.connect(self.stack.conninfo)
        self.addCleanup(stuck.close)
        stuck.cursor().execute("LISTEN commentary")
        stuck.commit()
        stuck.cursor().execute("SELECT 1")  # it stays in this transaction

        def is_unannounced():
            self.post("x" * 5000)
            return int(self.stack.sql("SELECT unannounced FROM commentary.stat_flush")) > 0

        await asyncio.to_thread(wait_for, is_unannounced, "the flusher goes on without NOTIFY")
        self.post("not announced")
        began = time.monotonic()
        await self.until("not announced")
        self.assertLess(time.monotonic() - began, SOON_S)
        await self.compare()


if __name__ == "__main__":
    run(Restart)
