"""Handshakes as bytes: what a relay answers before there is a WebSocket."""
import socket

from support.base.stack import LONG_S
from support.viewer import raw


def request(port, *headers):
    more = "".join(f"{header}\r\n" for header in headers)
    return raw.handshake(Host=f"127.0.0.1:{port}", more=more.encode())


def send(port, *headers, host="127.0.0.1"):
    """A socket that has sent its handshake."""
    peer = socket.create_connection((host, port), timeout=LONG_S)
    peer.sendall(request(port, *headers))
    return peer


def answer(peer):
    """Waits for the answer; returns its status and its headers, in lower case."""
    head = b""
    while b"\r\n\r\n" not in head:
        piece = peer.recv(4096)
        if not piece:
            raise AssertionError(f"closed after {head!r}")
        head += piece
    status, *lines = head.split(b"\r\n\r\n")[0].decode().lower().split("\r\n")
    return int(status.split()[1]), dict(line.split(": ", 1) for line in lines)


def status(port, *headers):
    """The status that a handshake gets; the peer leaves then."""
    with send(port, *headers) as peer:
        return answer(peer)[0]
