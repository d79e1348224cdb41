#!/usr/bin/python3
"""What gnuplot is told to draw."""

import unittest

from tests import run

from commentary_bench.chart import Bars, Lines, Panel, quoted, script_of_bars, script_of_lines
from commentary_bench.figures import Figures


def figures_of(*lines):
    figures = Figures()
    for case, x, value in lines:
        for repetition, factor in ((1, 1), (2, 3)):
            figures.add(case, x, repetition, "tps", value * factor)
    return figures


class Chart(unittest.TestCase):
    def test_a_curve_for_each_case_with_its_bounds(self):
        figures = figures_of(("plain", 1, 10), ("plain", 100, 20), ("ours", 1, 5))
        chart = Lines("clients", [Panel("inserts/s", "tps", ["plain", "absent", "ours"], [1, 100], {"ours": "our's"})])
        script = "\n".join(script_of_lines(chart, figures, "a.svg"))
        self.assertIn("$curve0 << END\n1 20.0 10.0 30.0\n100 40.0 20.0 60.0\nEND\n", script)
        self.assertIn("$curve2 << END\n1 10.0 5.0 15.0\nEND\n", script)
        self.assertIn("title 'our''s'", script)
        self.assertNotIn("absent", script)
        self.assertIn("set xtics ('1' 1, '100' 100); set logscale x; set xrange [0.8:125.0]", script)

    def test_a_logarithmic_axis_has_no_zero(self):
        figures = figures_of(("ours", 1, 0), ("ours", 10, 1))
        lines = script_of_lines(Lines("", [Panel("", "tps", ["ours"], [1, 10], log_y=True)]), figures, "a.svg")
        self.assertIn("10 2.0 1.0 3.0", lines)
        self.assertNotIn("1 0.0 0.0 0.0", lines)

    def test_panels_may_depend_on_the_figures(self):
        figures = figures_of(*((case, x, 1) for case in ("a", "b") for x in range(1, 21)))

        def panels(found):
            return [Panel(case, "tps", [case], [int(x) for x in found.xs(case)], log_x=False) for case in ("a", "b")]

        script = "\n".join(script_of_lines(Lines("step", panels), figures, "a.svg"))
        self.assertIn("svg size 960,420", script)
        self.assertIn("set xtics auto; unset logscale x; set xrange [1:20]", script)

    def test_a_panel_without_figures_is_empty(self):
        lines = script_of_lines(Lines("", [Panel("nothing", "tps", ["a"], [1])]), Figures(), "a.svg")
        self.assertEqual([line for line in lines if line.startswith(("plot", "$curve"))], [])

    def test_a_group_of_bars_for_each_x(self):
        figures = figures_of(("relay", "states", 4), ("node", "states", 1), ("relay", "state", 3))
        lines = script_of_bars(Bars("answers/s", "tps", ["relay", "node"], ["states", "state"]), figures, "a.svg")
        self.assertIn("states 8.0 4.0 12.0 2.0 1.0 3.0", lines)
        self.assertIn("state 6.0 3.0 9.0 - - -", lines)

    def test_quotes(self):
        self.assertEqual(quoted("it's"), "'it''s'")


if __name__ == "__main__":
    run(Chart)
