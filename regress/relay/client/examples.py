#!/usr/bin/python3
"""The examples of relay/examples run as they are, show a match, and go on after a restart of the relay."""
import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import unittest
import urllib.request

from support.base.case import Case, run
from support.base.stack import wait_for
from support.viewer.dial import dial

EXAMPLES = f"{os.path.dirname(os.path.abspath(__file__))}/../../../relay/examples"
WSCAT = f"{os.environ.get('COMMENTARY_NODE_MODULES', '')}/wscat/bin/wscat"
DEADLINE_S = 200


class Examples(Case):
    relay_options = ()

    def setUp(self):
        self.match = self.stack.create_match("live")
        self.post("from before")

    def post(self, message):
        self.stack.sql(f"SELECT commentary.post({self.match}, '{message}')")

    def folder(self):
        folder = tempfile.mkdtemp(prefix="example-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        return folder

    def begin(self, program, *arguments):
        """Returns a function that returns its output so far."""
        if not shutil.which(program):
            self.skipTest(f"{program} is not installed")
        folder = self.folder()
        with open(f"{folder}/said", "wb") as said, open(f"{folder}/errors", "wb") as errors:
            example = subprocess.Popen([program, *arguments], stdin=subprocess.PIPE, stdout=said, stderr=errors,
                                       start_new_session=True)
        self.addCleanup(self.end, example)

        def said():
            with open(f"{folder}/said", encoding="utf-8", errors="replace") as file:
                return file.read()

        return said

    def try_example(self, program, *arguments):
        said = self.begin(program, *arguments)
        wait_for(lambda: "from before" in said(), "it shows what was there")
        self.post("as it happens")
        wait_for(lambda: "as it happens" in said(), "it shows what comes")
        self.stack.stop_relay()
        self.post("while it was away")
        self.stack.start_relay()
        wait_for(lambda: "while it was away" in said(), "it resumes")
        for message in "from before", "as it happens", "while it was away":
            self.assertEqual(said().count(message), 1, said())

    def end(self, example):
        """Stops it and the processes that it has started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(example.pid, signal.SIGTERM)
        example.stdin.close()
        example.wait(DEADLINE_S)

    def test_node(self):
        self.try_example("node", f"{EXAMPLES}/follow.mjs", self.stack.url, str(self.match))

    def test_python(self):
        self.try_example("python3", f"{EXAMPLES}/follow.py", f"ws://127.0.0.1:{self.stack.relay_port}/ws",
                         str(self.match))

    def test_shell_and_curl(self):
        self.try_example("sh", f"{EXAMPLES}/follow.sh", self.stack.url, str(self.match))

    def test_php(self):
        self.try_example("php", f"{EXAMPLES}/follow.php", self.stack.url, str(self.match))

    def test_ruby(self):
        self.try_example("ruby", f"{EXAMPLES}/follow.rb", self.stack.url, str(self.match))

    def test_go(self):
        if not shutil.which("go"):
            self.skipTest("go is not installed")
        folder = self.folder()
        subprocess.run(["go", "build", "-o", f"{folder}/follow", f"{EXAMPLES}/follow.go"], check=True,
                       env=os.environ | {"HOME": folder, "GOFLAGS": "", "GO111MODULE": "off"})
        self.try_example(f"{folder}/follow", self.stack.url, str(self.match))

    @unittest.skipUnless(os.path.exists(WSCAT), "wscat is not installed: npm, or the registry, is missing")
    def test_a_command_for_websockets(self):
        """Follows as README.md shows for wscat, which does not resume."""
        said = self.begin("node", WSCAT, "-c", f"{self.stack.ws_url}/ws", "-s", "commentary.v1", "-w", "-1", "-x",
                          json.dumps({"type": "subscribe", "match": self.match, "history": 50}))
        wait_for(lambda: "from before" in said(), "it shows what was there")
        self.post("as it happens")
        wait_for(lambda: "as it happens" in said(), "it shows what comes")

    def transcripts(self):
        """The dialogues of README.md, each a list of (mark, text), with the match of this test."""
        with open(f"{EXAMPLES}/README.md", encoding="utf-8") as file:
            blocks = re.findall(r"^```\n(.*?)^```$", file.read(), re.MULTILINE | re.DOTALL)
        self.assertEqual(len(blocks), 3)
        text = [re.sub(r'(?<="match":)7\b|(?<=\()7(?=,)', str(self.match), block) for block in blocks]
        return [[(line[0], line[2:]) for line in block.splitlines()] for block in text]

    def assert_fits(self, expected, got):
        """All that is expected is there; a text may be anything."""
        for name, value in expected.items():
            if isinstance(value, dict):
                self.assert_fits(value, got[name])
            elif value != "\u2026":
                self.assertEqual(got.get(name), value, got)

    def relay_head(self):
        with urllib.request.urlopen(f"{self.stack.url}/matches/{self.match}", timeout=DEADLINE_S) as answer:
            return json.load(answer)["head"]

    def write(self, statement):
        """A moment later the relay has it too: else `subscribed` would tell the head of before."""
        self.stack.sql(statement)
        head = self.stack.head(self.match)
        wait_for(lambda: self.relay_head() == head, "the relay has what was written")

    async def play(self, transcript, epoch):
        """Returns the epoch."""
        async with dial(f"{self.stack.ws_url}/ws", subprotocols=["commentary.v1"]) as relay:
            for mark, text in transcript:
                if mark == "$":
                    self.write(text)
                elif mark == ">":
                    await relay.send(text.replace("EPOCH", epoch))
                else:
                    got = json.loads(await asyncio.wait_for(relay.recv(), DEADLINE_S))
                    self.assert_fits(json.loads(text), got)
                    epoch = got.get("epoch", epoch)
        return epoch

    async def test_the_dialogues_of_the_readme(self):
        self.match = int(self.stack.sql("SELECT commentary.create_match('Rovers', 'City', status => 'live')"))
        self.stack.sql(f"SELECT commentary.post({self.match}, 'We are under way.', minute => 1)")
        self.stack.sql(f"SELECT commentary.post({self.match}, 'In!', kind => 'goal', minute => 12, team => 'Rovers')")
        self.stack.sql("SELECT commentary.flush()")
        epoch = ""
        for transcript in self.transcripts():
            epoch = await self.play(transcript, epoch)


if __name__ == "__main__":
    run(Examples)
