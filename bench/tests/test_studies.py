#!/usr/bin/python3
"""The studies as data: what each measures is what it tells, fairly and in few steps."""

import os
import unittest
from collections import Counter

from tests import run

from commentary_bench import studies
from commentary_bench.figures import Figures
from commentary_bench.page import Page, rendered
from commentary_bench.places import Places, Wishes
from commentary_bench.run import Run, in_order, reference

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
PLACES = Places(TOP, "/nowhere", "", "")
ALL = studies.names(PLACES.bench)
OF_THE_CALLER = ("ENTRIES", "SOAK_MINUTES", "SOAK_DATA")


def steps_of(name, is_quick=False):
    study = studies.load(name)
    return list(study.steps(Run(name, study, PLACES, Wishes(is_quick, False))))


def told(steps):
    """Each as its name and arguments, without the references."""
    return [(one.function.__name__, *one.arguments) for one in steps if one.function is not reference]


class Studies(unittest.TestCase):
    def setUp(self):
        for name in OF_THE_CALLER:
            os.environ.pop(name, None)

    def test_each_module_is_a_study_that_is_run(self):
        self.assertEqual(sorted(ALL), studies.modules())

    def test_the_readme_describes_each(self):
        with open(f"{PLACES.bench}/README.md", encoding="utf-8") as file:
            readme = file.read()
        for name in ALL:
            self.assertIn(f"| `bench-{name}` |", readme)
            self.assertIn(f"\n## bench-{name}\n", readme)

    def test_the_noise_is_taken_before_and_after(self):
        for name in ALL:
            for is_quick in (False, True):
                references = [one.arguments[0] for one in steps_of(name, is_quick) if one.function is reference]
                self.assertGreaterEqual(len(references), 2, name)
                self.assertEqual(len(set(references)), len(references), name)

    def test_quick_is_shorter(self):
        for name in ALL:
            if name not in ("memory", "soak"):  # whose few steps are shorter themselves
                self.assertLess(len(steps_of(name, True)), len(steps_of(name)), name)

    def test_each_repetition_measures_the_same_in_the_opposite_order(self):
        for name in ("connections", "upgrade", "write", "node", "fanout", "workers", "tls", "scale", "broadcast", "matches", "reads"):
            steps, repetitions = steps_of(name), {}
            for function, *arguments in told(steps):
                if arguments and function not in ("held", "profile", "silence"):
                    repetitions.setdefault(arguments[-1], []).append((function, *arguments[:-1]))
            self.assertGreaterEqual(len(repetitions), 2, name)
            for cells in repetitions.values():
                self.assertEqual(Counter(cells), Counter(repetitions[1]), name)
            self.assertNotEqual(repetitions[2], repetitions[1], name)

    def test_nothing_is_measured_twice(self):
        for name in ALL:
            cells = [one for one in told(steps_of(name)) if one != ("fresh_database",)]
            self.assertEqual(len(set(cells)), len(cells), name)

    def test_a_case_is_never_always_the_first(self):
        self.assertEqual(in_order(1, ["a", "b"]), ["a", "b"])
        self.assertEqual(in_order(2, ["a", "b"]), ["b", "a"])

    def test_entries_and_minutes_of_the_caller(self):
        os.environ |= {"ENTRIES": "50000", "SOAK_MINUTES": "0.5"}
        grown = [one for one in told(steps_of("database")) if one[0] == "grow"]
        self.assertEqual(grown, [("grow", 500), ("grow", 5000), ("grow", 50000)])
        self.assertIn(("soak", "0.5"), told(steps_of("soak")))
        for name, value in (("ENTRIES", "many"), ("ENTRIES", "9999"), ("SOAK_MINUTES", "-1")):
            os.environ[name] = value
            with self.assertRaisesRegex(Exception, f"{name}={value} is not a number"):
                steps_of("database" if name == "ENTRIES" else "soak")

    def test_the_soak_needs_its_data(self):
        os.environ["SOAK_DATA"] = "/nowhere"
        self.assertIn("SOAK_DATA=FOLDER names another", studies.load("soak").skipped(PLACES))


class Reports(unittest.TestCase):
    """Of the figures that were committed: whatever they are, they can be told."""

    def test_all_blocks_can_be_made(self):
        for name in ALL:
            path = f"{PLACES.bench}/results/{name}.csv"
            if name in ("write", "database") or not os.path.exists(path):
                continue  # their reports also read profiles, which are not committed
            text = rendered(studies.load(name).report, Page(Figures.read(path), ""))
            self.assertTrue(text.startswith(f"![]({name}.svg)\n\n"), name)
            self.assertIn("\n### Goals\n\n| goal |", text)


if __name__ == "__main__":
    run(Studies, Reports)
