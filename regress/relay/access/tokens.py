#!/usr/bin/python3
"""--token-key: who may follow what, over a WebSocket and over HTTP, with tokens of another program."""
import asyncio
import contextlib
import json
import time
import urllib.error
import urllib.request

import jwt
import websockets
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from support.base.case import Case, run
from support.base.signing import public_pem
from support.base.stack import DEADLINE_S, LONG_S
from support.viewer import handshake
from support.viewer.dial import dial

LEEWAY_S = 10


class Tokens(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rsa = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        cls.ec = ec.generate_private_key(ec.SECP256R1())
        cls.key_file = f"{cls.stack.dir}/token-key"
        with open(cls.key_file, "wb") as file:
            for key in (cls.rsa, cls.ec):
                file.write(public_pem(key))
        cls.stack.start_relay("--token-key", cls.key_file, "--token-audience", "relay",
                              "--origins", "https://example.org", "--log-level", "debug")
        cls.covered, cls.other = cls.stack.create_matches(2, "live")
        cls.tokens = []

    def token(self, matches=None, seconds=600, key=None, algorithm="ES256", **claims):
        claims = {"exp": int(time.time()) + seconds, "aud": "relay",
                  "matches": [self.covered] if matches is None else matches} | claims
        token = jwt.encode(claims, None if algorithm == "none" else key or self.ec, algorithm)
        self.tokens.append(token)
        return token

    # ---- over a WebSocket ----

    async def connect(self, token=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await dial(f"ws://127.0.0.1:{self.stack.relay_port}/ws", headers, compression=None)

    async def say(self, viewer, **message):
        await viewer.send(json.dumps(message))

    async def hear(self, viewer, kind):
        """The next message of that type."""
        while True:
            message = json.loads(await asyncio.wait_for(viewer.recv(), DEADLINE_S))
            if message["type"] == kind:
                return message

    async def assert_closed(self, viewer, code, reason):
        with self.assertRaises(websockets.ConnectionClosed) as closed:
            while True:
                await asyncio.wait_for(viewer.recv(), LONG_S)
        self.assertEqual((closed.exception.rcvd.code, closed.exception.rcvd.reason), (code, reason))

    async def subscribe(self, viewer, match):
        await self.say(viewer, type="subscribe", match=match)
        return await self.hear(viewer, "subscribed")

    async def test_a_message_with_a_token_opens_what_that_covers(self):
        for key, algorithm in ((self.rsa, "RS256"), (self.ec, "ES256")):
            viewer = await self.connect()
            self.assertEqual((await self.hear(viewer, "welcome"))["auth_within_ms"], 10000)
            await self.say(viewer, type="subscribe", match=self.covered)
            self.assertEqual((await self.hear(viewer, "error"))["code"], "unauthorised")
            await self.say(viewer, type="auth", token=self.token(key=key, algorithm=algorithm))
            self.assertGreater((await self.hear(viewer, "authorised"))["expires_in_ms"], 500000)
            await self.subscribe(viewer, self.covered)
            await self.say(viewer, type="subscribe", match=self.other)
            error = await self.hear(viewer, "error")
            self.assertEqual((error["code"], error["match"]), ("forbidden", self.other))
            await viewer.close()

    async def test_a_header_with_a_token_does_too(self):
        viewer = await self.connect(self.token())
        self.assertNotIn("auth_within_ms", await self.hear(viewer, "welcome"))
        await self.hear(viewer, "authorised")
        await self.subscribe(viewer, self.covered)
        self.stack.sql(f"SELECT commentary.post({self.covered}, 'for those who may')")
        self.assertEqual((await self.hear(viewer, "commentary"))["message"], "for those who may")
        await viewer.close()

    async def test_a_bad_token_closes(self):
        for token in ("abc", self.token(key=ec.generate_private_key(ec.SECP256R1())),
                      self.token(aud="another"), self.token(algorithm="none"),
                      self.token(nbf=int(time.time()) + 600)):
            viewer = await self.connect()
            await self.say(viewer, type="auth", token=token)
            self.assertEqual((await self.hear(viewer, "error"))["code"], "unauthorised")
            await self.assert_closed(viewer, 4401, "unauthorised")

    async def test_one_that_covers_nothing_closes(self):
        viewer = await self.connect()
        await self.say(viewer, type="auth", token=self.token([]))
        await self.assert_closed(viewer, 4403, "forbidden")

    async def test_without_a_token_a_viewer_is_closed_after_a_while(self):
        viewer = await self.connect()
        await self.assert_closed(viewer, 4401, "unauthorised")

    async def refresh_in_time(self):
        """Two viewers whose token ends soon, one of which has another by then; on a busy machine it ends too soon."""
        for seconds in 3, 10, 40:
            short = self.token(seconds=seconds - LEEWAY_S)
            with contextlib.suppress(websockets.WebSocketException):
                expiring, refreshed = await self.connect(short), await self.connect(short)
                await self.say(refreshed, type="auth", token=self.token())
                await self.subscribe(refreshed, self.covered)
                return expiring, refreshed
        self.fail("no token lasts long enough")

    async def test_an_expired_token_closes_unless_it_was_refreshed(self):
        expiring, refreshed = await self.refresh_in_time()
        await self.assert_closed(expiring, 4401, "expired")
        await self.say(refreshed, type="ping")
        await self.hear(refreshed, "pong")
        await refreshed.close()

    async def test_matches_that_it_does_not_cover_leave_those_that_it_does(self):
        viewer = await self.connect(self.token())
        await self.subscribe(viewer, self.covered)
        for match in range(10 ** 9, 10 ** 9 + 127):
            await self.say(viewer, type="subscribe", match=match)
        for match in range(10 ** 9, 10 ** 9 + 127):
            error = await self.hear(viewer, "error")
            self.assertEqual((error["code"], error["match"]), ("forbidden", match))
        self.stack.sql(f"SELECT commentary.post({self.covered}, 'the right one goes on')")
        self.assertEqual((await self.hear(viewer, "commentary"))["message"], "the right one goes on")
        await viewer.close()

    async def test_a_new_token_that_covers_less_leaves_the_rest(self):
        viewer = await self.connect(self.token([self.covered, self.other]))
        await self.subscribe(viewer, self.covered)
        await self.subscribe(viewer, self.other)
        await self.say(viewer, type="auth", token=self.token())
        self.assertEqual((await self.hear(viewer, "error"))["code"], "forbidden")
        self.assertEqual((await self.hear(viewer, "unsubscribed"))["match"], self.other)
        self.stack.sql(f"SELECT commentary.post({self.other}, 'not for you')")
        self.stack.sql(f"SELECT commentary.post({self.covered}, 'for you')")
        self.assertEqual((await self.hear(viewer, "commentary"))["message"], "for you")
        await viewer.close()

    def test_a_bad_token_in_the_handshake_is_refused(self):
        for token, status in (("abc", 401), (self.token(seconds=-60), 401), (self.token([]), 403)):
            with handshake.send(self.stack.relay_port, f"Authorization: Bearer {token}") as peer:
                answer, headers = handshake.answer(peer)
                self.assertEqual(answer, status)
                self.assertEqual("www-authenticate" in headers, status == 401)

    def test_none_is_taken_from_the_address(self):
        token = self.token()
        for name in ("token", "access_token", "authorization"):
            self.assertEqual(self.get(f"/matches/{self.covered}?{name}={token}")[0], 401)

    # ---- over HTTP ----

    def get(self, path, token=None, **headers):
        """Status, headers, body."""
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            with urllib.request.urlopen(urllib.request.Request(self.stack.url + path, headers=headers),
                                        timeout=LONG_S) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def test_reads_need_a_token(self):
        for path in ("/matches", "/matches?limit=5", f"/matches/{self.covered}", f"/matches/{self.covered}/commentary",
                     f"/matches/{self.covered}/events", "/matches/events"):
            status, headers, body = self.get(path)
            self.assertEqual((status, json.loads(body)["code"]), (401, "unauthorised"), path)
            self.assertEqual(headers["WWW-Authenticate"], 'Bearer realm="commentary"')
            status, headers, body = self.get(path, self.token(seconds=-60))
            self.assertEqual((status, json.loads(body)["message"]), (401, "the token has expired"), path)
            self.assertIn('error="invalid_token"', headers["WWW-Authenticate"])
            status, headers, body = self.get(path, self.token([987654]))
            self.assertEqual((status, json.loads(body)["code"]), (403, "forbidden"), path)
        self.assertEqual(self.get(f"/matches?before={self.covered + 1}", self.token())[0], 403, "a list tells of others as well")

    def test_reads_with_a_token_are_private(self):
        for path, matches in (("/matches", ["lobby"]), ("/matches?status=live", ["lobby"]), (f"/matches/{self.covered}", None),
                              (f"/matches/{self.covered}/commentary", "*")):
            status, headers, _ = self.get(path, self.token(matches))
            self.assertEqual((status, headers["Cache-Control"]), (200, "private, no-cache"), path)
            known = {"If-None-Match": headers["ETag"]}
            self.assertEqual(self.get(path, self.token(matches), **known)[0], 304)
            self.assertEqual(self.get(path, **known)[0], 401)

    def test_what_is_for_everybody_needs_none(self):
        for path in ("/", "/livez", "/readyz", "/commentary.js"):
            self.assertEqual(self.get(path)[0], 200, path)

    def test_a_stream_ends_with_its_token(self):
        path = f"/matches/{self.covered}/events"
        for seconds in 4, 10, 40:   # on a busy machine it may have ended before it is looked at
            status, _, text = self.get(path, self.token(seconds=seconds - LEEWAY_S))
            if status == 200:
                break
        text = text.decode()
        self.assertIn("event: subscribed\n", text)
        self.assertIn('event: close\ndata: {"type":"close","code":4401,"reason":"expired"}', text)

    def test_reads_of_other_origins_obey_the_list(self):
        path, token = f"/matches/{self.covered}", self.token()
        for origin, allowed in (("https://example.org", "https://example.org"),
                                ("https://elsewhere.example", None), (None, None)):
            _, headers, _ = self.get(path, token, **({"Origin": origin} if origin else {}))
            self.assertEqual(headers["Access-Control-Allow-Origin"], allowed)
            self.assertIn("origin", ", ".join(headers.get_all("Vary")).lower())

    # ---- what is written down ----

    def test_no_token_is_in_the_log(self):
        viewer_token = self.token(seconds=-60)
        self.get(f"/matches/{self.covered}?token={viewer_token}", viewer_token)
        text = self.stack.relay_said()
        self.assertIn("level=debug", text)
        for token in self.tokens:
            for part in token.split("."):
                if len(part) > 40:
                    self.assertNotIn(part, text)


if __name__ == "__main__":
    run(Tokens)
