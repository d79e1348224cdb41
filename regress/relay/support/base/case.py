"""What each test file needs: a class of tests with a PostgreSQL, and how to run them."""
import faulthandler
import os
import sys
import unittest

from tap import TAPTestRunner

from support.base.deadline import Deadline
from support.base.stack import Stack

LOG_LINES = 20  # of each log that are printed below a test that failed


class Quick(unittest.IsolatedAsyncioTestCase):
    """Without the debugging of asyncio, which unittest turns on: it keeps a traceback for each callback, and tests
    waited longer for that than for the relay."""

    def _setupAsyncioRunner(self):
        super()._setupAsyncioRunner()
        self._asyncioRunner.get_loop().set_debug(False)


class Case(Quick):
    """The tests of a class share a PostgreSQL, and a relay, if the class has options for one. Else each
    test starts a relay itself."""

    settings = ""           # lines of postgresql.conf
    environment = None      # of PostgreSQL and the relay
    relay_options = None

    @classmethod
    def setUpClass(cls):
        cls.stack = Stack(cls.settings, cls.environment)
        cls.addClassCleanup(cls.stack.close)
        if cls.relay_options is not None:
            cls.stack.start_relay(*cls.relay_options)

    def run(self, result=None):
        """Ends a test that hangs. After a failure, prints the end of the servers' logs, which are removed."""
        before = len(result.failures) + len(result.errors)
        # a lambda, since a test that starts its own stack has none yet
        with Deadline(self.id(), lambda: self.stack.unblock()):  # pylint: disable=unnecessary-lambda
            super().run(result)
        if len(result.failures) + len(result.errors) > before:
            print(f"{self.id()} failed:\n{self.stack.last_words(LOG_LINES)}", file=sys.stderr, flush=True)
        return result


def run(*cases):
    """Prints TAP and ends the program. A program that hangs prints where, shortly before it is killed."""
    faulthandler.dump_traceback_later(max(int(os.environ.get("COMMENTARY_TEST_SECONDS", "600")) - 10, 1))
    runner = TAPTestRunner()
    runner.set_stream(True)
    result = runner.run(unittest.TestSuite(map(unittest.defaultTestLoader.loadTestsFromTestCase, cases)))
    raise SystemExit(0 if result.wasSuccessful() else 1)
