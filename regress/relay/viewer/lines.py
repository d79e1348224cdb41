#!/usr/bin/python3
"""History counts lines: a match whose newest entries are states and corrections is not empty."""
import asyncio
import http.client
import json

from support.base.case import Case, run
from support.base.stack import LONG_S, wait_for
from support.viewer.dial import dial

LINES = 40
CORRECTIONS = 1300  # more than the relay loads of a match at once
STATES = 300


class Lines(Case):
    relay_options = ()

    @classmethod
    def setUpClass(cls):
        """One match for all tests: they read only."""
        super().setUpClass()
        cls.match = cls.stack.create_match("live")
        cls.stack.insert_lines(cls.match, LINES)
        cls.stack.sql(f"SELECT commentary.amend({cls.match}, 3, message => 'amended ' || i)"
                      f" FROM generate_series(1, {CORRECTIONS}) i")
        cls.stack.sql(f"DO $$ BEGIN FOR i IN 1..{STATES} LOOP UPDATE commentary.match SET home_score = i"
                      f" WHERE match_id = {cls.match}; COMMIT; END LOOP; END $$")
        cls.stack.sql("SELECT commentary.flush()")
        cls.bodies = cls.stack.bodies(cls.match)
        cls.log = [json.loads(body) for body in cls.bodies]
        cls.seqs = [entry["seq"] for entry in cls.log if entry.get("op") == "insert"]
        cls.head = cls.log[-1]["seq"]
        cls.stack.stop_relay()  # what it knows comes from the table
        cls.stack.start_relay(*cls.relay_options)

    def after(self, seq):
        return self.log[seq:]

    def first_of(self, lines):
        """The seq of the first of the newest so many lines."""
        return self.seqs[-lines]

    def get(self, query="", etag=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.stack.relay_port, timeout=LONG_S)
        try:
            connection.request("GET", f"/matches/{self.match}/commentary?{query}",
                               headers={"If-None-Match": etag} if etag else {})
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def entries(self, query):
        answer, body = self.get(query)
        self.assertEqual(answer.status, 200, body)
        return json.loads(body)["entries"]

    async def joined(self, **subscribe):
        """What a fresh start is sent."""
        entries = []
        async with dial(f"{self.stack.url.replace('http', 'ws')}/ws", compression=None) as socket:
            await socket.send(json.dumps({"type": "subscribe", "match": self.match, **subscribe}))
            while not entries or entries[-1]["seq"] < self.head:
                message = json.loads(await asyncio.wait_for(socket.recv(), LONG_S))
                entries += [message] if message.get("seq") else []
        return entries

    async def test_over_a_websocket(self):
        self.assertEqual(len(self.seqs), LINES)
        self.assertGreater(self.head - self.seqs[-1], 1000)
        for lines in (1, 5, LINES):
            self.assertEqual(await self.joined(history=lines), self.after(self.first_of(lines) - 1))
        self.assertEqual(await self.joined(history=500), self.log)

    def test_over_a_stream_of_events(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.stack.relay_port, timeout=LONG_S)
        self.addCleanup(connection.close)
        connection.request("GET", f"/matches/{self.match}/events?history=2")
        answer, ids, entries = connection.getresponse(), [], []
        while not entries or entries[-1]["seq"] < self.head:
            name, _, value = answer.readline().decode().rstrip("\n").partition(": ")
            if name == "id":
                ids.append(int(value.split(":")[1]))
            elif name == "data" and '"seq":' in value:
                entries.append(json.loads(value))
        self.assertEqual(entries, self.after(self.first_of(2) - 1))
        self.assertEqual(ids[0], self.first_of(2) - 1, "who is cut off before the first entry resumes there")

    def test_documents(self):
        self.assertEqual(self.entries("limit=2"), self.after(self.first_of(2) - 1))
        self.assertEqual(self.entries("")[0]["seq"], 1, "fewer lines than 100: the states before them as well")
        first = self.entries("since=0&limit=2")
        self.assertEqual(first, self.log[:self.seqs[2] - 1], "up to the third line")
        middle = f"since={self.seqs[0]}&before={self.seqs[4]}"
        self.assertEqual(self.entries(middle), self.log[self.seqs[0]:self.seqs[4] - 1])

    def test_backwards_to_the_beginning(self):
        for limit in (1, 7, 500):
            place, seen, pages = self.head + 1, [], 0
            while place > 1:
                page = self.entries(f"before={place}&limit={limit}")
                self.assertEqual(page[-1]["seq"], place - 1)
                self.assertLessEqual(sum(entry.get("op") == "insert" for entry in page), limit)
                seen[:0], place, pages = page, page[0]["seq"], pages + 1
            self.assertEqual(seen, self.log)
            self.assertLessEqual(pages, -(-LINES // limit) + 1)
        self.assertEqual(self.entries("before=1"), [])
        self.assertEqual(self.entries("before=999999999999&limit=3"), self.after(self.first_of(3) - 1))

    def test_caches_and_what_is_wrong(self):
        answer, body = self.get(f"before={self.seqs[4]}&limit=2")
        other, rest = self.get(f"before={self.seqs[4]}&limit=3")
        self.assertNotEqual(body, rest)
        self.assertEqual(other.headers["Cache-Control"], answer.headers["Cache-Control"])
        known, nothing = self.get(f"before={self.seqs[4]}&limit=2", etag=answer.headers["ETag"])
        self.assertEqual((known.status, nothing), (304, b""))
        for query in ("before=0", "before=-1", "before=x", "before=", "before=5&before=6"):
            answer, body = self.get(query)
            self.assertEqual((answer.status, json.loads(body)["code"]), (400, "bad_request"), query)

    def test_a_role_without_the_right_has_what_is_in_memory(self):
        """As with an extension of before: the newest entries, and reading backwards as ever."""
        self.stack.sql("ALTER FUNCTION commentary.lines(bigint, bigint, integer) RENAME TO other_lines")
        self.addCleanup(self.stack.start_relay, *self.relay_options)
        self.addCleanup(self.stack.stop_relay)
        self.addCleanup(self.stack.sql,
                        "ALTER FUNCTION commentary.other_lines(bigint, bigint, integer) RENAME TO lines")
        self.stack.stop_relay()
        self.stack.start_relay(*self.relay_options)
        wait_for(self.stack.is_ready, "the relay is ready")
        self.assertEqual(self.entries("limit=2")[-1]["seq"], self.head)
        self.assertEqual(self.entries(f"before={self.seqs[-1]}&limit=1"),
                         self.log[self.seqs[-2] - 1:self.seqs[-1] - 1])


if __name__ == "__main__":
    run(Lines)
