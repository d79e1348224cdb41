#!/usr/bin/python3
"""Tables, goals, blocks, sections and RESULTS.md."""

import os
import tempfile
import unittest

from tests import run

from commentary_bench import page, section
from commentary_bench.figures import Figures
from commentary_bench.goals import Goal, at_most, table_of_goals
from commentary_bench.page import Page
from commentary_bench.summaries import Summary
from commentary_bench.tables import cell, code, markdown


def figures_of(*lines):
    figures = Figures()
    for line in lines:
        figures.add(*line)
    return figures


class Tables(unittest.TestCase):
    def test_rows(self):
        self.assertEqual(markdown([["a", "b"], ["1", "2"]]), "| a | b |\n|---|---|\n| 1 | 2 |\n")

    def test_a_bar_does_not_end_a_cell(self):
        self.assertEqual(code("a | `b`"), "`a \\| 'b'`")

    def test_what_was_not_measured_is_a_dash(self):
        self.assertEqual([cell(None, " µs"), cell(Summary(1, 1, 1), " µs")], ["–", "1 µs"])

    def test_a_row_for_each_x_and_a_column_for_each_case(self):
        figures = figures_of(("ours", 1, 1, "tps", 10), ("ours", 1, 2, "tps", 20), ("theirs", 100, 1, "tps", 7))
        made = page.table("tps", ["ours", "theirs"], [1, 100], "clients", {"ours": "**ours**"})(Page(figures, ""))
        self.assertEqual(
            made.splitlines(),
            ["| clients | **ours** | theirs |", "|---|---|---|", "| 1 | 15 (10–20) | – |", "| 100 | – | 7 |"],
        )


class Goals(unittest.TestCase):
    def verdicts(self, make, *medians):
        return [make("", median and Summary(median, 0, 99), 4, 6).verdict() for median in medians]

    def test_more_is_better(self):
        self.assertEqual(self.verdicts(Goal, None, 3.9, 4, 6), ["not measured", "**missed**", "reached", "stretch"])

    def test_less_is_better(self):
        def make(name, found, stretch, reach):
            return at_most(name, found, reach, stretch)

        self.assertEqual(self.verdicts(make, 6.1, 6, 4.1, 4), ["**missed**", "reached", "reached", "stretch"])

    def test_without_a_stretch(self):
        self.assertEqual(at_most("faults", Summary(0, 0, 0), 0).verdict(), "reached")

    def test_rows_tell_units(self):
        rows = table_of_goals([Goal("let in", Summary(99, 98, 100), 100, None, " %"), Goal("rate", None, 0.5, 1)])
        self.assertEqual(rows.splitlines()[2], "| let in | 99 (98–100) % | 100 % |  | **missed** |")
        self.assertEqual(rows.splitlines()[3], "| rate | – | 0.5 | 1 | not measured |")


class Blocks(unittest.TestCase):
    def test_an_empty_line_after_each_and_none_for_an_empty_one(self):
        blocks = ["text", page.of_figures(lambda figures: ""), lambda asked: f"{asked.folder}\n", "\nend\n"]
        self.assertEqual(page.rendered(blocks, Page(Figures(), "folder")), "text\n\nfolder\n\nend\n\n")

    def test_goals_have_their_heading(self):
        made = page.goals(lambda figures: [Goal("a", None, 1)])(Page(Figures(), ""))
        self.assertTrue(made.startswith("### Goals\n\n| goal | measured"))

    def test_a_heading_and_a_table_for_each_metric(self):
        blocks = page.tables([("p50", "p50_ms"), ("p99", "p99_ms")], ["ours"], [1], "clients")
        figures = figures_of(("ours", 1, 1, "p50_ms", 5), ("ours", 1, 1, "p99_ms", 9))
        made = page.rendered(blocks, Page(figures, ""))
        self.assertIn("p50\n\n| clients | ours |\n|---|---|\n| 1 | 5 |\n\np99\n\n", made)
        self.assertTrue(made.endswith("| 1 | 9 |\n\n"))


README = "# Benchmarks\n\n## How to read this\n\nBy ratios.\n\n### Deeper\n\n## bench-write\n\nNot this.\n"


class Results(unittest.TestCase):
    def test_links_of_a_section_are_to_the_files_beside_it(self):
        text = "![](write.svg) [write.csv](write.csv) [elsewhere](../write.csv) [web](http://a/b.svg)"
        self.assertIn(
            "![](results/write.svg) [write.csv](results/write.csv) [elsewhere](../write.csv) [web](http://a/b.svg)",
            section.composed(README, [text]),
        )

    def test_what_belongs_to_the_figures_is_taken_from_the_readme(self):
        made = section.composed(README, [])
        self.assertIn("## How to read this\n\nBy ratios.\n\n### Deeper\n\n", made)
        self.assertNotIn("bench-write", made)

    def test_sections_in_the_order_of_the_studies(self):
        with tempfile.TemporaryDirectory() as folder:
            results = f"{folder}/results"
            os.mkdir(results)
            for name, text in (("README", README), ("results/b", "## B\n\n"), ("results/a", "## A\n\n")):
                with open(f"{folder}/{name}.md", "w", encoding="utf-8") as file:
                    file.write(text)
            target = section.compose(results, ["b", "absent", "a"], f"{folder}/README.md")
            self.assertEqual(target, f"{folder}/RESULTS.md")
            with open(target, encoding="utf-8") as file:
                self.assertTrue(file.read().endswith("## B\n\n\n## A\n\n\n"))

    def test_a_study_that_was_left_out_says_so(self):
        told = section.left_out("write", "the machine was too noisy")
        self.assertRegex(told, r"^## write: left out\n\n\*\*Not measured on \d{4}-\d\d-\d\d: the machine was too noisy\.")


if __name__ == "__main__":
    run(Tables, Goals, Blocks, Results)
