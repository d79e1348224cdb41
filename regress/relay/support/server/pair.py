"""A primary that a test ends, and a standby that takes its place. Tests share nothing."""
import os

from support.audit.scene import Scene
from support.base.stack import Stack
from support.server.standby import Standby


class Pair(Scene):
    @classmethod
    def setUpClass(cls):
        """Each test has a stack of its own."""

    def start_pair(self, settings="", is_synchronous=True):
        self.stack = Stack(settings)
        self.addCleanup(self.stack.close)
        self.standby = Standby(self.stack)
        self.addCleanup(self.stop_standby)
        if is_synchronous:
            self.standby.follow_synchronously()

    def stop_standby(self):
        """It may have been stopped already."""
        if os.path.exists(f"{self.standby.data}/postmaster.pid"):
            self.standby.stop_postgres("immediate")

    def start_relay_of_both(self):
        self.stack.start_relay(
            "--heartbeat", "1s", "--database", f"host={self.stack.dir},{self.standby.dir} user=postgres"
            f" port={self.stack.pg_port},{self.standby.pg_port} dbname=postgres")
