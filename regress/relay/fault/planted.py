#!/usr/bin/python3
"""The checks of a soak find what they must find: each problem is planted into a run that is right."""
import json
import os
import types
import unittest

from support.audit.growth import growth
from support.audit.ledger import Ledger
from support.audit.watch import Watch
from support.base.case import run
from support.viewer.spectators import Spectator
from support.viewer.stubborn import Stubborn

MATCH = 7
ROWS = range(1, 11)


def entry(seq, message, match=MATCH):
    return json.dumps({"type": "commentary", "match": match, "seq": seq, "op": "insert", "message": message})


def numbered(messages):
    return [entry(seq, message) for seq, message in enumerate(messages, 1)]


class Planted(unittest.TestCase):
    def setUp(self):
        self.tags = [f"{MATCH}.1.{n}" for n in ROWS]
        self.messages = [f"{tag} text" for tag in self.tags]
        self.viewer = self.new_viewer()
        self.join()
        self.ledger = Ledger()

    def new_viewer(self):
        return Stubborn(types.SimpleNamespace(tls=None, relay_port=0), MATCH)

    def send(self, text):
        self.viewer.take(text)

    def join(self):
        self.send(json.dumps(
            {"type": "subscribed", "match": MATCH, "epoch": "e", "head": 0, "recovered": False}))

    def find(self, expected, *, log=None, sent=None, head=None):
        """Expects a problem that begins so, or none. The log and what is sent are right unless given."""
        log = log or numbered(self.messages)
        for body in sent or log:
            self.send(body)
        self.ledger.acknowledge(self.tags)
        self.ledger.compare(self.viewer, MATCH, log)
        self.ledger.read(MATCH, log, head or len(log))
        self.ledger.settle()
        begin_so = [problem for problem in self.ledger.problems if problem.startswith(expected)]
        self.assertEqual(bool(begin_so), bool(expected), self.ledger.problems)

    def test_nothing_where_all_is_right(self):
        self.find("")
        self.ledger.read_again(MATCH, numbered(self.messages))
        self.assertEqual(self.ledger.problems, [])

    def test_nothing_where_it_is_acknowledged_after_it_was_read(self):
        late = self.tags.pop()
        self.find("")
        self.ledger.acknowledge([late])
        self.ledger.settle()
        self.assertEqual(self.ledger.problems, [])

    def test_a_row_that_is_lost(self):
        del self.messages[3]
        self.find("row 7.1.4 was acknowledged and is lost")

    def test_the_last_row_that_is_lost(self):
        del self.messages[-1]
        self.find("row 7.1.10 was acknowledged and is lost")

    def test_a_row_that_is_there_twice(self):
        self.messages.append(self.messages[3])
        self.find("row 7.1.4 is there again")

    def test_a_row_of_another_match(self):
        self.find("")
        self.ledger.read(8, [entry(1, self.messages[-1], 8)], 1)
        self.assertEqual(self.ledger.problems, ["row 7.1.10 is in match 8"])

    def test_rows_that_have_changed_places(self):
        self.messages[3:5] = reversed(self.messages[3:5])
        self.find("row 7.1.4 is there again, or after a later one")

    def test_a_gap_in_the_log(self):
        log = numbered(self.messages) + [entry(12, "11 is missing")]
        self.find("match 7 has entry 12 in place of 11", log=log)

    def test_a_log_that_has_become_shorter(self):
        self.find("match 7 ends with 9; 10 were read", head=9)

    def test_a_log_that_has_changed(self):
        self.find("")
        self.messages[3] += "?"
        self.ledger.read_again(MATCH, numbered(self.messages))
        self.assertEqual(self.ledger.problems, ["match 7 is not as it was when it was read"])

    def test_a_score_that_was_not_told(self):
        self.ledger.states = {(topic, MATCH): {"home_score": 1 + bool(topic)} for topic in (MATCH, 0)}
        self.ledger.hold_score(MATCH, 2)
        self.assertEqual(self.ledger.problems, ["the score of match 7 is 2, and told as 1 in match 0"])

    def test_a_viewer_that_misses_one(self):
        sent = numbered(self.messages)
        del sent[3]
        self.find("a viewer of match 7 has had 6 gaps", sent=sent)

    def test_a_viewer_that_misses_the_last(self):
        self.find("a viewer of match 7 was sent 9 entries of 10", sent=numbered(self.messages[:-1]))

    def test_a_viewer_that_is_sent_one_twice(self):
        sent = numbered(self.messages)
        self.find("a viewer of match 7 has had 1 doubles", sent=sent[:4] + sent[3:])

    def test_a_viewer_that_is_sent_something_else(self):
        sent = numbered(self.messages)
        sent[3] = sent[3].replace("text", "test")
        self.find(f"a viewer of match 7 was sent {sent[3]} in place of", sent=sent)

    def test_a_viewer_that_has_to_begin_afresh(self):
        self.join()
        self.find("a viewer of match 7 has had 1 fresh starts")

    def test_a_viewer_that_is_refused(self):
        self.viewer.messages.append({"type": "error", "code": "forbidden"})
        self.find("a viewer of match 7 was told")

    def test_a_leak(self):
        noise = [(hour, 20_000 + 2000 * (hour * 7 % 5)) for hour in range(60)]
        self.assertLess(abs(growth(noise)), 2000)
        leak = [(hour, kib + 300 * hour) for hour, kib in noise]
        self.assertGreater(growth(leak), 10_000)

    def test_a_process_that_grows(self):
        watch = Watch()
        for minute in range(60):
            noise = minute * 7 % 5
            watch.note("steady", 1, minute, 20_000 + 400 * noise, 20 + noise)
            watch.note("leaks memory", 2, minute, 20_000 + 400 * noise + 300 * minute, 20)
            watch.note("leaks descriptors", 3, minute, 20_000, 20 + minute)
        watch.note("has just begun", 4, 0, 90_000, 900)
        self.assertEqual([problem.partition(",")[0] for problem in watch.problems()], ["leaks memory", "leaks descriptors"])
        self.assertEqual([problem.partition(",")[0] for problem in watch.problems(False)], ["leaks descriptors"])

    def test_a_process_is_seen(self):
        watch, pid = Watch(), os.getpid()
        for _ in range(2):
            watch.take("itself", pid, 0)
        self.assertEqual([(kib > 0, count > 2) for _, kib, count in watch.samples["itself", pid]], 2 * [(True, True)])


class PlantedAfar(Planted):
    """The same with a viewer of a landscape."""

    def new_viewer(self):
        return Spectator(MATCH, [None])

    def send(self, text):
        self.viewer.hear(text.encode())


if __name__ == "__main__":
    run(Planted, PlantedAfar)
