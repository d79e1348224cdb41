#!/usr/bin/python3
"""SQL injection: no text of a viewer or a notification reaches PostgreSQL as SQL."""
import asyncio
import contextlib
import json
import re
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request

import jwt
import websockets

from support.base.case import Case, run
from support.base.stack import DEADLINE_S, LOG_STATEMENTS, LONG_S, wait_for
from support.viewer import handshake
from support.viewer.dial import dial

MARK = "pwned"
HOSTILE = (f"'; DROP TABLE {MARK}; --", f'"; NOTIFY {MARK}; --', f"$$; SELECT {MARK}(); $$",
           f"\\'; {MARK} --", f"1); DELETE FROM {MARK}; --", f"1 UNION SELECT {MARK}",
           f"lobby'; LISTEN {MARK}; --", f"commentary; UNLISTEN *; {MARK}", f"{{1}}'::{MARK}",
           f"E'\\x27'||{MARK}", f"é'; {MARK} --", f"%27%3B{MARK}")
# A number that nothing else writes into the log, and a place that is read from the table.
MATCH_NUMBER, SEQ_NUMBER = 918273645, 17
RELAY = "commentary-relay>"


class Injection(Case):
    settings = f"{LOG_STATEMENTS}log_line_prefix = '%a>'\nlog_parameter_max_length = -1\n"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.secret = secrets.token_hex(32)
        with open(f"{cls.stack.dir}/token-key", "w", encoding="utf-8") as file:
            file.write(cls.secret)
        cls.stack.start_relay("--token-key", f"{cls.stack.dir}/token-key", "--topic-bytes", "4KiB",
                              "--heartbeat", "500ms")
        cls.match = cls.stack.create_match("live")
        cls.stack.sql(f"SELECT commentary.post({cls.match}, repeat('x', 500)) FROM generate_series(1, 50)")
        cls.stack.sql("SELECT commentary.flush()")
        cls.token = cls.sign(matches="*")

    @classmethod
    def sign(cls, **claims):
        return jwt.encode({"exp": int(time.time()) + 600} | claims, cls.secret, "HS256")

    def heard(self):
        """What PostgreSQL has logged of the relay: (statements, values sent with them)."""
        statements, values = [], []
        with open(f"{self.stack.dir}/postgres.log", encoding="utf-8", errors="replace") as log:
            records = re.split(r"^(?=[^\t\n]*>[A-Z]+:  )", log.read(), flags=re.MULTILINE)
        for record in records:
            if record.startswith(RELAY):
                (values if record.startswith(f"{RELAY}DETAIL:") else statements).append(record)
        return "".join(statements), "".join(values)

    def assert_unimpressed(self):
        """The relay still reads, and all that it was told is a value, if it is there at all."""
        before = len(self.heard()[0])
        wait_for(lambda: len(self.heard()[0]) > before, "the next heartbeat asks the database")
        statements, values = self.heard()
        self.assertIn("commentary.read($1", statements)
        self.assertNotIn(MARK, statements + values)
        self.assertEqual(self.get(f"/matches/{self.match}"), 200)

    def get(self, path, **headers):
        request = urllib.request.Request(self.stack.url + path,
                                         headers={"Authorization": f"Bearer {self.token}"} | headers)
        try:
            with urllib.request.urlopen(request, timeout=LONG_S) as answer:
                answer.read(1)  # a stream has no end
                return answer.status
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    async def ask(self, viewer, message):
        """The type of the next message, or the code with which the viewer is closed."""
        try:
            await viewer.send(json.dumps(message))
            return json.loads(await asyncio.wait_for(viewer.recv(), DEADLINE_S))["type"]
        except websockets.ConnectionClosed as closed:
            return closed.rcvd.code

    @contextlib.asynccontextmanager
    async def viewer(self):
        headers = {"Authorization": f"Bearer {self.token}"}
        async with dial(f"ws://127.0.0.1:{self.stack.relay_port}/ws", headers, compression=None,
                        max_queue=None) as viewer:
            for kind in ("welcome", "authorised"):
                self.assertEqual(json.loads(await viewer.recv())["type"], kind)
            yield viewer

    async def test_what_a_viewer_says(self):
        for text in HOSTILE:
            for message in ({"type": "subscribe", "match": text}, {"type": "unsubscribe", "match": text},
                            {"type": text}, {"type": "subscribe", "match": 1, "history": text},
                            {"type": "subscribe", "match": 1, "since": {"epoch": "e", "seq": text}},
                            {"type": "subscribe", "match": 1, "since": text}):
                async with self.viewer() as viewer:
                    self.assertEqual(await self.ask(viewer, message), "error", message)
            # An epoch is any text: it is compared, and the viewer starts afresh.
            message = {"type": "subscribe", "match": self.match, "history": 500,
                       "since": {"epoch": text, "seq": SEQ_NUMBER}}
            async with self.viewer() as viewer:
                self.assertEqual(await self.ask(viewer, message), "subscribed", message)
                await asyncio.wait_for(viewer.recv(), DEADLINE_S)  # which is read from the table
        self.assert_unimpressed()

    async def test_what_a_token_says(self):
        for text in HOSTILE:
            for token in (text, self.sign(matches=text), self.sign(matches=[text]),
                          self.sign(matches="*", nbf=text), f"{text}.{text}.{text}"):
                async with self.viewer() as viewer:
                    self.assertEqual(await self.ask(viewer, {"type": "auth", "token": token}), "error")
            good = self.sign(matches=[self.match], sub=text, iss=text, aud=text, jti=text)
            async with self.viewer() as viewer:
                self.assertEqual(await self.ask(viewer, {"type": "auth", "token": good}), "authorised")
        self.get(f"/matches/{self.match}/commentary?since=0")
        self.assert_unimpressed()

    def test_what_an_address_says(self):
        for text in HOSTILE:
            quoted = urllib.parse.quote(text)
            for path in (f"/matches/{quoted}", f"/matches/1{quoted}/commentary", f"/matches/1/{quoted}",
                         f"/matches/1/commentary?since={quoted}", f"/matches/1/commentary?limit={quoted}"):
                self.assertIn(self.get(path), (400, 404), path)
            is_epoch = text.isascii() and not set(" :") & set(text)
            self.assertEqual(self.get(f"/matches/{self.match}/events?since={quoted}:{SEQ_NUMBER}"),
                             200 if is_epoch else 400, text)
            self.assertEqual(self.get(f"/matches/{self.match}/commentary?since={SEQ_NUMBER}&{quoted}={quoted}"),
                             200)
        self.assert_unimpressed()

    def test_what_a_header_says(self):
        for text in (text for text in HOSTILE if text.isascii()):
            for name in ("If-None-Match", "Origin", "User-Agent", "X-Forwarded-For", "Cookie"):
                self.assertEqual(self.get(f"/matches/{self.match}/commentary?since=0", **{name: text}), 200)
            # an id that is not the relay's own is a fresh start
            self.assertEqual(self.get(f"/matches/{self.match}/events", **{"Last-Event-ID": text}), 200)
            self.assertEqual(self.get(f"/matches/{self.match}", Authorization=f"Bearer {text}"), 401)
            self.assertEqual(handshake.status(self.stack.relay_port, f"Sec-WebSocket-Protocol: {text}"), 400)
        self.assert_unimpressed()

    def test_what_others_notify(self):
        for text in HOSTILE:
            for payload in (text, f"1 {text.replace(' ', '/')} {self.match} 1 1", f"1 e {text} 1 1",
                            f"1 e {self.match} {text} 1", f"1 e {self.match} 1 1\n{{{text}}}"):
                tag = f"q{secrets.token_hex(4)}"
                self.stack.sql(f"SELECT pg_notify('commentary', ${tag}${payload}${tag}$)")
        self.get(f"/matches/{self.match}/commentary?since=0")
        self.assert_unimpressed()

    def test_numbers_are_values(self):
        self.assertEqual(self.get(f"/matches/{MATCH_NUMBER}"), 404)
        statements, values = self.heard()
        self.assertIn(f"$1 = '{MATCH_NUMBER}'", values)
        self.assertNotIn(str(MATCH_NUMBER), statements)


if __name__ == "__main__":
    run(Injection)
