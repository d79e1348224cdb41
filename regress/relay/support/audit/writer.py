"""A writer under load: it notes what was acknowledged, and goes on through every fault."""
import threading
import time

import psycopg2


class Writer(threading.Thread):
    def __init__(self, conninfo, match, message="{n}", pause_s=0.005):
        """The message is a format of n, which counts from 1. The thread begins at once."""
        super().__init__(daemon=True)
        self.conninfo, self.match = conninfo, match
        self.message, self.pause_s = message, pause_s
        self.acknowledged = []
        self.connection = None
        self.ending = threading.Event()
        self.start()

    def insert(self, text):
        if self.connection is None:
            self.connection = psycopg2.connect(self.conninfo)
            self.connection.autocommit = True
        self.connection.cursor().execute(
            "INSERT INTO commentary.feed (match_id, message) VALUES (%s, %s)", (self.match, text))
        # a warning says that it is staged, but not yet durable
        if not self.connection.notices:
            self.acknowledged.append(text)
        self.connection.notices.clear()

    def run(self):
        n = 0
        while not self.ending.wait(self.pause_s):
            n += 1
            try:
                self.insert(self.message.format(n=n))
            except psycopg2.Error:
                self.connection = None
                time.sleep(0.05)  # as a client backs off
        if self.connection:
            self.connection.close()

    def stop(self):
        """Returns what was acknowledged."""
        self.ending.set()
        self.join()
        return self.acknowledged
