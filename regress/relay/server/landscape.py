#!/usr/bin/python3
"""Servers and relays on hosts of their own, viewers all over them, and a network that is cut, slow and healed:
a relay loses its standby, an edge its upstream, a region its primary, hosts fall silent, and the standby is
promoted, which the region then follows as its guide says. Every viewer is sent what the log holds in the end, once and in order, and goes on where it was."""
import asyncio
import time

from support.audit.scene import wait_for_log
from support.base.case import run
from support.base.process import allow_descriptors
from support.server import network
from support.server.scattered import Scattered
from support.viewer.audience import until

SLOW_S = 3


class Fields(Scattered):
    def at(self, relay):
        return [viewer for viewer in self.everybody() if viewer.at is relay]

    async def until_stale(self, relay):
        """Those that are connected, at the least, and somebody is."""
        await until(lambda: (viewers := self.at(relay)) and all(viewer.is_live is False for viewer in viewers),
                    f"viewers of {relay.host.name} are told that they are behind")

    async def go_on(self, what):
        took = await self.recover()
        print(f"# {what}; all go on after {took:.1f} s", flush=True)

    async def lose_a_database(self):
        """The relay of a standby: without a word from it. Others reach both."""
        self.land.network.part("near", "standby")
        await self.until_stale(self.land.near)
        self.land.network.join("near", "standby")
        await self.go_on("a relay and its database were parted")

    async def lose_a_host(self):
        """Its viewers and edges find out by themselves."""
        there = self.at(self.land.far)
        self.land.network["far"].cut()
        await until(lambda: not any(viewer.is_connected and viewer.at is self.land.far for viewer in there),
                    "viewers of a silent host have noticed")
        self.land.network["far"].heal()
        await self.go_on("the host of a relay was cut off")

    async def lose_the_primary_of_a_region(self):
        """Its packets come nowhere. Viewers and the DBA are told, and everybody else goes on."""
        newest = self.land.follower.newest()
        self.land.network.part("primary", "follower")
        await self.until_stale(self.land.region)
        await self.write()
        self.assertIn("region|f|late", await asyncio.to_thread(
            self.land.follower.sql, "SELECT subject, is_ok, finding FROM commentary.check() WHERE NOT is_ok"))
        self.land.network.join("primary", "follower")
        await self.go_on("a region and its primary were parted")
        self.assertGreater(self.land.follower.newest(), newest)

    async def be_slow(self):
        """While its upstream is replaced, and the relay below it is killed."""
        self.land.network["edge"].slow_down(100, 50, loss=0.01)
        await asyncio.sleep(SLOW_S)
        await asyncio.to_thread(self.land.home.stop_relay)
        await asyncio.to_thread(self.land.leaf.kill)
        await asyncio.to_thread(wait_for_log, self.land.edge, "the feed is live",
                                f"upstream={self.land.near.host.address}:")
        await asyncio.to_thread(self.land.leaf.start)
        await asyncio.to_thread(self.land.home.start)
        await self.go_on("a slow edge has another upstream, and the one below it was killed")
        await asyncio.to_thread(self.land.network["edge"].heal)

    async def promote(self):
        """The primary's host is silent, and so it goes on by itself for a while: nobody hears of it. The region
        follows the new primary when its DBA has told it to."""
        await asyncio.to_thread(self.land.part_the_region)
        self.land.network["primary"].cut()
        await asyncio.sleep(1)
        self.stack = self.land.standby
        await asyncio.to_thread(self.stack.promote)
        await self.write()
        await asyncio.to_thread(self.land.follower.follow_anew, self.stack)
        await self.go_on("the standby was promoted")

    async def test_cut_slow_and_healed(self):
        print(f"# {sum(map(len, self.viewers.values()))} viewers at {len(self.land.relays)} relays", flush=True)
        began = time.monotonic()
        await self.go_on("all write and see")
        await self.lose_a_database()
        await self.lose_a_host()
        await self.lose_the_primary_of_a_region()
        await self.be_slow()
        await self.promote()
        await self.check_the_whole()
        self.assertEqual(len({viewer.epoch for viewer in self.everybody()}), 1)
        print(f"# {sum(self.ledger.heads.values())} entries, {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    network.enter()
    allow_descriptors()
    run(Fields)
