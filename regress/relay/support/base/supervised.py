"""A relay of several processes, of which a test may end some."""
import signal

from support.base.case import Case
from support.base.process import children


class Supervised(Case):
    """Each test has a match, and starts a relay."""

    def setUp(self):
        self.match = self.stack.create_match()
        self.stack.may_lose_workers = True
        self.stack.forget_relay_log()

    def tearDown(self):
        if self.stack.relay:
            self.stack.stop_relay(signal.SIGKILL)

    @property
    def supervisor(self):
        return self.stack.relay.pid

    def workers(self):
        """Their pids."""
        return children(self.supervisor)
