#!/usr/bin/python3
"""
Clients that others have made, used as they come: Python's websockets and http.client, curl,
Node's WebSocket, fetch and http, npm ws and undici, Java's clients; and nginx and HAProxy
before the relay. What is not installed is skipped.
"""
import asyncio
import contextlib
import http.client
import json
import os
import shutil
import subprocess
import unittest
import urllib.parse

import websockets

from support.base.case import Quick, run
from support.base.certificates import Certificate
from support.base.port import free_port
from support.base.process import descriptors
from support.base.stack import DEADLINE_S, Stack, wait_for
from support.viewer.dial import dial

FOLDER = f"{os.path.dirname(os.path.abspath(__file__))}/../support/viewer/clients"
LINES = 5
NOT_INSTALLED = 77
PING = '{"type":"ping"}'


def setUpModule():
    """One PostgreSQL for all; each class has a relay of its own."""
    Clients.stack = Stack()
    unittest.addModuleCleanup(Clients.stack.close)
    Clients.match = Clients.stack.create_match("live")
    Clients.stack.insert_lines(Clients.match, LINES)


class Clients(Quick):
    stack = match = certificate = None

    @classmethod
    def setUpClass(cls):
        cls.begin_relay()
        cls.addClassCleanup(cls.stack.stop_relay)

    @classmethod
    def begin_relay(cls):
        cls.stack.tls = None
        cls.stack.start_relay()

    def setUp(self):
        self.before = self.stack.idle_descriptors()

    def tearDown(self):
        wait_for(lambda: descriptors(self.stack.relay_pid) <= self.before, "no descriptor is left behind")

    @property
    def path(self):
        return f"/matches/{self.match}"

    # ---- programs ----

    def program(self, name):
        found = shutil.which(name)
        if not found:
            self.skipTest(f"{name} is not installed")
        return found

    def said(self, *command, codes=(0,)):
        """What a program prints; it has to end with one of these codes."""
        environment = os.environ | {"NODE_PATH": "/usr/share/nodejs"}
        if self.certificate:
            environment["NODE_EXTRA_CA_CERTS"] = self.certificate.cert
        done = subprocess.run(command, capture_output=True, text=True, timeout=2 * DEADLINE_S, check=False,
                              env=environment)
        if done.returncode == NOT_INSTALLED:
            self.skipTest(f"{command[-3]} is not installed, or has no such client")
        self.assertIn(done.returncode, codes, f"{command}: {done.stdout}{done.stderr}")
        return done.stdout

    def node(self, script, package):
        return json.loads(self.said(self.program("node"), f"{FOLDER}/{script}", package, self.stack.url,
                                    str(self.match)))

    # ---- curl ----

    def curl(self, *options, path=None, codes=(0,)):
        """(status, version, body) of the last answer, as curl tells them."""
        trusted = ("--cacert", self.certificate.cert) if self.certificate else ()
        said = self.said(self.program("curl"), "-s", "-m", str(DEADLINE_S), *trusted, *options,
                         "-w", "\n%{http_code} %{http_version}", self.stack.url + (path or self.path), codes=codes)
        body, _, told = said.rpartition("\n")
        return (*told.split(), body)

    def assert_state(self, got):
        self.assertEqual(got[:2], ("200", got[1]))
        self.assertEqual(json.loads(got[2])["match"], self.match)

    def test_curl(self):
        self.assert_state(self.curl())

    def test_curl_asks_for_http_2(self):
        got = self.curl("--http2")
        self.assert_state(got)
        self.assertEqual(got[1], "1.1")

    def test_curl_knows_that_it_is_http_2(self):
        if self.certificate:
            self.skipTest("with TLS, ALPN decides")
        self.assertEqual(self.curl("--http2-prior-knowledge", codes=range(1, 100))[0], "000")

    def test_curl_speaks_http_1_0(self):
        self.assert_state(self.curl("--http1.0"))

    def test_curl_asks_for_the_head(self):
        status, _, head = self.curl("-I")
        self.assertEqual(status, "200")
        self.assertIn("etag: ", head.lower())

    def test_curl_has_it_already(self):
        folder = self.stack.dir
        self.assertEqual(self.curl("--etag-save", f"{folder}/etag")[0], "200")
        self.assertEqual(self.curl("--etag-compare", f"{folder}/etag")[0], "304")

    def test_curl_asks_for_a_range(self):
        self.assert_state(self.curl("-r", "0-9"))

    def test_curl_asks_for_two_documents(self):
        trusted = ("--cacert", self.certificate.cert) if self.certificate else ()
        got = self.said(self.program("curl"), "-s", *trusted, "-w", "%{num_connects} ", f"{self.stack.url}/livez",
                        f"{self.stack.url}/livez")
        self.assertEqual(got.split(), ["ok", "1", "ok", "0"])   # the second goes over the same connection

    def test_curl_uses_every_method(self):
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            self.assertEqual(self.curl("-X", method)[0], "405", method)
        self.assertEqual(self.curl("-X", "BREW")[0], "501")
        self.assertIn(self.curl("-X", "OPTIONS")[0], ("200", "204"))
        self.assertIn(self.curl("-X", "OPTIONS", "--request-target", "*")[0], ("200", "204"))

    def test_curl_sends_bodies(self):
        with open(f"{self.stack.dir}/body", "wb") as file:
            file.write(b"x" * 2000000)
        body = f"{self.stack.dir}/body"
        for options in (("-d", "a=b"), ("-T", body), ("-d", f"@{body}"),
                        ("-H", "Expect: 100-continue", "-d", f"@{body}"),
                        ("-H", "Transfer-Encoding: chunked", "-d", "a=b"), ("-F", f"file=@{body}")):
            # it may be closed while curl is still sending: 55 and 56, if the answer was lost
            status = self.curl(*options, codes=(0, 55, 56))[0]
            self.assertIn(status, ("405", "000"), options)
        self.assertEqual(self.curl("-H", "Expect: 100-continue", "-d", "a=b")[0], "405")

    def test_curl_goes_where_it_is_not_wanted(self):
        self.assertIn(self.curl("--path-as-is", path="/../../etc/passwd")[0], ("400", "404"))
        self.assertEqual(self.curl(path="/%zz")[0], "400")

    def test_curl_takes_the_relay_for_a_proxy(self):
        if self.certificate:
            self.skipTest("one test of a proxy is enough")
        got = self.said(self.program("curl"), "-s", "-x", self.stack.url, "http://relay.example/livez")
        self.assertEqual(got, "ok\n")
        # CONNECT is refused: curl 7 ends with 56, curl 8.22 with 7, and both print the answer's code.
        code = self.said(self.program("curl"), "-s", "-p", "-x", self.stack.url, "-w", "%{http_connect}",
                         "http://relay.example/livez", codes=(7, 56))
        self.assertEqual(code, "405")

    # ---- Python ----

    async def join(self, **options):
        trusted = {"ssl": self.stack.tls} if self.stack.tls else {}
        client = await dial(self.stack.url.replace("http", "ws", 1) + "/ws",
                            subprotocols=["chat", "commentary.v1"], **trusted, **options)
        self.assertEqual(json.loads(await client.recv())["type"], "welcome")
        return client

    async def test_websockets_of_python(self):
        client = await self.join()
        self.assertEqual(client.subprotocol, "commentary.v1")
        await client.send(json.dumps({"type": "subscribe", "match": self.match, "history": 3}))
        types = [json.loads(await client.recv())["type"] for _ in range(4)]
        self.assertEqual(types, ["subscribed", *["commentary"] * 3])
        await client.send(["{", '"type"', "", ':"ping', '"}'])
        self.assertEqual(await client.recv(), '{"type":"pong"}')
        for payload in ("", "a", "p" * 125):
            await asyncio.wait_for(await client.ping(payload), DEADLINE_S)
        await client.pong("unasked")
        await client.send(PING)
        self.assertEqual(await client.recv(), '{"type":"pong"}')
        await client.close(4000, "żegnaj")
        self.assertEqual((client.close_code, client.close_reason[:0]), (4000, ""))

    async def assert_closes(self, code, message):
        client = await self.join()
        await client.send(message)
        with self.assertRaises(websockets.ConnectionClosed) as closed:
            await asyncio.wait_for(client.recv(), DEADLINE_S)
        self.assertEqual(closed.exception.rcvd.code, code)

    async def test_websockets_of_python_say_too_much(self):
        await self.assert_closes(1003, b"binary")
        await self.assert_closes(1009, "x" * 5000)
        await self.assert_closes(1009, ["x" * 1000] * 5)

    def test_http_client_of_python(self):
        kind = http.client.HTTPSConnection if self.stack.tls else http.client.HTTPConnection
        options = {"context": self.stack.tls} if self.stack.tls else {}
        with contextlib.closing(kind(urllib.parse.urlsplit(self.stack.url).netloc, timeout=DEADLINE_S, **options)) as client:
            for method, path, status in (("GET", self.path, 200), ("HEAD", self.path, 200), ("GET", "/nowhere", 404),
                                         ("DELETE", self.path, 405), ("GET", "/livez", 200)):
                client.request(method, path)
                answer = client.getresponse()
                answer.read()
                self.assertEqual((method, path, answer.status), (method, path, status))
            client.request("POST", self.path, body="{}")
            self.assertEqual(client.getresponse().status, 405)

    # ---- Node ----

    def assert_heard(self, heard, pong=None):
        self.assertEqual(heard.get("protocol"), "commentary.v1", heard)
        self.assertEqual(heard["types"][:5], ["welcome", "subscribed", *["commentary"] * 3])
        self.assertEqual((heard["types"][5:6], heard["code"], heard["pong"]), (["pong"], 1000, pong))

    def test_npm_ws(self):
        self.assert_heard(self.node("websocket.cjs", "ws"), "between")

    def test_npm_undici(self):
        self.assert_heard(self.node("websocket.cjs", "undici"))

    def test_websocket_of_node(self):
        self.assert_heard(self.node("websocket.cjs", "node"))

    def assert_asked(self, heard):
        self.assertEqual(heard, {"first": 200, "match": self.match, "again": 304, "posted": 405, "head": 200,
                                 "many": "ok\n" * 20})

    def test_fetch_of_undici(self):
        self.assert_asked(self.node("http.cjs", "undici"))

    def test_fetch_of_node(self):
        self.assert_asked(self.node("http.cjs", "fetch"))

    def test_http_of_node(self):
        self.assert_asked(self.node("http.cjs", "http"))

    # ---- Java ----

    def test_java(self):
        self.program("javac")
        trusted = (self.certificate.cert,) if self.certificate else ()
        heard = json.loads(self.said(self.program("java"), "-Xmx256m", f"{FOLDER}/Client.java", self.stack.url,
                                     str(self.match), *trusted))
        self.assert_heard(heard, "hello")
        self.assertEqual([heard[name] for name in ("first", "version", "again", "posted")],
                         [200, "HTTP_1_1", 304, 405])


class OverTls(Clients):
    @classmethod
    def begin_relay(cls):
        cls.certificate = Certificate(cls.stack.dir, "clients")
        cls.stack.tls = cls.certificate.client()
        cls.stack.start_relay(*cls.certificate.options)


class BehindProxies(Clients):
    """The same clients, through a proxy: see the subclasses."""
    proxy = None            # the program
    config = None

    def setUp(self):
        program, port = self.program(self.proxy), free_port()
        with open(f"{FOLDER}/{self.config}", encoding="utf-8") as file:
            text = file.read()
        for word, value in (("@FOLDER@", self.stack.dir), ("@RELAY@", str(self.relay_port)), ("@PORT@", str(port))):
            text = text.replace(word, value)
        path = f"{self.stack.dir}/{self.config}"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        self.process = subprocess.Popen([program, *self.options(path)], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        self.stack.relay_port = port
        wait_for(self.stack.is_ready, "the proxy serves the relay")

    def tearDown(self):
        self.process.terminate()
        self.process.wait(DEADLINE_S)
        self.stack.relay_port = self.relay_port

    @classmethod
    def begin_relay(cls):
        super().begin_relay()
        cls.relay_port = cls.stack.relay_port

    def options(self, path):
        return ("-f", path)


# What happens at a proxy's door is the proxy's affair.
FOR_THE_RELAY = [name for name in dir(Clients) if name.startswith(("test_curl_", "test_fetch", "test_java"))]


class BehindNginx(BehindProxies):
    proxy, config = "nginx", "nginx.conf"

    def options(self, path):
        return ("-c", path, "-e", "stderr")


class BehindHaproxy(BehindProxies):
    proxy, config = "haproxy", "haproxy.cfg"


for behind in (BehindNginx, BehindHaproxy):
    for name in FOR_THE_RELAY:
        setattr(behind, name, None)


if __name__ == "__main__":
    run(Clients, OverTls, BehindNginx, BehindHaproxy)
