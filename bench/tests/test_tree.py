#!/usr/bin/python3
"""The tree of relays on paper: what its delays are made of."""

import unittest

from tests import run

from commentary_bench import tree
from commentary_bench.figures import Figures
from commentary_bench.tree import Measured, Network, Tree

FLAT = [1000] * len(tree.PERCENTS)
NOTHING = [0] * len(tree.PERCENTS)
STILL = Network(hop_us=0, spread=0)


class Distributions(unittest.TestCase):
    def test_between_quantiles_are_straight_lines(self):
        quantiles = [10, 50, 100, 250, 500, 750, 900, 950, 990]
        self.assertAlmostEqual(tree.at(quantiles, 0.5), 500)
        self.assertAlmostEqual(tree.at(quantiles, 0.375), 375)
        self.assertEqual((tree.at(quantiles, 0), tree.at(quantiles, 1)), (10, 990))

    def test_a_hop_never_takes_time_away(self):
        self.assertEqual(tree.added([5, 9], [7, 2]), [0, 7])


class Delays(unittest.TestCase):
    def delays(self, fan_out=(), viewers=0, has_tls=False, network=STILL, **measured):
        measured = Measured(**{"root": FLAT, "hops": [NOTHING], "send_us": 0, "tls": 2} | measured)
        return tree.delays_us(Tree("a tree", fan_out, viewers, has_tls), measured, network, 2000)

    def test_the_root_alone(self):
        found = self.delays()
        self.assertAlmostEqual(found[0], 1000)
        self.assertAlmostEqual(found[-1], 1000)

    def test_each_hop_adds_what_was_measured_and_the_network(self):
        found = self.delays(fan_out=(10, 10), hops=[[200] * 9, [400] * 9], network=Network(5000, 0))
        self.assertAlmostEqual(found[0], 1000 + 2 * 5200)
        self.assertAlmostEqual(found[-1], 1000 + 2 * 5400)

    def test_a_viewer_waits_for_those_before_it(self):
        found = self.delays(viewers=10_000, send_us=5)
        self.assertLess(found[0], 1000 + 500)
        self.assertAlmostEqual(found[len(found) // 2], 1000 + 25_000, delta=2500)
        self.assertTrue(1000 + 49_000 < found[-1] <= 1000 + 50_000)

    def test_encryption_makes_a_send_longer(self):
        plain, secure = (self.delays(viewers=10_000, send_us=5, has_tls=has_tls) for has_tls in (False, True))
        self.assertAlmostEqual((secure[-1] - 1000) / (plain[-1] - 1000), 2, places=6)

    def test_the_same_each_time(self):
        self.assertEqual(self.delays(viewers=100, send_us=1), self.delays(viewers=100, send_us=1))


class Told(unittest.TestCase):
    def test_of_the_figures_of_three_studies(self):
        scale, fanout, tls = Figures(), Figures(), Figures()
        for place, us in (("0 hops", 100), ("1 hop", 130), ("2 hops", 180)):
            for percent in tree.PERCENTS:
                scale.add("delay", place, 1, f"delay_q{percent}_us", us + percent)
        fanout.add("relay", 10000, 1, "one_cpu_us", 7)
        for case, us in (("relay", 4), ("relay tls", 6)):
            tls.add(case, 1000, 1, "one_cpu_us", us)
        found = tree.measured_of(scale, fanout, tls)
        self.assertEqual((found.root[0], found.send_us, found.tls), (101, 7, 1.5))
        self.assertEqual([hop[0] for hop in found.hops], [30, 50])

    def test_relays_of_all_levels(self):
        self.assertEqual(tree.relays_of(Tree("a tree", (20, 20), 1)), 421)

    def test_a_row_for_each_tree(self):
        one = Tree("a tree", (4,), 10)
        told = tree.table({one: [1000, 2000, 3000]})
        self.assertEqual(told.splitlines()[2], "| a tree | 5 | 2 | 2 | 2 | 3 |")
        self.assertEqual(tree.figures_of({one: [1000] * 10}).summary("a tree", 50, "delay_ms").median, 1)


if __name__ == "__main__":
    run(Distributions, Delays, Told)
