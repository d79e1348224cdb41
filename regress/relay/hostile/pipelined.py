#!/usr/bin/python3
"""Requests that come in one segment, some with a body: the relay goes on for everybody else."""
from support.attack.bystander import Bystander
from support.base.case import run

FIRST = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
SECONDS = {
    "a body is announced": FIRST[:-2] + b"Content-Length: 5\r\n\r\n",
    "a body comes": FIRST[:-2] + b"Content-Length: 5\r\n\r\nhello",
    "a negative body": FIRST[:-2] + b"Content-Length: -1\r\n\r\n",
    "a body in chunks": FIRST[:-2] + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "an empty body in chunks": FIRST[:-2] + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "an upload": b"POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
    "an upload to viewers": b"POST /ws HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\nhello",
}


class Pipelined(Bystander):
    relay_options = ()

    async def test_a_body_behind_another_request_stops_nobody(self):
        for name, second in SECONDS.items():
            for count in (0, 1, 3):
                with self.subTest(name, before=count):
                    client = self.raw()
                    client.send(FIRST * count + second + FIRST)
                    self.assertEqual([client.status() for _ in range(count)], [200] * count)
                    self.assertTrue(client.is_closed())
                    client.close()
                    other = self.raw()
                    other.send(FIRST)
                    self.assertEqual(other.status(), 200)
                    other.close()


if __name__ == "__main__":
    run(Pipelined)
