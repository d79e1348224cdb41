#!/usr/bin/python3
"""JSON over HTTP: what is read, from where, how often the table is asked for it."""
import http.client
import json
import socket
import threading
import time

import psycopg2

from support.base.case import Case, run
from support.base.patience import KEPT_S
from support.base.process import connections, cpu_s
from support.base.stack import LOG_STATEMENTS, LONG_S, wait_for

HERD = 20       # all ask within the 10 s that the relay lets a question wait


class Reads(Case):
    settings = LOG_STATEMENTS
    relay_options = ()

    def setUp(self):
        self.match = self.stack.create_match()
        self.connection = http.client.HTTPConnection("127.0.0.1", self.stack.relay_port, timeout=LONG_S)
        self.asked = time.monotonic()

    def tearDown(self):
        self.connection.close()

    def post(self, count, pad=0):
        """So many entries, and the relay has them."""
        self.stack.insert_lines(self.match, count, pad)
        head = self.stack.head(self.match)
        wait_for(lambda: self.get(f"/matches/{self.match}")["head"] == head, "the relay has them")

    def forget(self, *options):
        """A relay that has no match in memory, only the lobby."""
        self.stack.stop_relay()
        self.stack.start_relay(*options)
        self.connection.close()  # it opens another one

    def ask(self, path, method="GET", **headers):
        """Answer and body, on a connection that is kept."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if time.monotonic() > self.asked + KEPT_S:
            self.connection.close()
        self.connection.request(method, path, headers=headers)
        answer = self.connection.getresponse()
        self.asked = time.monotonic()
        return answer, answer.read()

    def get(self, path):
        answer, body = self.ask(path)
        self.assertEqual(answer.status, 200, body)
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        self.assertEqual(answer.headers["Access-Control-Allow-Origin"], "*")
        return json.loads(body)

    def entries(self, query):
        return self.get(f"/matches/{self.match}/commentary?{query}")["entries"]

    def test_the_states_of_all_matches_and_of_one(self):
        wait_for(lambda: self.match in [s["match"] for s in self.get("/matches")["state"]],
                 "the match is on the scoreboard")
        self.stack.sql(f"UPDATE commentary.match SET status = 'live' WHERE match_id = {self.match}")
        state = wait_for(lambda: [s for s in self.get("/matches")["state"]
                                  if s["match"] == self.match and s["status"] == "live"], "it is live")[0]
        document = self.get(f"/matches/{self.match}")
        self.assertEqual(document["state"], state)
        self.assertEqual(document["head"], 2)
        self.assertEqual(document["epoch"], self.stack.sql("SELECT commentary.epoch()"))

    def test_commentary_from_memory_and_from_the_table(self):
        self.post(1500)
        body = self.stack.sql(f"SELECT string_agg(body, ',' ORDER BY seq) FROM commentary.read({self.match}, 0, 2000)")
        seen, since = [], 0
        while True:  # the relay loads the newest 1000: the first pages come from the table
            answer, text = self.ask(f"/matches/{self.match}/commentary?since={since}&limit=400")
            self.assertEqual(answer.status, 200)
            entries = json.loads(text)["entries"]
            if not entries:
                break
            seen.append(text.decode().split('"entries":[', 1)[1][:-2])
            since = entries[-1]["seq"]
        self.assertEqual(",".join(seen), body)
        self.assertEqual(len(seen), 4)
        self.assertEqual([e["seq"] for e in self.entries("limit=2")], [1500, 1501])
        self.assertEqual(len(self.entries("")), 100)
        self.assertEqual(self.entries("since=99999"), [])

    def test_a_large_answer_comes_whole_and_ends_in_time(self):
        self.post(200, pad=15000)
        entries = self.entries("since=0&limit=500")
        self.assertGreater(len(entries), 60)
        self.assertLess(len(entries), 100, "an answer ends after 1 MiB")
        rest = self.entries(f"since={entries[-1]['seq']}&limit=500")
        self.assertEqual(rest[0]["seq"], entries[-1]["seq"] + 1)

    def test_a_slow_client_gets_all_of_a_large_answer(self):
        self.post(100, pad=15000)
        path = f"/matches/{self.match}/commentary?since=0&limit=500"
        whole = self.ask(path)[1]
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.settimeout(LONG_S)
            client.connect(("127.0.0.1", self.stack.relay_port))
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            taken = b""
            while len(taken) < len(whole) or not taken.endswith(whole):
                taken += client.recv(1500)
            client.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertEqual(client.recv(12), b"HTTP/1.1 200")

    def test_an_answer_that_is_known_is_not_sent_again(self):
        self.post(2)
        for path in ("/matches", f"/matches/{self.match}", f"/matches/{self.match}/commentary?since=1"):
            answer, _ = self.ask(path)
            etag = answer.headers["ETag"]
            self.assertIn("max-age", answer.headers["Cache-Control"])
            unchanged, body = self.ask(path, If_None_Match=f'"x", {etag}')
            self.assertEqual((unchanged.status, body, unchanged.headers["ETag"]), (304, b"", etag))
        self.post(1)
        wait_for(lambda: self.ask(path, If_None_Match=etag)[0].status == 200, "the answer is a new one")

    def test_head_is_get_without_the_body(self):
        for path in ("/matches", f"/matches/{self.match}", "/", "/matches/999999"):
            got, body = self.ask(path)
            head, nothing = self.ask(path, "HEAD")
            self.assertEqual((head.status, nothing), (got.status, b""))
            self.assertEqual(head.headers["Content-Length"], str(len(body)))

    def test_what_is_wrong_is_told(self):
        for path, status, code in (("/matches/999999", 404, "unknown_match"),
                                   ("/matches/999999/commentary", 404, "unknown_match"),
                                   ("/matches/0", 400, "bad_request"),
                                   ("/matches/x/commentary", 400, "bad_request"),
                                   ("/matches/1/commentary?limit=501", 400, "bad_request"),
                                   ("/matches/1/commentary?since=1&limit=a", 400, "bad_request"),
                                   ("/matches/1/comments", 404, "not_found")):
            answer, body = self.ask(path)
            error = json.loads(body)
            self.assertEqual((answer.status, error["type"], error["code"]), (status, "error", code), path)
            self.assertTrue(error["message"])
        self.assertEqual(self.ask("/nothing")[0].status, 404)
        answer, body = self.ask("/matches", "POST")
        self.assertEqual((answer.status, json.loads(body)["code"]), (405, "method_not_allowed"))
        self.assertIn("GET", answer.headers["Allow"])

    def test_unknown_parameters_are_ignored(self):
        self.post(2)
        for unknown in ("x", "x=" + "y" * 7000, "fbclid=" + "%41" * 300):
            answer, body = self.ask(f"/matches/{self.match}/commentary?{unknown}&limit=1")
            self.assertEqual((answer.status, len(json.loads(body)["entries"])), (200, 1))

    def test_a_page_of_another_origin_may_ask(self):
        answer, _ = self.ask("/matches", "OPTIONS", Origin="https://a.example",
                             Access_Control_Request_Method="GET")
        self.assertEqual(answer.status, 204)
        self.assertIn("if-none-match", answer.headers["Access-Control-Allow-Headers"])

    def test_requests_in_one_packet_are_answered_in_order(self):
        self.post(1)
        with socket.create_connection(("127.0.0.1", self.stack.relay_port), LONG_S) as client:
            paths = ("/matches", f"/matches/{self.match}/commentary", "/livez", "/matches/0")
            client.sendall(b"".join(f"GET {p} HTTP/1.1\r\nHost: x\r\n\r\n".encode() for p in paths))
            stream = client.makefile("rb")
            statuses = []
            for _ in paths:
                statuses.append(int(stream.readline().split()[1]))
                length = 0
                while (line := stream.readline().strip()):
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                stream.read(length)
        self.assertEqual(statuses, [200, 200, 200, 400])

    def test_http_1_0_and_connection_close_end_the_connection(self):
        for request in ("GET /matches HTTP/1.0\r\n\r\n",
                        "GET /matches HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", self.stack.relay_port), LONG_S) as client:
                client.sendall(request.encode())
                answer = client.makefile("rb").read().decode()
            header, body = answer.split("\r\n\r\n", 1)
            self.assertIn("connection: close", header)
            self.assertEqual(json.loads(body)["match"], "lobby")

    def test_a_herd_asks_the_table_once(self):
        """All ask while the table cannot be read: a lock holds their one query up."""
        self.stack.insert_lines(self.match, 20)
        self.addCleanup(self.forget)
        self.forget("--heartbeat", "60s")  # on a busy machine the lock might make the database look silent
        blocker = psycopg2.connect(self.stack.conninfo)
        blocker.cursor().execute("LOCK commentary.entry")
        answers, threads = [], []

        def ask():
            connection = http.client.HTTPConnection("127.0.0.1", self.stack.relay_port, timeout=LONG_S)
            connection.request("GET", f"/matches/{self.match}/commentary?since=0")
            answers.append(json.loads(connection.getresponse().read()))
            connection.close()

        before = self.loads()
        for _ in range(HERD):
            threads.append(threading.Thread(target=ask, daemon=True))
            threads[-1].start()
        waiting = ("SELECT count(*) FROM pg_stat_activity"
                   " WHERE application_name = 'commentary-relay' AND wait_event_type = 'Lock'")
        wait_for(lambda: self.stack.sql(waiting) == "1", "the relay's query waits")
        wait_for(lambda: len(connections(self.stack.relay_port)) >= HERD, "all are connected")
        blocker.rollback()
        for thread in threads:
            thread.join(LONG_S)
        self.assertEqual([len(a["entries"]) for a in answers], [21] * HERD)
        self.assertEqual(self.loads() - before, 1)

    def loads(self):
        """How often the relay has read the newest entries of this match."""
        return self.stack.reads("tail").count(self.match)

    def test_without_the_database_memory_answers(self):
        self.post(3)
        self.assertEqual(len(self.entries("since=0")), 4)
        other = self.stack.create_match()
        wait_for(lambda: other in [s["match"] for s in self.get("/matches")["state"]], "the other is known")
        self.forget()
        self.assertEqual(len(self.entries("since=0")), 4)
        self.stack.stop_postgres("immediate")
        wait_for(lambda: not self.stack.is_ready(), "the relay has noticed")
        self.assertEqual(len(self.entries("since=0")), 4)
        self.get("/matches")
        answer, body = self.ask(f"/matches/{other}")
        self.assertEqual((answer.status, json.loads(body)["code"]), (503, "unavailable"))
        self.assertTrue(answer.headers["Retry-After"])
        self.stack.start_postgres()
        wait_for(self.stack.is_ready, "it is back")
        self.assertEqual(self.get(f"/matches/{other}")["state"]["home"], "Home")

    def test_who_leaves_while_waiting_costs_nothing(self):
        """Neither the wait nor its end makes the relay spin, nor keeps a descriptor."""
        self.forget()
        blocker = psycopg2.connect(self.stack.conninfo)
        self.addCleanup(blocker.close)
        blocker.cursor().execute("LOCK commentary.entry")
        pid, clients = self.stack.relay_pid, []
        for _ in range(5):
            client = socket.create_connection(("127.0.0.1", self.stack.relay_port), LONG_S)
            client.sendall(f"GET /matches/{self.match} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 2)
            clients.append(client)
        wait_for(lambda: len(connections(self.stack.relay_port)) >= len(clients), "all are connected")
        for client in clients:
            client.close()
        began = cpu_s(pid)
        blocker.rollback()
        wait_for(lambda: not connections(self.stack.relay_port), "they are let go")
        self.assertLess(cpu_s(pid) - began, 2)
        wait_for(self.stack.is_ready, "the feed is live, also if the lock made it look silent")


if __name__ == "__main__":
    run(Reads)
