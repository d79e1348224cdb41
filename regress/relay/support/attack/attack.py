"""An attack: a thread that does something again and again, beside commentary that is audited."""
import contextlib
import random
import threading
import time
import traceback

import psycopg2
import psycopg2.extensions

# SQLSTATEs that a statement may get while a DBA changes things, and that pass: a name has changed, a right or a
# setting is missing, the database is read only, the statement took too long, or another one was first.
NOT_NOW = {"42P01", "42703", "3F000", "42883", "42501", "25006", "57014", "55000", "55P03", "40001", "40P01",
           "57P01", "25P03", "0A000", "23502"}


class Attack(threading.Thread):
    """A thread of its own. once() is one round; an exception of it is noted as a problem."""

    pause_s = 0.2       # at most, between two rounds

    def __init__(self, stack, steady, seed):
        """The relay of `stack` may be restarted; that of `steady` is not."""
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
        """Prints what it does, so that one sees later what broke something."""
        print(f"# {time.strftime('%X')} {self.name}: {what}", flush=True)

    def last(self, least_s, most_s):
        """Waits for a random time, or until the attack is to end."""
        self.ending.wait(self.chance.uniform(least_s, most_s))

    def expect(self, is_so, what):
        if not is_so:
            self.problems.append(f"{self.name}: {what}")

    def stop(self):
        """Ends it, and returns its problems. To have done nothing is one: it proves nothing."""
        self.ending.set()
        self.join(120)
        self.expect(not self.is_alive(), "does not end")
        self.expect(self.rounds > 0 or self.problems, "has done nothing")
        return self.problems


class Session:
    """A connection to the database, opened again when it is lost. Each statement is a transaction of its own."""

    def __init__(self, stack, user="postgres", options=""):
        # The attack Settings sets these for the database, and a session keeps the values that it began with. With
        # these options an attacker stays the role that it is, and able to act.
        self.conninfo = (f"{stack.conninfo} user={user} options='-crole=none -cstatement_timeout=0"
                         f" -cdefault_transaction_read_only=off {options}'")
        self.connection = None
        self.is_warned = False  # it was told that a row was set aside, or is not durable yet

    def run(self, statement, *values, deadline_s=60):
        """Returns the rows of a statement, which is tried again after an error of NOT_NOW or a lost connection."""
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
        """If the failed statement has begun a transaction, and the connection is still there."""
        with contextlib.suppress(psycopg2.Error):
            if self.connection.get_transaction_status() == psycopg2.extensions.TRANSACTION_STATUS_INERROR:
                self.connection.cursor().execute("ROLLBACK")

    def refused(self, statement, *values):
        """Whether the statement fails, as it must."""
        try:
            self.once(statement, *values)
        except psycopg2.Error:
            return True
        return False

    def close(self):
        if self.connection:
            self.connection.close()
