"""Viewers that come, follow a match, and leave: half say so, half break the connection."""

import asyncio
import json
import random
import time

import websockets

PATIENCE_S = 20  # for an answer


class Viewer:
    """One after the other: each stay is a connection; every other one resumes where
    the last left off."""

    def __init__(self, url, book, stay_s):
        self.url, self.book, self.stay_s = url, book, stay_s
        self.last = None  # (match, epoch, seq)

    async def run(self, until):
        while time.monotonic() < until:
            try:
                await self.stay(min(until, time.monotonic() + random.expovariate(1 / self.stay_s)))
            except (OSError, asyncio.TimeoutError, websockets.WebSocketException) as problem:
                self.book.fault(f"a viewer was lost: {type(problem).__name__} {problem}")
                await asyncio.sleep(1)

    async def stay(self, until):
        began = time.perf_counter()
        socket = await websockets.connect(
            self.url, subprotocols=["commentary.v1"], compression=None, open_timeout=PATIENCE_S
        )
        try:
            await self.subscribe(socket)
            self.book.connects_ms.append((time.perf_counter() - began) * 1000)
            self.book.viewers += 1
            try:
                await self.watch(socket, until)
            finally:
                self.book.viewers -= 1
            self.book.stays += 1
        finally:
            await self.leave(socket)

    async def subscribe(self, socket):
        request = {"type": "subscribe", "history": 20}
        if self.last and random.random() < 0.5:
            match, epoch, seq = self.last
            request |= {"match": match, "since": {"epoch": epoch, "seq": seq}}
        else:
            request["match"] = self.book.choose_match()
        await socket.send(json.dumps(request))
        while True:
            answer = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE_S))
            if answer["type"] == "error":
                raise websockets.WebSocketException(f"refused: {answer}")
            if answer["type"] == "subscribed":
                break
        self.match, self.epoch, self.head = answer["match"], answer["epoch"], answer["head"]
        self.next = request["since"]["seq"] + 1 if "since" in request and answer["recovered"] else None
        if "since" in request and not answer["recovered"]:
            self.book.fault(f"match {self.match} could not be resumed after {request['since']}")

    async def watch(self, socket, until):
        while (left := until - time.monotonic()) > 0:
            try:
                message = json.loads(await asyncio.wait_for(socket.recv(), left))
            except asyncio.TimeoutError:
                break
            if "seq" in message:
                self.take(message)
        if self.next:
            self.last = (self.match, self.epoch, self.next - 1)

    def take(self, entry):
        if self.next is not None and entry["seq"] != self.next:
            self.book.fault(f"match {self.match}: seq {entry['seq']} came, {self.next} was due")
        self.next = entry["seq"] + 1
        self.book.deliveries += 1
        sent_s = (entry.get("metadata") or {}).get("sent")
        if sent_s and entry["seq"] > self.head:
            self.book.delays_ms.append((time.time() - sent_s) * 1000)

    @staticmethod
    async def leave(socket):
        if random.random() < 0.5:
            socket.transport.abort()
        await socket.close()
