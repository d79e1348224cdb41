#!/usr/bin/python3
"""Server-Sent Events: the same entries as over a WebSocket, resumed by Last-Event-ID."""
import json
import signal
import socket
import subprocess
import urllib.request

from support.base.case import Case, run
from support.base.process import descriptors
from support.base.stack import LONG_S, wait_for


class Stream:
    """Reads events as the HTML standard says; remembers the last id and the retry time."""

    def __init__(self, stack, path, last_id=None, receive_bytes=None, headers=""):
        self.socket = socket.socket()
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(LONG_S)
        self.socket.connect(("127.0.0.1", stack.relay_port))
        resume = f"Last-Event-ID: {last_id}\r\n" if last_id else ""
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n"
                            f"{resume}{headers}\r\n".encode())
        self.last_id, self.retry_ms, self.beats = last_id, None, 0
        self.lines = self.socket.makefile("rb")
        self.status = None

    def open(self):
        """Reads the header; returns the status."""
        self.status = int(self.lines.readline().split()[1])
        self.headers = {}
        while (line := self.lines.readline().strip().decode()):
            name, value = line.split(": ", 1)
            self.headers[name] = value
        return self.status

    def body(self):
        return json.loads(self.lines.read(int(self.headers["content-length"])))

    def next(self, kind=None):
        """(event, text) of the next event, or of the next of a kind; None at the end."""
        if self.status is None and self.open() != 200:
            raise AssertionError(f"refused: {self.body()}")
        event, data = None, []
        while (line := self.lines.readline().decode()):
            name, _, value = line.rstrip("\n").partition(": ")
            if line == "\n" and data:
                if kind in (None, event):
                    return event, "\n".join(data)
                event, data = None, []
            elif line == "\n":
                continue
            elif line.startswith(":"):
                self.beats += 1
            elif name == "id":
                self.last_id = value
            elif name == "event":
                event = value
            elif name == "data":
                data.append(value)
            elif name == "retry":
                self.retry_ms = int(value)
        return None

    def closed(self):
        """What the last event says of why it ends."""
        reason = json.loads(self.next("close")[1])
        if self.next() is not None:
            raise AssertionError("it goes on")
        return reason["code"], reason["reason"]

    def entries(self, until):
        """The texts of the entries up to a seq, and that seq."""
        bodies = []
        while True:
            event, text = self.next()
            if event in ("commentary", "match"):
                bodies.append(text)
                if json.loads(text)["seq"] >= until:
                    return bodies

    def close(self):
        self.lines.close()
        self.socket.close()


class Events(Case):
    relay_options = ("--topic-bytes", "64KiB")  # little is in memory: most comes from the table

    def restart(self, *options):
        self.stack.stop_relay()
        self.stack.start_relay(*self.relay_options, *options)

    def setUp(self):
        self.match = self.stack.create_match("live")
        self.path = f"/matches/{self.match}/events"
        self.streams = []

    def tearDown(self):
        for stream in self.streams:
            stream.close()

    def stream(self, path=None, **options):
        self.streams.append(Stream(self.stack, path or self.path, **options))
        return self.streams[-1]

    def head(self):
        with urllib.request.urlopen(f"{self.stack.url}/matches/{self.match}", timeout=LONG_S) as answer:
            return json.load(answer)["head"]

    def post(self, count, pad=0):
        """So many entries, and the relay has them."""
        self.stack.insert_lines(self.match, count, pad)
        last = self.stack.head(self.match)
        wait_for(lambda: self.head() == last, "the relay has them")

    def test_another_epoch_that_lost_nothing_goes_on(self):
        self.post(5)
        stream = self.stream(f"{self.path}?history=500")
        head = self.stack.head(self.match)
        bodies = stream.entries(head)
        old_id = stream.last_id
        epoch = self.stack.sql("SELECT commentary.begin_epoch()")
        joined = json.loads(stream.next("subscribed")[1])
        self.assertEqual((joined["epoch"], joined["recovered"]), (epoch, True))
        self.assertEqual(stream.last_id, old_id)    # still good
        again = self.stream(last_id=old_id)
        self.assertTrue(json.loads(again.next("subscribed")[1])["recovered"])
        self.post(2)
        for resumed in stream, again:
            self.assertEqual(bodies + resumed.entries(head + 2), self.table())
            self.assertEqual(resumed.last_id, f"{epoch}:{head + 2}")
        beyond = self.stream(last_id=f"{old_id.split(':')[0]}:{head + 1}")
        self.assertFalse(json.loads(beyond.next("subscribed")[1])["recovered"])

    def table(self, after=0):
        return self.stack.bodies(self.match, after)

    def test_history_and_live_join_without_a_gap(self):
        self.post(700)  # more than is in memory: the first come from the table
        stream = self.stream(f"{self.path}?history=500")
        joined = json.loads(stream.next("subscribed")[1])
        self.assertEqual(stream.headers["content-type"], "text/event-stream")
        self.assertEqual(stream.headers["access-control-allow-origin"], "*")
        self.assertEqual((joined["match"], joined["recovered"]), (self.match, False))
        self.assertEqual(stream.last_id, f"{joined['epoch']}:{joined['head'] - 500}")
        self.post(3)
        self.stack.sql(f"UPDATE commentary.match SET home_score = 1 WHERE match_id = {self.match}")
        bodies = stream.entries(705)
        self.assertEqual(bodies, self.table(joined["head"] - 500))
        self.assertEqual(stream.last_id, f"{joined['epoch']}:705")
        self.assertGreater(stream.retry_ms, 0)

    def test_it_resumes_after_the_last_event(self):
        self.post(5)
        stream = self.stream(f"{self.path}?history=10")
        stream.entries(6)
        stream.close()
        self.post(4)
        for again in (self.stream(f"{self.path}?history=10", last_id=stream.last_id),
                      self.stream(f"{self.path}?since={stream.last_id}")):
            self.assertTrue(json.loads(again.next("subscribed")[1])["recovered"])
            self.assertEqual(again.entries(10), self.table(6))
        afresh = self.stream(f"{self.path}?history=1", last_id="ffffffffffffffff:3")
        self.assertFalse(json.loads(afresh.next("subscribed")[1])["recovered"])
        self.assertEqual(afresh.entries(10), self.table(9))

    def test_an_id_of_another_begins_afresh(self):
        """A refusal would end an EventSource for good."""
        self.post(3)
        head = self.stack.head(self.match)
        for last_id in "x", "e:" + "1" * 200, "9f3c:7=5", "41":
            stream = self.stream(f"{self.path}?history=1", last_id=last_id)
            self.assertFalse(json.loads(stream.next("subscribed")[1])["recovered"])
            self.assertEqual(stream.entries(head), self.table(head - 1))

    def test_one_that_cannot_send_the_header_resumes_by_the_query(self):
        self.post(3)
        stream = self.stream(f"{self.path}?history=10")
        stream.entries(2)
        again = self.stream(f"{self.path}?history=10&lastEventId={stream.last_id.replace(':', '%3A')}")
        self.assertTrue(json.loads(again.next("subscribed")[1])["recovered"])
        self.assertEqual(again.entries(self.stack.head(self.match)), self.table(2))

    def test_one_stream_for_several_matches(self):
        """Each is resumed where it was, also when one stood still; one that there is not is told."""
        other = self.stack.create_match("live")
        path = f"/events?match={self.match}&match={other}&match=999999&history=1"
        stream = self.stream(path)
        seen = {"subscribed": set(), "error": set()}
        while len(seen["subscribed"]) < 2 or not seen["error"]:
            event, text = stream.next()
            if event in seen:
                seen[event].add(json.loads(text)["match"])
        self.assertEqual(seen, {"subscribed": {self.match, other}, "error": {999999}})
        self.post(2)
        stream.entries(self.stack.head(self.match))
        for match in self.match, other:
            self.assertIn(f"{match}={self.stack.head(match)}", stream.last_id.split(":")[1].split(","))
        stream.close()
        self.post(1)
        self.stack.insert_lines(other, 1)
        again = self.stream(path.replace("&match=999999", ""), last_id=stream.last_id)
        joined, bodies = [], []
        while len(bodies) < 2:
            event, text = again.next()
            if event == "subscribed":
                joined.append(json.loads(text)["recovered"])
            elif event == "commentary":
                bodies.append(text)
        self.assertEqual(joined, [True, True])
        self.assertEqual(sorted(bodies), sorted(self.stack.bodies(match)[-1] for match in (self.match, other)))

    def test_the_scoreboard(self):
        stream = self.stream("/matches/events")
        states = json.loads(stream.next("subscribed")[1])["state"]
        self.assertIsInstance(states, list)
        new = self.stack.create_match()
        while json.loads(stream.next("match_created")[1])["state"]["match"] != new:
            pass
        self.stack.sql(f"UPDATE commentary.match SET status = 'paused' WHERE match_id = {new}")
        while json.loads(stream.next("match")[1])["state"] .get("status") != "paused":
            pass

    def test_what_is_wrong_is_told_before_it_begins(self):
        for path, last_id, status, code in (("/matches/999999/events", None, 404, "unknown_match"),
                                            ("/matches/0/events", None, 400, "bad_request"),
                                            (f"{self.path}?history=501", None, 400, "bad_request"),
                                            ("/events", None, 400, "bad_request"),
                                            ("/events?match=999999&match=999998", None, 404, "unknown_match"),
                                            (f"{self.path}?since=5", None, 400, "bad_request")):
            stream = self.stream(path, last_id=last_id)
            self.assertEqual(stream.open(), status, (path, last_id))
            self.assertEqual(stream.body()["code"], code)
            stream.close()

    def test_a_silent_stream_shows_that_it_lives_and_who_leaves_is_let_go(self):
        self.restart("--ping-interval", "1s")
        pid = self.stack.relay_pid
        before = self.stack.idle_descriptors()
        stream = self.stream()
        stream.next("subscribed")
        while stream.beats == 0:
            stream.beats += stream.lines.readline().startswith(b":")
        gone = [self.stream() for _ in range(10)]
        for other in gone:
            other.next("subscribed")
            other.close()
        wait_for(lambda: descriptors(pid) <= before + 1, "they are let go")
        self.post(1)
        self.assertEqual(stream.entries(2), self.table(1))
        self.restart()

    def test_who_does_not_read_is_closed_and_misses_nothing(self):
        stream = self.stream(receive_bytes=4096)
        joined = json.loads(stream.next("subscribed")[1])
        bodies, last = [], joined["head"]
        self.post(1600, pad=5000)   # at once: who is found to be slow has 10 s to take the reason
        head = joined["head"] + 1600
        closed = None
        while closed is None and last < head:
            event, text = stream.next()
            if event == "close":
                closed = json.loads(text)
            else:
                bodies.append(text)
                last = json.loads(text)["seq"]
        self.assertEqual((closed["code"], closed["reason"]), (4000, "slow_consumer"))
        self.assertIsNone(stream.next(), "the stream has ended")
        again = self.stream(last_id=stream.last_id)
        self.assertTrue(json.loads(again.next("subscribed")[1])["recovered"])
        self.assertEqual(bodies + again.entries(head), self.table(joined["head"]))

    def test_an_outage_of_the_database_loses_nothing(self):
        stream = self.stream()
        stream.next("subscribed")
        self.stack.stop_postgres("immediate")
        stream.next("stale")
        other = self.stream("/matches/999998/events")  # not in memory: who asks comes back by itself
        self.assertEqual(other.closed(), (1013, "try_again"))
        self.assertGreater(other.retry_ms, 0)
        self.stack.start_postgres()
        self.post(1)
        bodies, seen = [], set()
        while not bodies or "live" not in seen:
            event, text = stream.next()
            seen.add(event)
            bodies += [text] if event == "commentary" else []
        self.assertEqual(bodies, self.table(1))

    def test_sigterm_says_when_to_come_back(self):
        stream = self.stream()
        stream.next("subscribed")
        self.stack.relay.send_signal(signal.SIGTERM)
        after = json.loads(stream.next("bye")[1])["retry_after_ms"]
        self.assertEqual(stream.retry_ms, after)
        self.assertEqual(stream.closed(), (1001, "going_away"))
        self.assertEqual(self.stack.stop_relay(), 0)
        self.stack.start_relay(*self.relay_options)

    def test_streams_count_as_viewers(self):
        for option in ("--max-viewers", "--max-viewers-per-address"):
            self.restart(option, "1")
            only = self.stream()
            only.next("subscribed")
            other = self.stream()
            self.assertEqual(other.closed(), (4429, "too_many"), option)
            self.assertGreaterEqual(other.retry_ms, 5000)
            only.close()
            wait_for(lambda: self.stream().next()[0] == "welcome", "there is room again")
        self.restart()

    def test_a_page_that_may_not_connect_is_refused(self):
        self.restart("--origins", "https://good.example")
        for origin, status in (("https://good.example", 200), ("https://bad.example", 403)):
            self.assertEqual(self.stream(headers=f"Origin: {origin}\r\n").open(), status)
        self.restart()

    def test_curl_shows_it(self):
        with subprocess.Popen(["curl", "-sN", f"{self.stack.url}{self.path}?history=1"],
                              stdout=subprocess.PIPE, text=True) as curl:
            shown = list(iter(curl.stdout.readline, f"data: {self.table()[0]}\n"))
            self.post(1)
            self.assertIn(f"data: {self.table(1)[0]}\n", iter(curl.stdout.readline, ""))
            curl.terminate()
        self.assertIn("event: subscribed\n", shown)


if __name__ == "__main__":
    run(Events)
