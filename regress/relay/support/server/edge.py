"""A relay that follows another relay, with nothing but a port and a log of its own."""
import os
import shutil
import tempfile

from support.base.port import free_port
from support.base.stack import Stack


class Edge(Stack):
    def __init__(self, *upstreams, options=()):  # pylint: disable=super-init-not-called
        self.environment = {}
        self.dir = tempfile.mkdtemp(prefix="edge-")
        self.relay_port = free_port()
        self.relay = self.tls = None
        self.may_lose_workers = False
        self.upstreams = upstreams
        self.options = options

    def launch(self, *options):
        """Does not wait until it is ready."""
        self.launch_relay("--listen", f"127.0.0.1:{self.relay_port}", "--edges", "127.0.0.1", "--upstream",
                          ",".join(upstream.ws_url for upstream in self.upstreams), *self.options, *options)

    def start(self, *options):
        self.start_relay_with("--listen", f"127.0.0.1:{self.relay_port}", "--edges", "127.0.0.1", "--upstream",
                              ",".join(upstream.ws_url for upstream in self.upstreams), *self.options, *options)
        return self

    def last_words(self, lines):
        if not os.path.exists(self.relay_log):
            return ""
        return "".join(f"edge: {line}\n" for line in self.relay_said().split("\n")[-lines:])

    def close(self):
        code = self.stop_relay() if self.relay else 0
        shutil.rmtree(self.dir)
        if code != 0:
            raise AssertionError(f"the edge ended with {code}")
