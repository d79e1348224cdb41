"""A reporter: writes and corrects commentary and keeps the score, whatever fails, and notes what was acknowledged."""
import os
import queue
import random
import re
import threading
import time
from typing import NamedTuple, Optional

import psycopg2

from support.base.data import DATA, read_rows
from support.base.stack import LONG_S

PAUSE_S = 0.02
INSERT = """INSERT INTO commentary.feed (match_id, op, ref_seq, message, client_ref) VALUES (%(match)s, %(op)s,
    (SELECT seq FROM commentary.entry WHERE match_id = %(match)s AND client_ref = %(ref)s), %(message)s, %(tag)s)"""
SCORE = """UPDATE commentary.match SET home_score = (coalesce(home_score, 0) + 1) %% 100
    WHERE match_id = %(match)s"""
OPS = {"insert": 85, "amend": 7, "retract": 3, "score": 5}  # of a hundred rows
# What a client is told when the server ends, is not there, or comes back.
EXPECTED = re.compile(
    "server closed the connection|terminating connection|connection already closed|Connection refused"
    "|No such file or directory|could not (send|receive) data|"
    "the database system is (starting up|shutting down|in recovery mode|not (yet )?accepting connections)")
MADE_UP = [
    "Kick-off.", "Goal! 1 \u2013 0", "<b>M\u00fcller</b> & \"N\u00fa\u00f1ez\" <script>alert('goal')</script>",
    "\u30b4\u30fc\u30eb\uff01", "\u0647\u062f\u0641! \u200fin the 90th minute", "\U0001f3df\ufe0f\u26bd", "e\u0301 is not \u00e9",
    "a tab\tand\na new line", "lines\u2028and\u2029paragraphs", "\\u0000 is six characters, %s and {0} are text",
    "longer than a notification " * 350]


def texts():
    """Lists of texts to write: made up, and of real matches where their data is there."""
    if not os.path.isdir(DATA):
        return [MADE_UP]
    real = [row["comm_text"] for row in read_rows("football.csv")] + [row["comm"] for row in read_rows("cricket.csv")]
    return [MADE_UP, [text for text in real if text.strip()]]


class Row(NamedTuple):
    match: int
    op: str
    tag: str                    # what its message begins with, and its client_ref: see ledger.py
    message: str
    ref: Optional[str] = None   # the tag of the row that it corrects


class Reporter(threading.Thread):
    pause_s = PAUSE_S
    expected = None     # a pattern of what it may be told besides EXPECTED

    def __init__(self, conninfo, number, matches, said, resends, tolerated=()):
        """
        `said` are lists of texts. A reporter that resends repeats a row until it is acknowledged, as a
        client must that wants each row to be there once; another one goes on with the next row. Errors
        with the tolerated SQLSTATEs are expected as well. The thread begins at once.
        """
        super().__init__(daemon=True)
        self.conninfo, self.number, self.matches, self.said, self.resends, self.tolerated = (
            conninfo, number, matches, said, resends, tolerated)
        self.n = self.count = self.lost = 0     # the newest number; how many were acknowledged; how many failed
        self.acknowledged = queue.SimpleQueue()
        self.latest = {}        # by match: the tag of the newest row that can be corrected
        self.unexpected = []
        self.connection = None
        self.ending = threading.Event()
        self.start()

    def next_row(self):
        self.n += 1
        match = random.choice(self.matches)
        op = random.choices(list(OPS), OPS.values())[0]
        tag = f"{match}.{self.number}.{self.n}"
        message = f"{tag} {random.choice(random.choice(self.said))}"
        if op in ("insert", "score") or match not in self.latest:
            return Row(match, "score" if op == "score" else "insert", tag, message)
        # what is retracted cannot be corrected any more
        ref = self.latest.pop(match) if op == "retract" else self.latest[match]
        return Row(match, op, tag, message, ref)

    def run(self):
        row = None
        while not self.ending.wait(self.pause_s):
            row = row or self.next_row()
            if self.write(row):
                self.note(row)
                row = None
            else:
                self.lost += 1
                row = row if self.resends else None
        if self.connection:
            self.connection.close()

    def write(self, row):
        """Returns whether the row is acknowledged."""
        try:
            if self.connection is None:
                self.connection = psycopg2.connect(self.conninfo)
                self.connection.autocommit = True
            self.connection.notices.clear()
            self.connection.cursor().execute(SCORE if row.op == "score" else INSERT, row._asdict())
        except psycopg2.Error as error:
            if error.pgcode not in self.tolerated and not self.expects(str(error)):
                self.unexpected.append(f"{row.op} {row.tag}: {error!r}")
            self.connection = None
            time.sleep(0.05)  # as a client backs off
            return False
        # a warning says that it is staged, but not yet durable; a notice, that it was in the log already
        return not any(notice.startswith("WARNING") for notice in self.connection.notices)

    def expects(self, said):
        return EXPECTED.search(said) or self.expected and self.expected.search(said)

    def note(self, row):
        self.count += 1
        if row.op == "insert":
            self.latest[row.match] = row.tag
        if row.op != "score":
            self.acknowledged.put(row.tag)

    def take(self):
        """What was acknowledged since the last time."""
        tags = []
        while not self.acknowledged.empty():
            tags.append(self.acknowledged.get())
        return tags

    def stop(self):
        self.ending.set()
        self.join(LONG_S)
