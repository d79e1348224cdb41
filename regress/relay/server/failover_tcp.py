#!/usr/bin/python3
"""A failover over TCP, for relays that name the hosts in every order, dead and silent and refusing
ones among them: each serves its viewers at most a second after the promotion."""
import asyncio
import itertools
import os
import subprocess
import time
import types

from support.base.case import run
from support.base.port import free_port
from support.base.process import is_deep
from support.base.stack import DEADLINE_S
from support.fault.bad_hosts import BadHosts
from support.fault.proxy import DatabaseProxy
from support.server.pair import Pair
from support.viewer.viewer import Viewer

# All relays of a test come back at once, here beside other tests; half of them would wait
# 120 s for a host that is silent.
SERVED_S, PATIENCE_S = 1 if is_deep() else 60, 120
KINDS = "primary", "standby", "dead", "silent"
MORE = ("refusing", "black hole", "primary", "standby"), ("silent", "silent", "primary", "silent", "standby")


class FailoverTcp(Pair):
    async def asyncSetUp(self):
        self.start_pair("listen_addresses = '127.0.0.1'\n")
        self.proxy = DatabaseProxy(self.stack)
        self.addCleanup(self.proxy.close)
        bad = self.enterContext(BadHosts())
        self.ports = {"primary": self.proxy.port, "standby": self.standby.pg_port, "dead": bad.dead(),
                      "silent": bad.silent(), "black hole": bad.black_hole(), "refusing": bad.refusing("53300")}
        self.match = self.stack.create_match()
        self.stack.sql("SELECT commentary.flush()")
        self.relays, self.viewers, self.writers = [], [], []
        for order in (*itertools.permutations(KINDS), *MORE):
            await self.add_relay(order, more=f"connect_timeout={PATIENCE_S}" if len(self.relays) % 2 else "")

    async def asyncTearDown(self):
        for viewer in self.viewers:
            await viewer.close()
        for relay in self.relays:
            relay.terminate()
        for relay in self.relays:
            self.assertEqual(relay.wait(DEADLINE_S), 0)

    async def add_relay(self, order, more):
        port = free_port()
        with open(f"{self.stack.dir}/relay-{port}.log", "wb") as log:
            self.relays.append(subprocess.Popen(
                [os.environ["COMMENTARY_RELAY"], "--listen", f"127.0.0.1:{port}", "--heartbeat", "1s",
                 "--drain", "1s", "--report-interval", "0", "--database",
                 f"host={','.join(['127.0.0.1'] * len(order))} port={','.join(str(self.ports[kind]) for kind in order)}"
                 f" user=postgres dbname=postgres sslmode=disable gssencmode=disable {more}"], stderr=log))
        viewer = Viewer(types.SimpleNamespace(relay_port=port, tls=None), self.match)
        viewer.order = order
        end = time.monotonic() + DEADLINE_S
        while True:
            try:
                self.viewers.append(await viewer.join())
                break
            except OSError:     # it does not listen yet
                self.assertLess(time.monotonic(), end)
                await asyncio.sleep(0.02)
        await viewer.until_live()

    async def until_served(self, viewer, promoted):
        """Seconds after the promotion."""
        while (await viewer.next("commentary"))["message"] != "after the promotion":
            pass
        served = time.monotonic() - promoted
        await viewer.until_live()
        return served

    async def fail_over(self, fault):
        epoch = self.viewers[0].epoch
        await asyncio.to_thread(fault)
        await asyncio.gather(*(viewer.until_stale() for viewer in self.viewers))
        await asyncio.to_thread(self.standby.promote)
        promoted = time.monotonic()
        self.standby.sql(f"SELECT commentary.post({self.match}, 'after the promotion')")
        served = await asyncio.gather(*(self.until_served(viewer, promoted) for viewer in self.viewers))
        late = {viewer.order: seconds for viewer, seconds in zip(self.viewers, served) if seconds > SERVED_S}
        self.assertEqual(late, {})
        for viewer in self.viewers:
            self.assertEqual((viewer.gaps, viewer.doubles, viewer.starts), (0, 0, 1))
            self.assertNotEqual(viewer.epoch, epoch)

    async def test_of_a_primary_that_is_dead(self):
        await self.fail_over(self.stack.kill_postgres)

    async def test_of_a_primary_that_is_silent(self):
        self.addCleanup(self.proxy.is_open.set)
        await self.fail_over(self.proxy.is_open.clear)


if __name__ == "__main__":
    run(FailoverTcp)
