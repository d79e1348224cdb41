#!/usr/bin/python3
"""Malicious clients, beside a viewer that must not notice them."""
import json

from support.attack.bystander import Bystander
from support.base.case import run
from support.base.stack import LOG_STATEMENTS
from support.conformance.violations import FRAMES, HANDSHAKES
from support.viewer.raw import CONTINUATION, FIN, PING, TEXT, frame, text

MARK = "xyzzy"  # stands in every hostile id, and in no statement of ours


class Hostile(Bystander):
    settings = LOG_STATEMENTS
    relay_options = ()

    async def test_frames_that_rfc_6455_forbids(self):
        for name, section, data, codes in FRAMES:
            with self.subTest(f"{name} ({section})"):
                client = self.raw().join()
                client.send(data)
                self.assertIn(client.close_code(), codes)
                client.close()

    async def test_frames_byte_by_byte_are_closed_alike(self):
        for name, section, data, codes in FRAMES[:20]:
            with self.subTest(f"{name} ({section})"):
                client = self.raw().join()
                all(client.send(data[n:n + 1]) for n in range(len(data)))
                self.assertIn(client.close_code(), codes)
                client.close()

    async def test_good_frames_of_odd_shapes_are_heard(self):
        client = self.raw().join()
        client.frame()
        pong = b'{"type":"pong"}'
        for data in (frame(TEXT, b'{"type"') + frame(FIN | PING, b"p") + frame(FIN | CONTINUATION, b':"ping"}'),
                     frame(TEXT) + frame(CONTINUATION) + frame(FIN | CONTINUATION, b'{"type":"ping"}'),
                     text(json.dumps({"type": "ping", "pad": "é" * 1000}, ensure_ascii=False))):
            client.send(data)
            while (got := client.frame())[0] != TEXT:
                pass
            self.assertEqual(got, (TEXT, pong))

    async def test_handshakes_that_are_none(self):
        for name, section, data, statuses in HANDSHAKES:
            with self.subTest(f"{name} ({section})"):
                client = self.raw()
                client.send(data)
                self.assertIn(client.status(), statuses)
                client.close()

    async def test_no_statement_has_what_a_viewer_said(self):
        ids = (f"1; SELECT '{MARK}'", f"'{MARK}", f"1) OR {MARK}=({MARK}", f"{{1,{MARK}}}", f"\\'{MARK}")
        for n, said in enumerate(ids):
            for message in ({"type": "subscribe", "match": said},
                            {"type": said, "match": 1},
                            {"type": "subscribe", "match": self.match + n + 1, "history": 5,
                             "since": {"epoch": said, "seq": 1}, said: 1}):
                client = self.raw().join()
                client.send(text(json.dumps(message)))
                self.assertIn(b'"welcome"', client.frame()[1])
                self.assertIn(b'"error"', client.frame()[1])
                client.close()
        self.stack.sql(f"SELECT commentary.post({self.match}, 'the log works')")
        await self.beside.next("commentary")
        with open(f"{self.stack.dir}/postgres.log", encoding="utf-8") as file:
            log = file.read()
        self.assertIn("the log works", log)
        self.assertIn("commentary.heads", log)
        self.assertNotIn(MARK, log)


if __name__ == "__main__":
    run(Hostile)
