#!/usr/bin/python3
"""Several hosts in the connection string, over TCP: the relay finds the one that serves, whatever
the others do, in every order."""
import contextlib
import itertools
import socket

from case import Case, run


class Hosts(Case):
    settings = "listen_addresses = '127.0.0.1'\n"

    def tearDown(self):
        if self.stack.relay:
            self.stack.stop_relay()

    def dead(self):
        """A port at which nobody listens, and nobody will."""
        bound = self.enterContext(contextlib.closing(socket.socket()))
        bound.bind(("127.0.0.1", 0))
        return bound.getsockname()[1]

    def assert_finds(self, *ports):
        self.stack.forget_relay_log()
        self.stack.start_relay(
            "--database", f"host={','.join(['127.0.0.1'] * len(ports))} port={','.join(map(str, ports))}"
            " user=postgres dbname=postgres")
        self.stack.stop_relay()

    def test_hosts_that_refuse_come_before_or_after(self):
        live, dead, dead_too = self.stack.pg_port, self.dead(), self.dead()
        for order in (live, dead), (dead, live), *itertools.permutations((live, dead, dead_too)):
            with self.subTest(order=order):
                self.assert_finds(*order)


if __name__ == "__main__":
    run(Hosts)
