#!/usr/bin/python3
"""Too many matches, requests and connections: the next match still works, and no other client waits for long.

A DBA loads many matches while the relay runs; then strangers ask for matches that exist, for matches that do
not, and for numbers chosen to collide; they subscribe in circles and hoard connections. In `make check-deep`
there are a million matches, and more of them in the relay's memory than it keeps.
"""
import asyncio
import itertools
import json
import random
import re
import socket
import threading
import time
import urllib.request

import psycopg2
from support.base.case import Case, run
from support.base.patience import KEPT_S
from support.base.process import allow_descriptors, cpu_s, is_deep, is_sanitized, rss_kib
from support.base.stack import LONG_S, wait_for
from support.viewer.dial import dial
from support.viewer.viewer import Viewer

MATCHES = 1_000_000 if is_deep() else 10_000 if is_sanitized() else 30_000
AT_ONCE = 5000          # matches in a transaction of the load
ASKED = 110_000 if is_deep() else 4_000
CACHE_MIB = 256 if is_deep() else 4
SPARE_KIB = 48 * 1024   # buffers, tables and what malloc keeps
FLOODS = 8              # connections without end, each from an address of its own
CIRCLES, TOPICS = 20, 128
ASKERS, IN_A_PACKET = 32, 50
HOARD = 2 * 1000        # connections from two addresses: below the limit of each
COLLIDING = 2000
WORD = 1 << 64
# On a quiet machine a tenth of a second, and beside other programs what they take.
SOON_S = 120            # whoever comes back, or comes to a new match, beside a flood
# What is called often, or in front of a person; few matches are fast, but a busy machine is not.
STATEMENT_S = 2 if is_deep() else 30


def inverse_of_multiplication(factor):
    """The number whose product with the factor is the number given: it undoes a multiplicative hash."""
    return lambda number: number * pow(factor, -1, WORD) % WORD


def unshift(number, bits):
    """Undoes x ^= x >> bits, for 32 and more bits."""
    return number ^ number >> bits if bits >= 32 else number ^ number >> bits ^ number >> 2 * bits


def inverse_of_mix(number, shifts, factors):
    """Undoes the usual finalizer: shift, multiply, shift, multiply, shift."""
    first, second = (pow(factor, -1, WORD) for factor in factors)
    number = unshift(number, shifts[2]) * second % WORD
    number = unshift(number, shifts[1]) * first % WORD
    return unshift(number, shifts[0])


# Ways to find numbers that a hash without a secret puts into one slot: high bits alone, low bits alone, and
# the inverses of Fibonacci hashing, of MurmurHash3's finalizer and of SplitMix64's.
UNHASH = (
    lambda slot: slot << 40,
    inverse_of_multiplication(0x9E3779B97F4A7C15),
    lambda slot: inverse_of_mix(slot << 20, (33, 33, 33), (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53)),
    lambda slot: inverse_of_mix(slot << 20, (30, 27, 31), (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)),
)


def colliding(count):
    """So many numbers of each kind that a match could have."""
    return [number for unhash in UNHASH
            for number in itertools.islice(filter(lambda n: MATCHES * 4 < n < 1 << 63, map(unhash, itertools.count(1))),
                                           count)]


class Client:
    """One connection at a time, from an address of this machine's."""

    def __init__(self, stack, number=1):
        self.address, self.relay = (f"127.0.1.{number}", 0), ("127.0.0.1", stack.relay_port)
        self.last = None
        self.open()

    def open(self):
        self.socket = socket.create_connection(self.relay, LONG_S, self.address)
        self.stream = self.socket.makefile("rb", buffering=1 << 16)
        self.heard = time.monotonic()

    def send(self, matches):
        """Asks for these in one packet."""
        if time.monotonic() > self.heard + KEPT_S:
            self.close()
            self.open()
        self.socket.sendall(b"".join(b"GET /matches/%d HTTP/1.1\r\nHost: x\r\n\r\n" % match for match in matches))

    def ask(self, matches):
        """The statuses that are answered."""
        self.send(matches)
        return {self.status() for _ in matches}

    def status(self):
        line, length = self.stream.readline(), 0
        if not line:
            raise AssertionError(f"the relay has closed the connection after {self.last}")
        status = self.last = int(line.split()[1])
        while line := self.stream.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        self.stream.read(length)
        self.heard = time.monotonic()
        return status

    def close(self):
        self.stream.close()
        self.socket.close()


class Flood:
    """Threads that ask for what is not there, in packets, until they are told to stop."""

    def __init__(self, stack, count):
        self.is_over = False
        self.asked = [0] * count
        self.wrong = []
        self.threads = [threading.Thread(target=self.run, args=(stack, n), daemon=True) for n in range(count)]

    def run(self, stack, number):
        client = Client(stack, number + 1)
        try:
            while not self.is_over:
                statuses = client.ask([random.randrange(MATCHES * 4, 1 << 62) for _ in range(20)])
                if statuses != {404}:
                    self.wrong.append(statuses)
                self.asked[number] += 20
        except OSError as error:
            self.wrong.append(error)
        finally:
            client.close()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.is_over = True
        for thread in self.threads:
            thread.join(120)


class ManyMatches(Case):
    relay_options = ("--cache-bytes", f"{CACHE_MIB}MiB", "--heartbeat", "1s")
    settings = "max_wal_size = 4GB\n"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.database = psycopg2.connect(cls.stack.conninfo)
        cls.database.autocommit = True
        cls.addClassCleanup(cls.database.close)
        cls.old = cls.stack.create_match("live")
        cls.stack.insert_lines(cls.old, 500)
        cls.load()

    @classmethod
    def load(cls):
        """As a DBA does, and beside it viewers come to a match that is under way."""
        loader = threading.Thread(target=cls.stack.sql, args=(f"""
            DO $$ BEGIN FOR n IN 1 .. {MATCHES // AT_ONCE} LOOP
                INSERT INTO commentary.match (home, away, status)
                SELECT 'Home ' || i, 'Away ' || i,
                    CASE WHEN i % 1000 = 0 THEN 'live' WHEN i % 10 = 0 THEN 'scheduled' ELSE 'finished' END
                FROM generate_series(1, {AT_ONCE}) AS i;
                COMMIT;
            END LOOP; END $$""",))
        began, waits = time.monotonic(), []
        loader.start()
        while loader.is_alive():
            waits.append(asyncio.run(cls.come(cls.old)))
            loader.join(0.5)
        cls.stack.sql("SELECT commentary.flush()")
        print(f"# {MATCHES} matches are loaded in {time.monotonic() - began:.1f} s; of {len(waits)} viewers who come "
              f"meanwhile, one waits {max(waits):.2f} s", flush=True)
        cls.longest_wait_s = max(waits)

    @classmethod
    async def come(cls, match, since=None):
        """How long a viewer waits until it has subscribed, and has what it missed since a seq."""
        viewer = Viewer(cls.stack, match)
        if since is not None:
            viewer.epoch, viewer.skipped = cls.stack.sql("SELECT commentary.epoch()"), since
        began = time.monotonic()
        await viewer.join()
        head = viewer.messages[-1]["head"]
        await viewer.follow(lambda: head)
        waited_s = time.monotonic() - began
        viewer.socket.transport.abort()
        return waited_s

    async def the_next_match_works(self):
        """It is made, found in the lobby, and followed live; how long its viewer waited for each."""
        match = await asyncio.to_thread(self.stack.create_match, "live")
        began = time.monotonic()
        viewer = await asyncio.wait_for(Viewer(self.stack, match).join(), SOON_S)
        joined_s, began = time.monotonic() - began, time.monotonic()
        await asyncio.to_thread(self.stack.sql, f"SELECT commentary.post({match}, 'the first line')")
        self.assertEqual((await asyncio.wait_for(viewer.next("commentary"), SOON_S))["message"], "the first line")
        posted_s = time.monotonic() - began
        await viewer.follow(lambda: 2)
        self.assertEqual(viewer.bodies, self.stack.bodies(match))
        await viewer.close()
        return f"a viewer joins the next match in {joined_s:.2f} s, and has its first line {posted_s:.2f} s later"

    def metric(self, name):
        with urllib.request.urlopen(f"{self.stack.url}/metrics", timeout=LONG_S) as answer:
            return int(re.search(rf"^commentary_{name} (\d+)$", answer.read().decode(), re.MULTILINE)[1])

    def timed(self, statement):
        """The best of three, in seconds."""
        def once():
            began = time.monotonic()
            with self.database.cursor() as cursor:
                cursor.execute(statement)
            return time.monotonic() - began
        return min(once() for _ in range(3))

    async def test_who_comes_while_matches_are_loaded_does_not_wait(self):
        self.assertLess(self.longest_wait_s, SOON_S)
        print(f"# {await self.the_next_match_works()}")

    def test_no_statement_grows_with_the_matches(self):
        ids = f"ARRAY(SELECT i * {MATCHES // 1000} FROM generate_series(1, 1000) AS i)"
        for what, statement in {
                "create_match()": "SELECT commentary.create_match('Home', 'Away')",
                "an INSERT": f"INSERT INTO commentary.feed (match_id, message) VALUES ({self.old}, 'one more')",
                "a change of status": f"UPDATE commentary.match SET home_score = (random() * 99)::int WHERE match_id = {self.old}",
                "heads() of 1000": f"SELECT * FROM commentary.heads({ids})",
                "lobby()": "SELECT commentary.lobby()",
                "check()": "SELECT * FROM commentary.check()",
                "status()": "SELECT * FROM commentary.status()",
                "ack_status()": "SELECT * FROM commentary.ack_status()",
                "stat_match of one": f"SELECT * FROM commentary.stat_match WHERE match_id = {self.old}",
                "stat_match, its newest 100": "SELECT * FROM commentary.stat_match ORDER BY match_id DESC LIMIT 100",
                "stat_match, what is live": "SELECT * FROM commentary.stat_match WHERE status = 'live' ORDER BY match_id DESC LIMIT 100",
                "stat_flush": "SELECT * FROM commentary.stat_flush",
                "stat_relay": "SELECT * FROM commentary.stat_relay",
                "viewers": "SELECT * FROM commentary.viewers",
                "verify() of one": f"SELECT * FROM commentary.verify({self.old})",
                "the feed of one": f"SELECT * FROM commentary.feed WHERE match_id = {self.old} ORDER BY seq DESC LIMIT 10",
                "purge()": "SELECT commentary.purge(max(match_id)) FROM (SELECT match_id FROM commentary.match"
                           " WHERE status = 'finished' ORDER BY match_id DESC LIMIT 1) AS ended"}.items():
            took_s = self.timed(statement)
            print(f"# {what}: {1000 * took_s:.1f} ms", flush=True)
            self.assertLess(took_s, STATEMENT_S, what)

    async def test_unknown_matches_hold_up_nobody(self):
        began = time.monotonic()
        with Flood(self.stack, FLOODS) as flood:
            await asyncio.to_thread(wait_for, lambda: all(flood.asked), "all flood")
            waits = [await asyncio.wait_for(self.come(self.old, since=400), SOON_S) for _ in range(5)]
            told = await self.the_next_match_works()
        rate = sum(flood.asked) / (time.monotonic() - began)
        self.assertEqual(flood.wrong, [])
        print(f"# beside {rate:.0f} unknown matches a second, of {FLOODS} addresses: a catch-up waits {max(waits):.2f} s;"
              f" {told}")

    async def test_unknown_matches_of_viewers_hold_up_nobody(self):
        """As many as a viewer may ask for, of many viewers."""
        strangers = [await self.connect() for _ in range(CIRCLES)]
        numbers = iter(colliding(CIRCLES * 50))
        for stranger in strangers:
            for number in itertools.islice(numbers, TOPICS):
                await stranger.send(json.dumps({"type": "subscribe", "match": number}))
        waited_s = await asyncio.wait_for(self.come(self.old, since=400), SOON_S)
        print(f"# beside {TOPICS * CIRCLES} that viewers ask for: a catch-up waits {waited_s:.2f} s")
        await asyncio.gather(*(self.hears(stranger, "error", TOPICS, "unknown_match") for stranger in strangers))
        await asyncio.gather(*(stranger.close() for stranger in strangers))

    async def connect(self):
        return await dial(f"ws://127.0.0.1:{self.stack.relay_port}/ws", compression=None, max_queue=None)

    async def hears(self, socket_, kind, count, code=None):
        """So many of this type, and none of another but greetings and entries."""
        while count:
            message = json.loads(await asyncio.wait_for(socket_.recv(), LONG_S))
            if message["type"] == kind:
                self.assertEqual(message.get("code"), code)
                count -= 1
            else:
                self.assertNotEqual(message["type"], "error", message)

    def test_numbers_that_collide_cost_no_more_than_others(self):
        used = {}
        for kind, numbers in {"random": [random.randrange(MATCHES * 4, 1 << 62) for _ in range(4 * COLLIDING)],
                              "colliding": colliding(COLLIDING)}.items():
            began_s = cpu_s(self.stack.relay_pid)
            self.ask_all(numbers, 404)
            used[kind] = cpu_s(self.stack.relay_pid) - began_s
        print(f"# {4 * COLLIDING} numbers that collide cost {used['colliding']:.2f} s of CPU,"
              f" as many others {used['random']:.2f} s")
        self.assertLess(used["colliding"], 3 * used["random"] + 1)

    def ask_all(self, matches, status):
        """All of them, over many connections at once, many in a packet."""
        clients = [Client(self.stack, n % 8 + 1) for n in range(ASKERS)]
        matches = list(matches)
        for begin in range(0, len(matches), ASKERS * IN_A_PACKET):
            shares = [matches[begin + n:begin + ASKERS * IN_A_PACKET:ASKERS] for n in range(ASKERS)]
            for client, share in zip(clients, shares):
                client.send(share)
            for client, share in zip(clients, shares):
                self.assertLessEqual({client.status() for _ in share}, {status})
        for client in clients:
            client.close()

    async def test_more_matches_are_asked_for_than_are_kept(self):
        before_kib, began = rss_kib(self.stack.relay_pid), time.monotonic()
        await asyncio.to_thread(self.ask_all, range(self.old + 1, self.old + 1 + ASKED), 200)
        took_s, grown_kib, topics = (time.monotonic() - began, rss_kib(self.stack.relay_pid) - before_kib,
                                     self.metric("topics"))
        print(f"# {ASKED} matches asked for in {took_s:.1f} s: {topics} are kept, memory grew by {grown_kib} KiB")
        self.assertLess(topics, min(ASKED, 101_000))  # 100,000, and what comes between two looks
        self.assertLessEqual(self.metric("cache_bytes"), (CACHE_MIB + 2) << 20)
        if not is_sanitized():
            self.assertLess(grown_kib, CACHE_MIB * 1024 * 3 // 2 + SPARE_KIB)
        print(f"# {await self.the_next_match_works()}")

    async def test_viewers_subscribe_in_circles(self):
        """Each through matches of its own, 128 at a time, and leaves them again."""
        first = self.old + 1
        viewers = [await self.connect() for _ in range(CIRCLES)]

        async def circle(n, viewer):
            for begin in range(0, 2 * TOPICS, 16):
                matches = range(first + n * TOPICS * 2 + begin, first + n * TOPICS * 2 + begin + 16)
                for kind in ("subscribe", "unsubscribe"):
                    for match in matches:
                        await viewer.send(json.dumps({"type": kind, "match": match}))
                    if kind == "subscribe":
                        await self.hears(viewer, "subscribed", len(matches))
                await asyncio.sleep(32 / 50)  # its allowance of messages
            await viewer.close()

        circles = asyncio.gather(*(circle(n, viewer) for n, viewer in enumerate(viewers)))
        waits = []
        while not circles.done():
            waits.append(await asyncio.wait_for(self.come(self.old, since=400), SOON_S))
        await circles
        print(f"# beside {CIRCLES} viewers in circles, a catch-up waits {max(waits):.2f} s")
        print(f"# {await self.the_next_match_works()}")

    async def test_a_hoard_of_connections_shuts_out_nobody(self):
        """They are kept alive by a request before each deadline."""
        hoard = []
        for n in range(HOARD):
            hoard.append(Client(self.stack, 200 + n % 2))
            hoard[-1].socket.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        for client in hoard:
            self.assertEqual(client.status(), 200)
        waited_s = await asyncio.wait_for(self.come(self.old, since=400), SOON_S)
        print(f"# beside {HOARD} connections that are kept alive, a catch-up waits {waited_s:.2f} s;"
              f" {await self.the_next_match_works()}")
        for client in hoard:
            client.close()


if __name__ == "__main__":
    allow_descriptors()
    run(ManyMatches)
