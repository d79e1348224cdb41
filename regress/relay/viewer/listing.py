#!/usr/bin/python3
"""Matches beyond the scoreboard: every page, at a relay and at an edge, of databases and upstreams of all kinds."""
import asyncio
import contextlib
import gzip
import http.client
import json
import os
import urllib.parse

import psycopg2
import websockets

from support.base.case import Case, run
from support.base.metrics import Metrics, get
from support.base.stack import DEADLINE_S, wait_for
from support.server.edge import Edge

HERD = 25       # all are asked within the 10 s that the relay lets a question wait
ROLES = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../../sql/roles.sql")
NAME = 'A+B & "⚽" é'
HELLO = "hello\nrelay 00112233445566aa\npath 00112233445566aa\nepoch 9f\nstate live\nlag 0"


class Listing(Case):
    # With a long heartbeat a busy machine does not make the database look silent.
    relay_options = ("--edges", "127.0.0.1", "--heartbeat", "60s")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.edge = Edge(cls.stack)
        cls.addClassCleanup(cls.edge.close)
        cls.edge.start()

    def ask(self, query, relay=None, method="GET", **headers):
        """Status, headers and body."""
        connection = http.client.HTTPConnection("127.0.0.1", (relay or self.stack).relay_port, timeout=DEADLINE_S)
        with contextlib.closing(connection):
            connection.request(method, f"/matches?{query}",
                               headers={name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    def page(self, query, relay=None):
        status, _, body = self.ask(query, relay)
        self.assertEqual(status, 200, body)
        document = json.loads(body)
        self.assertEqual(list(document), ["matches", "next"])
        return document

    def numbers(self, query, relay=None):
        return [match["match"] for match in self.page(query, relay)["matches"]]

    def pages(self, query, relay=None):
        """All states that there are, from page to page."""
        states, before = [], ""
        while True:
            page = self.page(query + before, relay)
            states += page["matches"]
            if page["next"] is None:
                return states
            before = f"&before={page['next']}"

    def losses(self, relay=None):
        return Metrics(get((relay or self.stack).relay_port)[1])["commentary_feed_losses_total"]

    def lists(self):
        """How many lists the relay has read."""
        return Metrics(get(self.stack.relay_port)[1])["commentary_catchup_queries_total", "list"]

    def refused(self, query, relay=None):
        status, _, body = self.ask(query, relay)
        error = json.loads(body)
        self.assertEqual(error["type"], "error")
        self.assertTrue(error["message"])
        return status, error["code"]

    def test_every_match_is_reached(self):
        """Also by pages that take several messages between relays; an edge gives the same bytes."""
        first = self.stack.create_match()
        matches = self.stack.create_matches(250, "finished")
        self.stack.sql("UPDATE commentary.match SET metadata = jsonb_build_object('pad', repeat('x', 2000))"
                       f" WHERE match_id >= {matches[100]}")
        self.stack.sql(f"UPDATE commentary.match SET competition = $${NAME}$$ WHERE match_id % 2 = {matches[0] % 2}"
                       f" AND match_id BETWEEN {matches[0]} AND {matches[9]}")
        self.stack.sql("SELECT commentary.flush()")
        states = [state for state in self.pages("status=finished&limit=60") if state["match"] > first]
        self.assertEqual([state["match"] for state in states], matches[::-1])
        self.assertEqual({state["status"] for state in states}, {"finished"})
        self.assertEqual(states[249], json.loads(self.stack.sql(f"SELECT commentary.state({matches[0]})")))
        self.assertEqual(self.pages("status=finished&limit=60", self.edge)[:250], states)
        for query in "limit=100", f"before={matches[200]}&limit=77", "status=finished", "before=1":
            self.assertEqual(self.ask(query)[2], self.ask(query, self.edge)[2])
        self.assertEqual(self.numbers(f"before={matches[60]}"), matches[10:60][::-1], "50, if nothing is said")
        self.assertEqual(self.page("before=1"), {"matches": [], "next": None})
        self.assertEqual(self.numbers(f"status=live%2cscheduled&before={matches[0]}&limit=1"), [first])
        workers = self.beside(self.stack.conninfo, "--workers", "2", "--feeder", "on")
        for relay in self.stack, self.edge, workers:
            for name in urllib.parse.quote_plus(NAME), urllib.parse.quote(NAME, safe=""):
                self.assertEqual(self.numbers(f"competition={name}", relay), matches[0:10:2][::-1])
            self.assertEqual(self.numbers(f"competition={name}&status=live", relay), [])
            self.assertEqual(self.numbers(f"competition={name}&before={matches[4]}&limit=1", relay), [matches[2]])
            self.assertEqual(self.numbers("competition=nobody%27s", relay), [])

    def test_what_changes_between_pages_moves_nothing(self):
        """The match of the place itself is purged, others are, and newer ones come."""
        matches = self.stack.create_matches(6, "finished")
        self.stack.sql("SELECT commentary.flush()")
        page = self.page("limit=2")
        self.assertEqual((page["next"], [match["match"] for match in page["matches"]]), (matches[4], matches[:3:-1]))
        self.stack.sql(f"SELECT commentary.purge(match_id) FROM unnest(ARRAY[{matches[4]}, {matches[2]}]) AS match_id")
        self.stack.create_match("finished")
        for relay in self.stack, self.edge:
            self.assertEqual(self.numbers(f"before={page['next']}&limit=2", relay), [matches[3], matches[1]])

    def test_a_match_without_a_state_takes_its_place_all_the_same(self):
        self.stack.sql("SELECT commentary.pause()")
        try:
            matches = [int(match) for match in self.stack.sql(
                "SET commentary.ack = staged; SELECT commentary.create_match('A', 'B') FROM generate_series(1, 3)").split("\n")]
            for relay in self.stack, self.edge:
                self.assertEqual(self.page(f"before={matches[2] + 1}&limit=2", relay),
                                 {"matches": [], "next": matches[1]})
        finally:
            self.stack.sql("SELECT commentary.resume()")

    def test_an_answer_is_cached_packed_and_known(self):
        self.stack.create_matches(20, "finished")
        self.stack.sql("SELECT commentary.flush()")
        for relay in self.stack, self.edge:
            _, headers, body = self.ask("status=finished&limit=20", relay)
            self.assertEqual(headers["Cache-Control"], "public, max-age=1")
            self.assertEqual(headers["Access-Control-Allow-Origin"], "*")
            status, known, nothing = self.ask("status=finished&limit=20", relay, If_None_Match=headers["ETag"])
            self.assertEqual((status, known["ETag"], nothing), (304, headers["ETag"], b""))
            status, head, nothing = self.ask("status=finished&limit=20", relay, "HEAD")
            self.assertEqual((status, head["Content-Length"], nothing), (200, str(len(body)), b""))
            _, packed, content = self.ask("status=finished&limit=20", relay, Accept_Encoding="gzip")
            self.assertEqual((packed["Content-Encoding"], gzip.decompress(content)), ("gzip", body))
            self.assertEqual(self.ask("limit=3", relay, If_Match='"x"')[0], 412)
            self.assertNotEqual(self.ask("status=finished&limit=19", relay)[1]["ETag"], headers["ETag"])
        self.stack.create_match("finished")
        wait_for(lambda: self.ask("status=finished&limit=20", If_None_Match=headers["ETag"])[0] == 200, "there is news")

    def test_wrong_wishes_are_refused(self):
        before = self.lists()
        for bad in ("before=0", "before=x", "before=", "before=1e3", "before=99999999999999999999", "limit=101", "limit=0",
                    "status=x", "status=", "status=live,", "status=Live", "competition=%00", "competition=%ff", "competition=",
                    "competition=%0a", "competition=" + "x" * 201, "competition=" + "%c3%a9" * 101, "before=1&before=2",
                    "competition=" + "%41" * 2500):
            for method in "GET", "HEAD":
                self.assertEqual(self.ask(bad, method=method)[0], 400, bad)
            self.assertEqual(self.refused(bad), (400, "bad_request"), bad)
        self.assertEqual(self.ask("competition=" + "x" * 8000)[0], 414)
        self.assertEqual(self.ask("limit=1", method="POST")[0], 405)
        self.assertIn("scheduled, live", json.loads(self.ask("status=x")[2])["message"])
        self.assertEqual(self.lists(), before)
        self.assertEqual(json.loads(self.ask("x=1&status&fbclid=%ff")[2])["match"], "lobby", "none of these is known")

    def test_a_herd_is_one_query(self):
        before, herd = self.lists(), []
        blocker = psycopg2.connect(self.stack.conninfo)
        self.addCleanup(blocker.close)
        for _ in range(HERD):
            herd.append(http.client.HTTPConnection("127.0.0.1", self.stack.relay_port, timeout=DEADLINE_S))
            self.addCleanup(herd[-1].close)
            self.livez(herd[-1])
        blocker.cursor().execute("LOCK commentary.entry")
        for connection in herd[1:]:
            connection.request("GET", "/matches?limit=31&status=finished")
        for _ in range(2):
            self.livez(herd[0])     # what came before this has been heard
        blocker.rollback()
        bodies = {connection.getresponse().read() for connection in herd[1:]}
        self.assertEqual(len(bodies), 1)
        self.assertIn(b'"matches":[', bodies.pop())
        self.assertEqual(self.lists() - before, 1)

    def livez(self, connection):
        connection.request("GET", "/livez")
        self.assertEqual(connection.getresponse().read(), b"ok\n")

    def test_a_database_that_cannot_tell_costs_only_the_lists(self):
        """An older extension, or functions that somebody has replaced; and all is well once it can."""
        losses = self.losses()
        function = "commentary.matches(bigint, text[], text, integer)"
        for broken, mended, status in (
                (f"ALTER FUNCTION {function} RENAME TO gone", "ALTER FUNCTION commentary.gone RENAME TO matches", 501),
                (self.replaced("SELECT 7::bigint, (1 / (max_rows - max_rows))::text"), self.put_back(), 503),
                (self.replaced("SELECT 7::bigint, '{' || chr(10) || '}'"), self.put_back(), 503)):
            self.stack.sql(broken)
            for relay in self.edge, self.stack:
                self.answers_in_time(relay, status)     # what was read a moment ago is kept for a second
                self.assertEqual(self.ask("x=y", relay)[0], 200)
            self.stack.sql(mended)
            for relay in self.edge, self.stack:
                self.answers_in_time(relay, 200)
        self.assertIn('msg="matches cannot be listed"', self.stack.relay_said())
        self.assertEqual(self.losses(), losses)
        self.assertTrue(self.stack.is_ready())

    def answers_in_time(self, relay, status):
        wait_for(lambda: self.ask("before=7", relay)[0] == status, f"the answer is {status}")

    def test_a_role_that_may_not_list(self):
        """That is logged with what to do, and needs no restart."""
        self.stack.pg("psql", "-Xqd", self.stack.conninfo, "-f", ROLES)
        self.stack.sql("CREATE ROLE relay LOGIN IN ROLE commentary_relay;"
                       " REVOKE EXECUTE ON FUNCTION commentary.matches FROM commentary_relay")
        relay = self.beside(self.stack.conninfo.replace("user=postgres", "user=relay"))
        self.assertEqual(self.refused("limit=1", relay), (501, "unsupported"))
        self.assertRegex(relay.relay_said(), 'msg="matches cannot be listed".*sql/roles.sql')
        self.stack.sql("GRANT EXECUTE ON FUNCTION commentary.matches TO commentary_relay")
        self.answers_in_time(relay, 200)
        self.assertEqual(self.losses(relay), 0)

    def beside(self, conninfo, *options):
        """A relay of its own."""
        relay = Edge()
        self.addCleanup(relay.close)
        relay.start_relay_with("--listen", f"127.0.0.1:{relay.relay_port}", "--database", conninfo, *options)
        return relay

    def replaced(self, query):
        return ("ALTER FUNCTION commentary.matches RENAME TO gone; CREATE FUNCTION commentary.matches(before bigint,"
                " statuses text[], competition text, max_rows integer) RETURNS TABLE (match_id bigint, state text)"
                f" LANGUAGE sql AS $$ {query} $$")

    def put_back(self):
        return "DROP FUNCTION commentary.matches; ALTER FUNCTION commentary.gone RENAME TO matches"

    def test_a_database_of_another_encoding(self):
        """It has no match of a name that it cannot write; that is no error."""
        self.stack.sql("CREATE DATABASE latin ENCODING LATIN1 LOCALE 'C' TEMPLATE template0")
        self.stack.sql("CREATE EXTENSION commentary", "latin")
        match = self.stack.sql("SELECT commentary.create_match('A', 'B', competition => U&'Ligu\\00e9')", "latin")
        self.stack.sql("SELECT commentary.flush()", "latin")
        relay = self.beside(f"{self.stack.conninfo} dbname=latin")
        self.assertEqual(self.numbers("competition=%e2%9a%bd", relay), [])
        self.assertEqual(self.numbers("competition=Ligu%c3%a9", relay), [int(match)])
        self.assertTrue(relay.is_ready())

    # ---- an edge of an upstream that is older, that lies, or that does not answer ----

    async def talk(self, socket, *_):
        """It has an epoch and an empty lobby; what it says to `list` is for the test to decide."""
        self.sockets.append(socket)
        with contextlib.suppress(websockets.ConnectionClosed):
            await socket.send(self.hello)
            async for text in socket:
                word, *numbers = text.split("\n")[0].split(" ")
                answers = {"heads": "epoch {n} 9f\n0 0!done {n} whole", "load": "state {n} 0 2\n[]!done {n} whole",
                           "list": self.answers}.get(word, "")
                if word == "list":
                    self.asked.append(text)
                for answer in filter(None, answers.split("!")):
                    await socket.send(answer.replace("{n}", numbers[0]))

    async def listed(self, query, answers):
        """The matches, and where the next page begins; or the status."""
        self.answers = answers
        status, _, body = await asyncio.to_thread(self.ask, query, self.false)
        document = json.loads(body)
        return ([match["m"] for match in document["matches"]], document["next"]) if status == 200 else status

    async def is_live(self):
        await asyncio.to_thread(wait_for, self.false.is_ready, "the edge is live")

    async def test_upstreams(self):
        self.hello, self.answers, self.asked, self.sockets = HELLO, "", [], []
        async with websockets.serve(self.talk, "127.0.0.1", 0, subprotocols=["commentary.relay.1"]) as server:
            self.false = Edge()
            try:
                self.false.launch_relay("--listen", f"127.0.0.1:{self.false.relay_port}", "--upstream",
                                        f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}")
                await self.is_live()
                self.assertEqual(await self.listed("limit=2", ""), 501)
                self.assertEqual(self.asked, [], "an older relay would end the connection for it")
                self.hello = f"{HELLO}\nlists 1"
                await self.sockets[-1].close()
                await asyncio.to_thread(wait_for, lambda: self.false.relay_said().count("the feed is live") == 2, "it is back")
                await self.odd_answers()
                await self.lies()
                await self.no_answer()
            finally:
                self.false.close()

    async def odd_answers(self):
        right = 'matches {n} 5\n9 {"m":9}!matches {n} 5\n7 {"m":7}\n5 {"m":5}!done {n} whole'
        self.assertEqual(await self.listed("limit=3&status=finished,live&competition=A+B", right), ([9, 7, 5], 5))
        self.assertRegex(self.asked[-1], r"\Alist \d+ 0 3\nstatus live,finished\ncompetition A B\Z")
        losses = await asyncio.to_thread(self.losses, self.false)
        for query, answers, expected in (
                ("before=8&limit=3", right, ([7, 5], 5)),       # without what was not asked for
                ("limit=4", 'matches {n} 50\n9 {"m":9}!done {n} whole', ([9], 9)),
                ("before=20&limit=4", "matches {n} 20!done {n} whole", ([], None)),
                ("before=20", "matches {n} 15!done {n} whole", ([], 15)),
                ("limit=5", 'matches {n} 0\n7 {"m":7}\n9 {"m":9}\n7 {"m":7}!done {n} whole', ([7], None)),
                ("limit=6", 'matches 99999 0\n7 {"m":7}!matches {n} 0!done {n} whole', ([], None)),
                ("limit=7", "done {n} whole", 503), ("limit=8", "done {n} broken", 503), ("limit=9", "done {n} absent", 501)):
            self.assertEqual(await self.listed(query, answers), expected, answers)
        self.assertEqual(await asyncio.to_thread(self.losses, self.false), losses)

    async def lies(self):
        """Each ends the connection, and the client is told at once that there is no list now."""
        for answers in ('matches {n} 0\n9 {"m":9}\n8 {"m":8}\n7 {"m":7}', "matches {n} 0\n9 {", "rows {n}\n9 {}",
                        "matches {n} 0!matches {n} 0", "state {n} 0 2\n[]"):
            losses = await asyncio.to_thread(self.losses, self.false)
            self.assertEqual(await self.listed("limit=2", answers), 503, answers)
            self.assertEqual(await asyncio.to_thread(self.losses, self.false), losses + 1, answers)
            await self.is_live()

    async def no_answer(self):
        """When its client has given up, the edge does not wait either, and asks the next question."""
        losses = await asyncio.to_thread(self.losses, self.false)
        self.assertEqual(await self.listed("limit=10", ""), 503, "none comes in time")
        self.assertEqual(await self.listed("limit=11", 'matches {n} 0\n9 {"m":9}!done {n} whole'), ([9], None))
        self.assertEqual(await asyncio.to_thread(self.losses, self.false), losses)


run(Listing)
