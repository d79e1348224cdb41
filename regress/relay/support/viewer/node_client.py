"""commentary.js in a process of Node, that of today or of version 1.1, and what it shows."""
import asyncio
import json
import os

from support.viewer.audience import until

HERE = os.path.dirname(os.path.realpath(__file__))
TODAY = f"{HERE}/../../../../relay/web/commentary.js"
OF_1_1 = f"{HERE}/old/commentary-1.1.mjs"


class NodeClient:
    @classmethod
    async def start(cls, stack, module, port=None, **options):
        """It will connect to the relay, or to another port; the options are those of Commentary."""
        self = cls()
        self.shown = {}         # by match: the entries that a page shows, with each correction as one of its own
        self.starts = {}        # by match: how often it began afresh
        self.own = {}           # by the number of a subscription: what it tells
        self.states, self.errors, self.thrown = [], [], []
        self.transport = None   # at the newest state
        self.node = await asyncio.create_subprocess_exec(
            "node", f"{HERE}/follow.mjs", module, f"ws://127.0.0.1:{port or stack.relay_port}/ws",
            json.dumps(options),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 24)
        self.reader = asyncio.create_task(self.read())
        return self

    async def read(self):
        while line := await self.node.stdout.readline():
            self.take(json.loads(line))

    def take(self, event):
        kind = event["type"]
        if kind == "subscribed" and not event["recovered"]:
            self.shown[event["match"]] = []
            self.starts[event["match"]] = self.starts.get(event["match"], 0) + 1
        elif kind == "entry":
            self.shown[event["match"]].append(event["entry"])
        elif kind == "own":
            self.own.setdefault(event["index"], []).append(event)
        elif kind == "state":
            self.states.append(event["state"])
            self.transport = event.get("transport")
        elif kind == "error":
            self.errors.append((event["code"], event.get("match")))
        elif kind == "thrown":
            self.thrown.append(f"{event['name']}: {event['message']}")

    def call(self, method, *values):
        self.call_at_once([method, *values])

    def call_at_once(self, *calls):
        """All of them before the client hears of an answer."""
        self.node.stdin.write(json.dumps(calls).encode() + b"\n")

    def connect(self, *matches, history=500):
        """Follows them, and connects."""
        for match in matches:
            self.call("follow", match, {"history": history})
        self.call("connect")
        return self

    def messages(self, match):
        return [entry.get("message") for entry in self.shown.get(match, [])]

    async def sees(self, match, message):
        def is_seen():
            if self.reader.done():
                self.reader.result()
                raise AssertionError("the client has ended")
            return message in self.messages(match)

        await until(is_seen, f"the client shows {message}: {self.messages(match)[-3:]}")

    async def stop(self):
        self.node.stdin.close()
        await self.reader
        return await self.node.wait()
