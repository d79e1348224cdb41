"""Something that others do, again and again, beside commentary that is audited."""
import contextlib
import random
import threading
import time
import traceback

import psycopg2
import psycopg2.extensions

# What whoever works beside a DBA may be told just now, as SQLSTATEs: something has another name, a right
# or a setting is away, it is read only, it took too long, others were first.
NOT_NOW = {"42P01", "42703", "3F000", "42883", "42501", "25006", "57014", "55000", "55P03", "40001", "40P01",
           "57P01", "25P03", "0A000", "23502"}


class Attack(threading.Thread):
    """A thread of its own; once() is one round of it. What it raises is a problem of the day."""

    pause_s = 0.2       # at most, between two rounds

    def __init__(self, stack, steady, seed):
        """The stack's own relay may be restarted, the steady one is not."""
        super().__init__(daemon=True)
        self.stack, self.steady = stack, steady
        self.name = type(self).__name__
        self.chance = random.Random(f"{seed} {self.name}")
        self.rounds, self.problems = 0, []
        self.ending = threading.Event()

    def prepare(self):
        """Before the first round."""

    def once(self):
        raise NotImplementedError

    def finish(self):
        """After the last round."""

    def run(self):
        try:
            self.prepare()
            while not self.ending.is_set():
                self.once()
                self.rounds += 1
                self.last(0, self.pause_s)
            self.finish()
        except Exception:  # pylint: disable=broad-exception-caught
            self.problems.append(f"{self.name}: {traceback.format_exc()}")

    def tell(self, what):
        """For whoever has to find out what broke something."""
        print(f"# {time.strftime('%X')} {self.name}: {what}", flush=True)

    def last(self, least_s, most_s):
        """A while of the day; shorter, when that is over."""
        self.ending.wait(self.chance.uniform(least_s, most_s))

    def expect(self, is_so, what):
        if not is_so:
            self.problems.append(f"{self.name}: {what}")

    def stop(self):
        """Returns what was wrong; an attack that did nothing proves nothing."""
        self.ending.set()
        self.join(120)
        self.expect(not self.is_alive(), "does not end")
        self.expect(self.rounds > 0 or self.problems, "has done nothing")
        return self.problems


class Session:
    """A connection to the database that comes back; each statement is a transaction of its own."""

    def __init__(self, stack, user="postgres", options=""):
        # Settings gives these to the database; whoever attacks stays who it is, and able to: a session keeps
        # what it began with.
        self.conninfo = (f"{stack.conninfo} user={user} options='-crole=none -cstatement_timeout=0"
                         f" -cdefault_transaction_read_only=off {options}'")
        self.connection = None
        self.is_warned = False  # that something was set aside, or is not durable yet

    def run(self, statement, *values, deadline_s=60):
        """Returns its rows. What cannot be done just now is tried again."""
        end = time.monotonic() + deadline_s
        while True:
            try:
                return self.once(statement, *values)
            except psycopg2.Error as error:
                is_lost = self.connection is None or self.connection.closed
                if not (is_lost or error.pgcode in NOT_NOW) or time.monotonic() > end:
                    raise
                time.sleep(0.05)  # as a client backs off

    def once(self, statement, *values):
        if self.connection is None or self.connection.closed:
            self.connection = psycopg2.connect(self.conninfo)
            self.connection.autocommit = True
        cursor = self.connection.cursor()
        self.connection.notices.clear()
        try:
            cursor.execute(statement, values or None)
            self.is_warned |= any(notice.startswith("WARNING") for notice in self.connection.notices)
        except psycopg2.Error:
            self.roll_back()
            raise
        return cursor.fetchall() if cursor.description else []

    def roll_back(self):
        """If it has begun a transaction, and is still there."""
        with contextlib.suppress(psycopg2.Error):
            if self.connection.get_transaction_status() == psycopg2.extensions.TRANSACTION_STATUS_INERROR:
                self.connection.cursor().execute("ROLLBACK")

    def refused(self, statement, *values):
        """Whether it is refused, as it must be."""
        try:
            self.once(statement, *values)
        except psycopg2.Error:
            return True
        return False

    def close(self):
        if self.connection:
            self.connection.close()
