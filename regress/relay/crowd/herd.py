#!/usr/bin/python3
"""Many viewers return at once: each match is read once for all of them, and no viewer misses an entry."""
import signal
import time

from support.base.case import Case, run
from support.base.process import allow_descriptors, is_deep
from support.base.stack import LOG_STATEMENTS
from support.viewer.crowd import Crowd

HERD = 10000 if is_deep() else 2000


class Herd(Case):
    settings = LOG_STATEMENTS

    def setUp(self):
        self.match = self.stack.create_match()
        self.crowd = Crowd(self.stack, self.match, HERD)

    def tearDown(self):
        self.crowd.drop()
        self.assertEqual(self.stack.stop_relay(), 0)

    def post(self, count):
        self.stack.sql("INSERT INTO commentary.feed (match_id, message)"
                       f" SELECT {self.match}, 'line ' || i FROM generate_series(1, {count}) i")
        bodies = self.stack.bodies(self.match)
        self.crowd.expect(bodies)
        return len(bodies)

    def queries(self):
        """How often the relay has read the newest entries of this match, and older ones."""
        return [self.stack.reads(function).count(self.match) for function in ("tail", "read")]

    def returns(self, last):
        """All come back and have what they missed; how long that took, and which queries it made."""
        before = self.queries()
        began = time.monotonic()
        self.crowd.come()
        self.crowd.follow(last)
        took_s = time.monotonic() - began
        self.assertTrue(all(member.is_recovered for member in self.crowd.members))
        print(f"# {HERD} viewers were back after {took_s:.1f} s")
        if is_deep():
            self.assertLess(took_s, 30)  # a second or two on a quiet machine
        return [after - count for after, count in zip(self.queries(), before)]

    def test_from_memory(self):
        self.stack.start_relay()
        self.crowd.come()
        self.crowd.follow(self.post(5))
        self.crowd.drop()
        self.assertEqual(self.returns(self.post(5)), [0, 0])

    def test_after_a_crash_of_the_relay(self):
        self.stack.start_relay()
        self.crowd.come()
        self.crowd.follow(self.post(5))
        self.stack.stop_relay(signal.SIGKILL)
        self.crowd.drop()
        last = self.post(5)
        self.stack.start_relay()
        self.assertEqual(self.returns(last), [1, 0])

    def test_from_the_table(self):
        self.stack.start_relay("--topic-bytes", "4KiB")
        self.crowd.come()
        self.crowd.follow(self.post(5))
        self.crowd.drop()
        last = self.post(60)
        self.assertEqual(self.returns(last), [0, 1])


if __name__ == "__main__":
    allow_descriptors()
    run(Herd)
