"""Faults of a stack under load. Each method causes one, lets it last a little, and has mended it when it returns."""
import os
import signal
import time

from support.base.stack import wait_for

RELAYS = "application_name = 'commentary-relay'"


class Faults:
    def __init__(self, stack, proxy, relay_options, chance):
        """The proxy is between relays and PostgreSQL; `chance`, a random.Random, says how long a fault lasts."""
        self.stack, self.proxy, self.relay_options, self.chance = stack, proxy, relay_options, chance
        self.all = [self.kill_postgres, self.kill_the_flusher, self.restart_fast, self.restart_immediately,
                    self.kill_the_relay, self.reset_the_network, self.refuse_connections,
                    self.swallow_everything, self.terminate_the_relays_backends]

    def without_end(self):
        """All faults, in random order, for ever; each comes once before one comes again."""
        while True:
            yield from self.chance.sample(self.all, len(self.all))

    def last(self, least_s, most_s):
        time.sleep(self.chance.uniform(least_s, most_s))

    def kill_postgres(self):
        self.stack.kill_postgres()
        self.last(0, 2)
        self.stack.start_postgres()

    def flusher(self):
        """Its pid; 0 if there is none just now."""
        try:
            return int(self.stack.sql("SELECT flusher_pid FROM commentary.status()") or 0)
        except AssertionError:
            return 0  # there is not even a server

    def kill_the_flusher(self):
        pid = wait_for(self.flusher, "there is a flusher")
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: self.flusher() not in (0, pid), "there is another flusher")

    def restart_fast(self):
        self.restart("fast")

    def restart_immediately(self):
        self.restart("immediate")

    def restart(self, mode):
        self.stack.stop_postgres(mode)
        self.last(0, 2)
        self.stack.start_postgres()

    def kill_the_relay(self):
        self.stack.stop_relay(signal.SIGKILL)
        self.last(0, 2)
        self.stack.start_relay(*self.relay_options)

    def reset_the_network(self):
        for _ in range(self.chance.randint(1, 10)):
            self.proxy.cut()
            self.last(0, 1)

    def refuse_connections(self):
        self.proxy.is_refusing = True
        self.proxy.cut()
        self.last(2, 6)
        self.proxy.is_refusing = False

    def swallow_everything(self):
        """For longer than the relay takes to notice."""
        self.proxy.is_open.clear()
        self.last(4, 8)
        self.proxy.is_open.set()

    def terminate_the_relays_backends(self):
        terminate = f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {RELAYS}"
        wait_for(lambda: self.stack.sql(terminate) != "0", "the relays have a backend")
        for _ in range(self.chance.randint(1, 9)):
            self.last(0, 1)
            self.stack.sql(terminate)
