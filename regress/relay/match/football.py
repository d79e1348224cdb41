#!/usr/bin/python3
"""Real matches, many writers at once, many viewers that come and go.

Each viewer's record must equal the table: the same bytes, once, in order. The
matches come from ../shared/data, which is not part of the project.
"""
import asyncio
import csv
import io
import json
import os
import random
import threading
import unittest

import psycopg2

from support.base.case import Case, run
from support.base.data import DATA, read_rows
from support.base.stack import LONG_S
from support.viewer.viewer import Viewer

WRITERS = 20
MATCHES = 24
VIEWERS = 100


def football():
    """The lines of each match, oldest matches first: (minute, stoppage, message)."""
    matches = {}
    for row in read_rows("football.csv"):
        line = (row["comm_min"] or None, row["comm_min_inj"] or None, row["comm_text"])
        matches.setdefault(row["game_date"], []).append(line)
    return list(matches.values())[:MATCHES]


def write_singly(cursor, match, lines):
    for line in lines:
        cursor.execute("INSERT INTO commentary.feed (match_id, minute, stoppage, message)"
                       " VALUES (%s, %s, %s, %s)", (match, *line))


def write_prepared(cursor, match, lines):
    cursor.execute("PREPARE line AS INSERT INTO commentary.feed"
                   " (match_id, minute, stoppage, message) VALUES ($1, $2, $3, $4)")
    for line in lines:
        cursor.execute("EXECUTE line (%s, %s, %s, %s)", (match, *line))
    cursor.execute("DEALLOCATE line")


def write_many(cursor, match, lines):
    for start in range(0, len(lines), 10):
        rows = [(match, *line) for line in lines[start:start + 10]]
        values = ",".join(["(%s, %s, %s, %s)"] * len(rows))
        cursor.execute("INSERT INTO commentary.feed (match_id, minute, stoppage, message) VALUES "
                       + values, [value for row in rows for value in row])


def write_copy(cursor, match, lines):
    for start in range(0, len(lines), 25):
        text = io.StringIO()
        csv.writer(text).writerows((match, *line) for line in lines[start:start + 25])
        text.seek(0)
        cursor.copy_expert("COPY commentary.feed (match_id, minute, stoppage, message)"
                           " FROM stdin (FORMAT csv)", text)


WAYS = (write_singly, write_prepared, write_many, write_copy)


@unittest.skipUnless(os.path.isdir(DATA), "no real commentary at ../shared/data")
class Football(Case):
    relay_options = ()

    def write(self, work, failures):
        """One writer: takes matches until there are none left."""
        try:
            connection = psycopg2.connect(self.stack.conninfo)
            connection.autocommit = True
            while True:
                try:
                    number, match, lines = work.pop()
                except IndexError:
                    break
                WAYS[number % len(WAYS)](connection.cursor(), match, lines)
            connection.close()
        except psycopg2.Error as error:
            failures.append(error)

    async def test_every_viewer_sees_what_the_table_holds(self):
        games = football()
        self.assertGreaterEqual(len(games), 20)
        matches = self.stack.create_matches(len(games), "live")
        heads = {match: 1 + len(lines) for match, lines in zip(matches, games)}
        viewers = [Viewer(self.stack, matches[i % len(matches)]) for i in range(VIEWERS)]
        # more writers than matches would leave some idle: each match goes in two halves
        work, failures = [], []
        for number, (match, lines) in enumerate(zip(matches, games)):
            half = len(lines) // 2
            work += [(number, match, lines[:half]), (number + 1, match, lines[half:])]
        random.shuffle(work)

        follows = [asyncio.create_task(v.follow(lambda m=v.match: heads[m], drop_after=60))
                   for v in viewers]
        writers = [threading.Thread(target=self.write, args=(work, failures), daemon=True) for _ in range(WRITERS)]
        for writer in writers:
            writer.start()
        await asyncio.wait_for(asyncio.gather(*follows), 400)
        for writer in writers:
            writer.join()
        self.assertEqual(failures, [])

        tables = {match: self.stack.bodies(match) for match in matches}
        for viewer in viewers:
            self.assertEqual(viewer.bodies, tables[viewer.match])
            self.assertEqual((viewer.gaps, viewer.doubles), (0, 0))
            await viewer.close()
        self.assertGreater(sum(v.connects for v in viewers), VIEWERS, "nobody was disconnected")
        written = sorted(line[2] for lines in games for line in lines)
        stored = self.stack.sql("SELECT json_agg(message) FROM commentary.entry"
                                f" WHERE op = 'insert' AND match_id BETWEEN {matches[0]} AND {matches[-1]}")
        self.assertEqual(sorted(json.loads(stored)), written)

    async def test_html_and_odd_characters_arrive_unchanged(self):
        texts = [row["comm"] for row in read_rows("cricket.csv") if row["comm"].strip()][:2000]
        match = self.stack.create_match("live")
        viewer = Viewer(self.stack, match)
        await viewer.connect()
        connection = psycopg2.connect(self.stack.conninfo)
        connection.autocommit = True
        await asyncio.to_thread(write_many, connection.cursor(), match,
                                [(None, None, text) for text in texts])
        connection.close()
        await asyncio.wait_for(viewer.follow(lambda: 1 + len(texts)), LONG_S)
        self.assertEqual([json.loads(body)["message"] for body in viewer.bodies[1:]], texts)
        await viewer.close()


if __name__ == "__main__":
    run(Football)
