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
import time

from support.base.certificates import Certificate
from support.base.process import descriptors
from support.base.stack import Stack, wait_for
from support.conformance import casefile, dialogue
from support.conformance.beside import Beside

FOLDER = f"{os.path.dirname(os.path.abspath(__file__))}/../support/conformance"
SETS = ("websocket", "http")
WAYS = ("whole", "bytes", "halves")
AT_ONCE = 40            # cases that are played at a time
SEED = os.environ.get("COMMENTARY_FAULTS_SEED") or str(random.randrange(1 << 31))


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
    before = stack.idle_descriptors()
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
