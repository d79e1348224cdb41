"""How the tests of the benchmarks are run: each file prints TAP."""

import os
import sys
import unittest

from tap import TAPTestRunner

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))


def run(*cases):
    """Prints TAP and ends the program."""
    runner = TAPTestRunner()
    runner.set_stream(True)
    result = runner.run(unittest.TestSuite(map(unittest.defaultTestLoader.loadTestsFromTestCase, cases)))
    raise SystemExit(0 if result.wasSuccessful() else 1)
