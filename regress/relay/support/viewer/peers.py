"""Peers that send handshakes as bytes. They stay until the test ends; then the relay must end without an error."""
import contextlib

from support.base.case import Case
from support.viewer import handshake


class Peers(Case):
    def setUp(self):
        self.peers = contextlib.ExitStack()

    def tearDown(self):
        self.peers.close()
        self.assertEqual(self.stack.stop_relay(), 0)

    def send(self, *headers, **options):
        """A peer that has sent its handshake."""
        return self.peers.enter_context(handshake.send(self.stack.relay_port, *headers, **options))

    def status(self, *headers, **options):
        """The status that a handshake gets; a peer that is let in stays."""
        return handshake.answer(self.send(*headers, **options))[0]
