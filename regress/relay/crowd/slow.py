#!/usr/bin/python3
"""Viewers that read slowly, or never: they cost little, end with 4000, and nobody else notices."""
import asyncio
import time

from support.base.case import Case, run
from support.base.patience import CLOSE_S
from support.base.process import allow_descriptors, connections, descriptors, is_deep, is_sanitized, rss_kib
from support.base.stack import wait_for
from support.viewer import audience
from support.viewer.raw import CLOSE, FIN, frame

HEALTHY = 450 if is_deep() else 180
STALLED = HEALTHY // 18     # these and the slow ones are 10 %
SLOW = HEALTHY // 18
ENOUGH = 20                 # where their number does not matter
ATTEMPTS = 10
BATCH = 40                  # entries of 6 KB: half of what the relay keeps of a match
TOPIC_KIB = 512
BATCHES = 20 if is_deep() else 8
RECEIVE_BYTES = 8192        # what the kernel takes for one that does not read
RSS_KIB = 16 * 1024         # the growth that is allowed: the log, and 64 KiB for each slow viewer
QUEUED_BYTES = 256 * 1024   # in the relay's kernel, for each


class Slow(Case):
    async def asyncSetUp(self):
        self.stack.start_relay("--topic-bytes", f"{TOPIC_KIB}KiB")
        self.match = self.stack.create_match()
        self.before = self.stack.idle_descriptors()
        self.members = []

    async def asyncTearDown(self):
        for member in self.members:
            member.transport.abort()
        await audience.until(lambda: descriptors(self.stack.relay_pid) <= self.before,
                          "no descriptor is left behind")
        self.assertEqual(self.stack.stop_relay(), 0)

    async def join(self, count, **options):
        members = await audience.join(self.stack, self.match, count, **options)
        self.members += members
        return members

    async def post(self, count):
        await asyncio.to_thread(self.stack.insert_lines, self.match, count, pad=6000)

    async def post_and_await(self, healthy):
        """A batch, until all of the healthy ones have it."""
        head = healthy[0].seq + BATCH
        await self.post(BATCH)
        await audience.until(lambda: all(member.seq == head or member.is_lost for member in healthy),
                          "the healthy have all")
        self.assertEqual([member for member in healthy if member.is_lost or member.wrong], [])

    async def test_the_healthy_do_not_notice_and_memory_stays(self):
        healthy = await self.join(HEALTHY)
        await self.post_and_await(healthy)
        before_kib = rss_kib(self.stack.relay_pid)
        stalled = await self.join(STALLED, receive_bytes=RECEIVE_BYTES)
        for member in stalled:
            member.transport.pause_reading()
        for _ in range(BATCHES):
            await self.post_and_await(healthy)
            self.assertLess(max(connections(self.stack.relay_port)), QUEUED_BYTES)
        grown_kib = rss_kib(self.stack.relay_pid) - before_kib
        print(f"# {STALLED} that never read: RSS grew by {grown_kib} KiB")
        if not is_sanitized():
            self.assertLess(grown_kib, RSS_KIB)
        # They never read again, not even the reason: they are cut off all the same.
        wait_for(lambda: descriptors(self.stack.relay_pid) <= self.before + HEALTHY,
                 "those who never read are gone")

    async def fall_behind(self, healthy):
        """Viewers that read nothing until they are closed, and whether they had time to read why."""
        slow = await self.join(SLOW, receive_bytes=RECEIVE_BYTES)
        for member in slow:
            member.transport.pause_reading()
        began = time.monotonic()
        for _ in range(4):
            await self.post_and_await(healthy)
        for member in slow:
            member.transport.resume_reading()
        await audience.until(lambda: all(member.is_lost for member in slow), "the slow ones are closed")
        return slow, time.monotonic() - began < CLOSE_S

    async def test_the_slow_are_told_why_and_resume(self):
        healthy = await self.join(ENOUGH)
        # A machine that is far too busy needs longer than they have.
        for _ in range(ATTEMPTS):
            slow, had_time = await self.fall_behind(healthy)
            codes = {member.close_code for member in slow}
            if had_time or codes == {4000}:
                break
        self.assertEqual(codes, {4000})
        self.assertEqual({member.wrong for member in slow}, {0})
        self.assertLess(max(member.seq for member in slow), healthy[0].seq)
        again = audience.Member(self.match, since=(slow[0].epoch, slow[0].seq))
        self.members.append(again)
        await audience.connect_member(self.stack, again)
        await audience.until(lambda: again.seq == healthy[0].seq, "it has what it missed")
        self.assertEqual((again.wrong, again.is_lost), (0, False))

    async def test_who_reads_no_answers_may_not_ask_on(self):
        asking, = await self.join(1, receive_bytes=RECEIVE_BYTES)
        asking.transport.pause_reading()
        before_kib = rss_kib(self.stack.relay_pid)
        bye = frame(FIN | CLOSE, b"\x03\xe8")
        for _ in range(50):
            asking.transport.write(frame(FIN | 0x9, b"x" * 125) * 1000)
        asking.transport.write(bye)
        healthy = await self.join(10)
        await self.post_and_await(healthy)
        if not is_sanitized():
            self.assertLess(rss_kib(self.stack.relay_pid) - before_kib, RSS_KIB)


if __name__ == "__main__":
    allow_descriptors()
    run(Slow)
