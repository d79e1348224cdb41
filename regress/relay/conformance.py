#!/usr/bin/python3
"""
The relay against the sets of cases in conformance/, for RFC 6455 and for RFC 9110 and 9112:
plain and over TLS, each case in one segment, byte by byte, and in two pieces. Beside them a
viewer whose stream must be whole, and requests that must never have to wait.

    conformance.py [REGEX]     only the cases whose name it finds

COMMENTARY_FAULTS_SEED=N (make check FAULTS_SEED=N): the masks and cuts of an earlier run.
"""
import asyncio
import os
import random
import re
import sys
import threading
import time

import casefile
import dialogue
from certificates import Certificate
from process import descriptors
from stack import DEADLINE_S, Stack, wait_for
from viewer import Viewer
from writer import Writer

FOLDER = f"{os.path.dirname(os.path.abspath(__file__))}/conformance"
SETS = ("websocket", "http")
WAYS = ("whole", "bytes", "halves")
AT_ONCE = 40            # cases that are played at a time
STALL_S = 5             # nobody beside waits longer; a busy machine has its own pauses
SEED = os.environ.get("COMMENTARY_FAULTS_SEED") or str(random.randrange(1 << 31))


class Beside(threading.Thread):
    """A viewer of a match that is written to, and a client that asks again and again."""

    def __init__(self, stack):
        super().__init__(daemon=True)
        self.stack, self.match = stack, stack.create_match("live")
        self.writer = Writer(stack.conninfo, self.match, pause_s=0.05)
        self.viewer = Viewer(stack, self.match)
        self.ending = threading.Event()
        self.longest_s = 0
        self.trouble = None
        self.start()

    def run(self):
        try:
            asyncio.run(self.watch())
        except Exception as error:  # whatever it is, the main thread has to tell it
            self.trouble = f"{type(error).__name__}: {error}"

    async def watch(self):
        await self.viewer.join()
        asking = asyncio.create_task(self.ask())
        while not self.ending.is_set():
            await self.viewer.next()    # the writer goes on until this has seen the end
        asking.cancel()
        self.writer.stop()
        last = self.stack.head(self.match)
        while self.viewer.seq < last:
            await self.viewer.next()
        await self.viewer.close()

    async def ask(self):
        """How long an answer takes, on a connection of its own."""
        case = casefile.Case("http", 0, "beside", "an answer")
        case.steps = [("send", dialogue.SENTINEL), ("status", frozenset({"200"}), False),
                      ("end", frozenset({"closed"}))]
        while True:
            began = time.monotonic()
            wrong = await dialogue.play(case, "whole", ("127.0.0.1", self.stack.relay_port, self.stack.tls),
                                        SEED, {})
            self.trouble = self.trouble or wrong
            self.longest_s = max(self.longest_s, time.monotonic() - began)
            await asyncio.sleep(0.05)

    def end(self):
        """What was wrong with it; nothing: None."""
        self.ending.set()
        self.join(DEADLINE_S)
        if self.is_alive():
            return f"the viewer waits; it has {self.viewer.seq} entries"
        if self.trouble:
            return self.trouble
        viewer = self.viewer
        if (viewer.connects, viewer.starts, viewer.doubles, viewer.gaps) != (1, 1, 0, 0):
            return (f"{viewer.connects} connections, {viewer.starts} starts, {viewer.doubles} doubles,"
                    f" {viewer.gaps} gaps")
        if viewer.bodies != self.stack.bodies(self.match, viewer.skipped):
            return "what the viewer has is not what the table has"
        return f"waited {self.longest_s:.1f} s" if self.longest_s > STALL_S else None


class Report:
    """TAP, a line for each case."""

    def __init__(self):
        self.count = self.failed = 0

    def tell(self, name, wrongs):
        self.count += 1
        self.failed += bool(wrongs)
        print(f"{'not ok' if wrongs else 'ok'} {self.count} - {name.replace('#', '')}", flush=True)
        for wrong in wrongs:
            print(f"# {wrong}".replace("\n", "\n# "))

    def end(self):
        print(f"1..{self.count}")
        if self.failed:
            print(f"# FAULTS_SEED={SEED}")
        raise SystemExit(1 if self.failed else 0)


def is_for(case, is_tls):
    """TLS has no FIN of its own that a client could send and go on reading."""
    return not is_tls or ("shutdown",) not in case.steps


async def play_all(cases, connection, variables):
    """What was wrong, for each case a list."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(case):
        wrongs = []
        for way in WAYS:
            async with room:
                try:
                    wrong = await dialogue.play(case, way, connection, SEED, variables)
                except Exception as error:  # what a relay says can be anything
                    wrong = f"{type(error).__name__}: {error}"
            if wrong:
                wrongs.append(f"{way}: {wrong} ({case.file}.txt:{case.line})")
        return wrongs

    return await asyncio.gather(*(one(case) for case in cases))


def run_over(stack, cases, report, what, options):
    variables = {"match": str(stack.create_match())}  # now: before its first match a database has no epoch
    stack.start_relay(*options)
    before = descriptors(stack.relay_pid)
    beside = Beside(stack)
    connection = ("127.0.0.1", stack.relay_port, stack.tls)
    began = time.monotonic()
    results = asyncio.run(play_all(cases, connection, variables))
    took_s = time.monotonic() - began
    for case, wrongs in zip(cases, results):
        report.tell(f"{case.file} {what}: {case.name}", wrongs)
    wrong = beside.end()
    report.tell(f"{what}: the viewer beside", [wrong] if wrong else [])
    try:
        wait_for(lambda: descriptors(stack.relay_pid) <= before, "no descriptor is left behind")
        report.tell(f"{what}: no descriptor is left behind", [])
    except AssertionError as error:
        report.tell(f"{what}: no descriptor is left behind", [str(error)])
    print(f"# {what}: {len(cases)} cases in {took_s:.1f} s; the longest answer beside: {beside.longest_s:.2f} s")
    stack.stop_relay()


def main():
    wanted = re.compile(sys.argv[1] if len(sys.argv) > 1 else "")
    cases = [case for name in SETS for case in casefile.read(f"{FOLDER}/{name}.txt", SEED)
             if wanted.search(f"{name} {case.name}")]
    report, stack = Report(), Stack()
    try:
        run_over(stack, cases, report, "plain", ())
        certificate = Certificate(stack.dir, "conformance")
        stack.tls = certificate.client()
        run_over(stack, [case for case in cases if is_for(case, True)], report, "TLS", certificate.options)
    finally:
        stack.close()
    report.end()


if __name__ == "__main__":
    main()
