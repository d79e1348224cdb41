#!/usr/bin/python3
"""The examples of relay/examples run as they are, show a match, and go on after a restart of the relay."""
import os
import shutil
import signal
import subprocess
import tempfile

from support.case import Case, run
from support.stack import wait_for

EXAMPLES = f"{os.path.dirname(os.path.abspath(__file__))}/../../relay/examples"
DEADLINE_S = 60


class Examples(Case):
    relay_options = ()

    def setUp(self):
        self.match = self.stack.create_match("live")
        self.post("from before")

    def post(self, message):
        self.stack.sql(f"SELECT commentary.post({self.match}, '{message}')")

    def try_example(self, program, *arguments):
        if not shutil.which(program):
            self.skipTest(f"{program} is not installed")
        folder = tempfile.mkdtemp(prefix="example-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        with open(f"{folder}/said", "wb") as said, open(f"{folder}/errors", "wb") as errors:
            example = subprocess.Popen([program, *arguments], stdout=said, stderr=errors, start_new_session=True)
        self.addCleanup(self.end, example)

        def said():
            with open(f"{folder}/said", encoding="utf-8") as file:
                return file.read()

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
        """It, and what it has started."""
        os.killpg(example.pid, signal.SIGTERM)
        example.wait(DEADLINE_S)

    def test_node(self):
        self.try_example("node", f"{EXAMPLES}/follow.mjs", self.stack.url, str(self.match))

    def test_python(self):
        self.try_example("python3", f"{EXAMPLES}/follow.py", f"ws://127.0.0.1:{self.stack.relay_port}/ws",
                         str(self.match))

    def test_shell_and_curl(self):
        self.try_example("sh", f"{EXAMPLES}/follow.sh", self.stack.url, str(self.match))


if __name__ == "__main__":
    run(Examples)
