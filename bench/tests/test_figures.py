#!/usr/bin/python3
"""Medians, brackets, ratios, slopes, and how they are written."""

import os
import tempfile
import unittest

from tests import run

from commentary_bench.figures import Figures, FiguresFile
from commentary_bench.summaries import Summary, interval_of, number, percentile, share_pct, slope, summary_of


class Numbers(unittest.TestCase):
    def test_as_many_digits_as_mean_something(self):
        written = {
            0: "0",
            0.0123: "0.012",
            0.1: "0.10",
            1.234: "1.23",
            12.34: "12.3",
            99.5: "99.500",
            99.99996: "100.000",
            100: "100",
            123.4: "123",
            12345.6: "12,346",
            7: "7",
            -250.4: "-250",
            -0.5: "-0.50",
        }
        self.assertEqual({value: number(value) for value in written}, written)

    def test_the_interval_of_a_median(self):
        """Of ten values the second and the ninth: the median is beyond them in 22 of 1,024 cases."""
        self.assertEqual(interval_of([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]), (5.5, 2, 9))
        self.assertEqual(interval_of(range(9)), (4, 1, 7))
        for count in (1, 2, 5, 8):
            self.assertEqual(interval_of(range(count))[1:], (0, count - 1))
        self.assertIsNone(interval_of([]))

    def test_a_percentile_is_one_of_the_values(self):
        values = list(range(1, 101))
        self.assertEqual([percentile(values, p) for p in (0, 50, 99, 100)], [1, 50, 99, 100])
        self.assertEqual(percentile([7], 99), 7)
        self.assertEqual(percentile([], 50), 0)

    def test_a_share_of_nothing_is_none(self):
        self.assertEqual(share_pct(3, 1), 75)
        self.assertEqual(share_pct(0, 0), 0)

    def test_a_slope_needs_three_points(self):
        self.assertIsNone(slope([(1, 1), (2, 5)]))
        self.assertAlmostEqual(slope([(0, 1), (1, 3), (2, 5)]), 2)


class Summaries(unittest.TestCase):
    def test_the_median_and_its_bounds(self):
        self.assertEqual(summary_of([3, 1, 2]), Summary(2, 1, 3))
        self.assertEqual(summary_of(iter([1, 2])), Summary(1.5, 1, 2))
        self.assertIsNone(summary_of([]))

    def test_brackets_only_where_repetitions_differ(self):
        self.assertEqual(str(Summary(2, 1, 3)), "2 (1–3)")
        self.assertEqual(str(Summary(2, 2, 2)), "2")

    def test_in_another_unit(self):
        self.assertEqual(Summary(2048, 1024, 4096).divided(1024), Summary(2, 1, 4))


class OfAStudy(unittest.TestCase):
    def setUp(self):
        self.figures = Figures()
        for repetition, (ours, theirs) in enumerate(((100, 50), (300, 100), (30, 60)), 1):
            self.figures.add("ours", 10, repetition, "tps", ours)
            self.figures.add("theirs", "10", repetition, "tps", theirs)

    def test_a_ratio_is_taken_within_each_repetition(self):
        ratio = self.figures.ratio(("ours", 10, "tps"), ("theirs", 10, "tps"))
        self.assertEqual(ratio, Summary(2, 0.5, 3))  # the ratio of the medians is 1.67

    def test_a_ratio_leaves_out_what_has_no_partner(self):
        self.figures.add("ours", 10, 4, "tps", 1000)
        self.figures.add("theirs", 10, 3, "tps", 0)
        self.assertEqual(self.figures.ratio(("ours", 10, "tps"), ("theirs", 10, "tps")), Summary(2.5, 2, 3))
        self.assertIsNone(self.figures.ratio(("ours", 10, "tps"), ("nobody", 10, "tps")))

    def test_what_was_not_measured_is_none(self):
        self.assertIsNone(self.figures.summary("ours", 100, "tps"))
        self.assertEqual(self.figures.of("ours", 10, "p99_ms"), {})

    def test_the_largest_that_was_measured(self):
        self.assertEqual(self.figures.most_measured("ours", [1, 10, 100], "tps"), 10)
        self.assertEqual(self.figures.most_measured("nobody", [1, 10], "tps"), 1)

    def test_xs_are_in_the_order_of_the_file(self):
        for x in (5, 1, 9):
            self.figures.add("grows", x, 1, "bytes", 2 * x + 1)
            self.figures.add("grows", x, 1, "descriptors", 3)
        self.assertEqual(self.figures.xs("grows"), ["5", "1", "9"])
        self.assertEqual((self.figures.first("grows", "bytes"), self.figures.last("grows", "bytes")), (11, 19))
        self.assertAlmostEqual(self.figures.slope("grows", [5, 1, 9], "bytes"), 2)
        self.assertIsNone(self.figures.slope("grows", [5, 1], "bytes"))


class TheFile(unittest.TestCase):
    def test_what_is_added_is_read(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "study.csv")
            file = FiguresFile(path)
            file.add("bare, all", "1 match", "10-1", "p99_ms", "3.500")
            file.add("bare, all", "1 match", "10-2", "p99_ms", 4.5)
            with open(path, encoding="utf-8") as text:
                self.assertEqual(
                    text.read(),
                    'case,x,repetition,metric,value\n"bare, all",1 match,10-1,p99_ms,3.500\n'
                    '"bare, all",1 match,10-2,p99_ms,4.5\n',
                )
            self.assertEqual(Figures.read(path).found, file.figures.found)
            self.assertEqual(file.figures.summary("bare, all", "1 match", "p99_ms"), Summary(4, 3.5, 4.5))

    def test_a_figure_is_a_number(self):
        with self.assertRaises(ValueError):
            Figures().add("case", 1, 1, "tps", "many")


if __name__ == "__main__":
    run(Numbers, Summaries, OfAStudy, TheFile)
