#!/usr/bin/python3
"""The relay behind nginx, HAProxy, Caddy, Apache and Varnish, each with the configuration of relay/proxies:
the page, documents that are kept, a WebSocket and a stream that is passed on at once; and what relay/PROXIES.md
asks to see whether it is right. What is not installed is skipped."""
import http.client
import json
import os
import shutil
import subprocess
import tempfile

from support.base.case import Case, run
from support.base.port import free_port
from support.base.stack import wait_for
from support.viewer.dial import dial
from transcript.blocks import blocks
from transcript.guide import environment, read
from transcript.session import Session, Transcript

GUIDE = "relay/PROXIES.md"
CONFIGURATIONS = f"{os.path.dirname(os.path.abspath(__file__))}/../../../relay/proxies"
DEADLINE_S = 200
# How each is started, with the file of its configuration and a folder of its own.
PROXIES = {
    "nginx": ("nginx.conf", lambda file, folder, port: ["nginx", "-c", file, "-p", folder, "-e", f"{folder}/start.log"]),
    "haproxy": ("haproxy.cfg", lambda file, folder, port: ["haproxy", "-f", file]),
    "caddy": ("Caddyfile", lambda file, folder, port: ["caddy", "run", "--config", file, "--adapter", "caddyfile"]),
    "apache2": ("apache.conf", lambda file, folder, port: ["apache2", "-X", "-f", file]),
    "varnishd": ("varnish.vcl", lambda file, folder, port: [
        "varnishd", "-F", "-n", folder, "-f", file, "-a", f"127.0.0.1:{port}", "-j", "none",
        "-s", "malloc,16m", "-p", "vcc_allow_inline_c=off"]),
}


class BehindProxies(Case):
    relay_options = ("--trusted-proxies", "127.0.0.0/8")

    def setUp(self):
        self.match = self.stack.create_match("live")
        self.stack.insert_lines(self.match, 3)

    def start(self, name):
        """The port of a proxy."""
        if not shutil.which(name):
            self.skipTest(f"{name} is not installed")
        file_name, command = PROXIES[name]
        folder, port = tempfile.mkdtemp(prefix="proxy-"), free_port()
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        with open(f"{CONFIGURATIONS}/{file_name}", encoding="utf-8") as file:
            text = file.read()
        for word, value in (("@FOLDER@", folder), ("@PORT@", port), ("@RELAY@", self.stack.relay_port)):
            text = text.replace(word, str(value))
        with open(f"{folder}/{file_name}", "w", encoding="utf-8") as file:
            file.write(text)
        with open(f"{folder}/said", "wb") as said:
            proxy = subprocess.Popen(command(f"{folder}/{file_name}", folder, port), stdout=said, stderr=said,
                                     env=os.environ | {"HOME": folder})
        self.addCleanup(self.end, proxy)
        wait_for(lambda: self.is_up(port) or proxy.poll() is not None, f"{name} serves")
        with open(f"{folder}/said", encoding="utf-8", errors="replace") as said:
            self.assertIsNone(proxy.poll(), said.read())
        return port

    def end(self, proxy):
        proxy.terminate()
        proxy.wait(DEADLINE_S)

    def is_up(self, port):
        try:
            return self.ask(port, "/readyz")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def ask(self, port, path, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
        try:
            connection.request("GET", path, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def post(self, message):
        self.stack.sql(f"SELECT commentary.post({self.match}, '{message}')")

    async def try_proxy(self, name):
        port = self.start(name)
        self.try_documents(port)
        await self.try_socket(port)
        self.try_stream(port)
        self.try_guide(port)

    def try_guide(self, port):
        """Its blocks, with this proxy as the site."""
        folder = tempfile.mkdtemp(prefix="guide-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        session = Session(folder, environment() | {
            "PGHOST": self.stack.dir, "PGPORT": str(self.stack.pg_port), "PGUSER": "postgres", "PGDATABASE": "postgres",
            "RELAY_URL": self.stack.url}, "make() { :; }\n")     # of the checkout
        self.addCleanup(session.end)
        text = read(GUIDE).replace("site=http://127.0.0.1:8080", f"site=http://127.0.0.1:{port}")
        Transcript(session, GUIDE).run(block for block in blocks(text) if block.is_run)

    def try_documents(self, port):
        status, headers, body = self.ask(port, f"/matches/{self.match}")
        self.assertEqual((status, json.loads(body)["match"]), (200, self.match))
        known = {"If-None-Match": headers["ETag"]}
        self.assertEqual(self.ask(port, f"/matches/{self.match}", known)[0], 304)
        self.assertIn(b"<!doctype html>", self.ask(port, "/")[2])

    async def try_socket(self, port):
        async with dial(f"ws://127.0.0.1:{port}/ws", subprotocols=["commentary.v1"]) as viewer:
            await viewer.send(json.dumps({"type": "subscribe", "match": self.match}))
            while json.loads(await viewer.recv())["type"] != "subscribed":
                pass
            self.post("over a socket")
            while json.loads(await viewer.recv()).get("message") != "over a socket":
                pass

    def try_stream(self, port):
        """An event comes while the stream is open: nothing holds it back."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
        connection.request("GET", f"/matches/{self.match}/events", headers={"Accept": "text/event-stream"})
        answer = connection.getresponse()
        self.assertEqual(answer.status, 200)
        lines = iter(answer.readline, b"")
        next(line for line in lines if line == b"event: subscribed\n")
        self.post("as an event")
        next(line for line in lines if b"as an event" in line)
        connection.close()


for each in PROXIES:
    async def test(self, name=each):
        await self.try_proxy(name)
    setattr(BehindProxies, f"test_{each}", test)


if __name__ == "__main__":
    run(BehindProxies)
