#!/usr/bin/python3
"""What bench-upgrade and bench-workers make of what the load tells."""

import os
import unittest
from unittest import mock

from tests import run

from commentary_bench import sessions, viewers
from commentary_bench.figures import Figures
from commentary_bench.studies import upgrade, workers
from commentary_bench.viewers import Load

MOVED = """back 1000
away_p50_us 2000
away_p99_us 15000
away_max_us 999600
moving_ms 3800.5
load_cpu_us 84.0
p999_us 16000
"""


class Upgrade(unittest.TestCase):
    def test_each_programs_share(self):
        before, after = {1: 5e6, 2: 5e6}, {1: 45e6, 2: 35e6, 3: 20e6}
        found = upgrade.figures_of(Load(MOVED), before, after, 1000)
        self.assertEqual((found["old_cpu_us"], found["new_cpu_us"], found["load_cpu_us"]), ("70.0", "20.0", "84.0"))
        self.assertEqual((found["back_pct"], found["max_ms"], found["moving_ms"]), ("100", "999.600", "3800.5"))

    def test_the_goal_is_that_of_the_last_viewer(self):
        figures = Figures()
        for case, ms in (("one worker", 1001), ("two workers", 999)):
            figures.add(case, 5000, 1, "max_ms", ms)
            figures.add(case, 5000, 1, "back_pct", 100)
        verdicts = [(goal.name, goal.verdict()) for goal in upgrade.my_goals(figures)]
        self.assertIn(("5,000 viewers, one worker: away, the last", "**missed**"), verdicts)
        self.assertIn(("5,000 viewers, two workers: away, the last", "reached"), verdicts)

    def test_workers_that_have_ended_are_kept_as_last_seen(self):
        load = mock.Mock()
        load.poll.side_effect = [None, None, 0]
        with mock.patch.object(upgrade, "workers_of", side_effect=[{1: 5, 2: 1}, {2: 7}]):
            self.assertEqual(upgrade.watched(load, 0), {1: 5, 2: 7})
        self.assertEqual(upgrade.workers_of(os.getpid()), {})


class Workers(unittest.TestCase):
    def test_what_listening_costs_an_entry(self):
        used = [{"relays": {1: 0, 2: 100_000}}, {"relays": {1: 400_000, 2: 300_000, 3: 9e9}}]
        study = mock.Mock()
        with mock.patch.object(sessions, "cpu_ns", side_effect=used):
            with mock.patch.object(viewers, "load", return_value=Load("published 200\n")):
                server = mock.Mock(publishing={})
                self.assertEqual(workers.measured(study, "a cell", server, 100)[1], 3.0)

    def test_the_sentence_has_both_figures(self):
        figures = Figures()
        self.assertEqual(workers.sentence(figures), "")
        for case, us in (("1 worker", 4.5), ("2 workers", 4.6)):
            figures.add(case, 1000, 1, "cpu_us", us)
        self.assertIn("4.50 µs with one worker and 4.60 µs with two", workers.sentence(figures))

    def test_other_cpus_are_no_option_of_the_load(self):
        study = mock.Mock()
        study.places.tools = "/tools"
        found = viewers.command(study, mock.Mock(port=1, pid=2), {"cpus": "0,1", "viewers": 3})
        self.assertEqual(found[:4], ["taskset", "-c", "0,1", "/tools/fanout-load"])
        self.assertEqual(found[-2:], ["--viewers", "3"])


if __name__ == "__main__":
    run(Upgrade, Workers)
