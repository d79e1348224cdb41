"""What RFC 6455 and HTTP forbid: frames and handshakes, and how a relay must answer each."""
import struct

from support.viewer.raw import BINARY, CLOSE, CONTINUATION, FIN, PING, RSV1, RSV2, RSV3, TEXT, frame, handshake


def closing(code):
    return frame(FIN | CLOSE, struct.pack("!H", code))


# What is sent, the section of RFC 6455 that it breaks, and with which code it must be closed.
FRAMES = (
    ("no mask", "5.1", frame(FIN | TEXT, b'{"type":"ping"}', mask=0), {1002}),
    ("reserved bit 1", "5.2", frame(FIN | RSV1 | TEXT, b"{}"), {1002}),
    ("reserved bit 2", "5.2", frame(FIN | RSV2 | TEXT, b"{}"), {1002}),
    ("reserved bit 3", "5.2", frame(FIN | RSV3 | TEXT, b"{}"), {1002}),
    ("reserved opcode 3", "5.2", frame(FIN | 0x3, b"{}"), {1002}),
    ("reserved opcode 7", "5.2", frame(FIN | 0x7, b"{}"), {1002}),
    ("reserved opcode 11", "5.2", frame(FIN | 0xB, b"{}"), {1002}),
    ("reserved opcode 15", "5.2", frame(FIN | 0xF, b"{}"), {1002}),
    ("a length of 2^63", "5.2", bytes([FIN | TEXT, 0xFF]) + struct.pack("!Q", 1 << 63) + b"\0\0\0\0x",
     {1002}),
    ("a continuation of nothing", "5.4", frame(FIN | CONTINUATION, b"{}"), {1002}),
    ("a text within a text", "5.4", frame(TEXT, b"{") + frame(FIN | TEXT, b"}"), {1002}),
    ("a ping in fragments", "5.5", frame(PING, b"a"), {1002}),
    ("a close in fragments", "5.5", frame(CLOSE, b"\x03\xe8"), {1002}),
    ("a ping of 126 bytes", "5.5", frame(FIN | PING, b"a" * 126), {1002}),
    ("a close of 126 bytes", "5.5", frame(FIN | CLOSE, b"\x03\xe8" + b"a" * 124), {1002}),
    ("a close of 1 byte", "5.5.1", frame(FIN | CLOSE, b"a"), {1002}),
    ("a close with bad UTF-8", "5.5.1", frame(FIN | CLOSE, b"\x03\xe8\xc3\x28"), {1007}),
    ("close code 0", "7.4.2", closing(0), {1002}),
    ("close code 999", "7.4.2", closing(999), {1002}),
    ("close code 1004", "7.4.1", closing(1004), {1002}),
    ("close code 1005", "7.4.1", closing(1005), {1002}),
    ("close code 1006", "7.4.1", closing(1006), {1002}),
    ("close code 1015", "7.4.1", closing(1015), {1002}),
    ("close code 65535", "7.4.2", closing(65535), {1002}),
    ("bad UTF-8", "8.1", frame(FIN | TEXT, b'{"type":"\xc3\x28"}'), {1007}),
    ("UTF-8 longer than needed", "8.1", frame(FIN | TEXT, b'{"type":"\xc0\x80"}'), {1007}),
    ("a surrogate in UTF-8", "8.1", frame(FIN | TEXT, b'{"type":"\xed\xa0\x80"}'), {1007}),
    ("UTF-8 that is cut off", "8.1", frame(FIN | TEXT, b'{"type":"\xe2\x82'), {1007}),
    ("bad UTF-8 over two fragments", "8.1", frame(TEXT, b'"\xc3') + frame(FIN | CONTINUATION, b"("),
     {1007}),
    ("binary", "7.4.1", frame(FIN | BINARY, b"{}"), {1003}),
    ("a message too large", "7.4.1", frame(FIN | TEXT, b"x" * 5000), {1009}),
    ("a length of 2^62", "7.4.1", bytes([FIN | TEXT, 0xFF]) + struct.pack("!Q", 1 << 62) + b"\0\0\0\0x",
     {1009}),
    ("fragments without end", "7.4.1", frame(TEXT, b"x") + frame(CONTINUATION, b"x" * 100) * 60, {1009}),
    ("16 times nonsense", "7.4.2", frame(FIN | TEXT, b"x\0y") * 16, {4400}),
)

# What is sent, the section of RFC 6455 (or of HTTP) that it breaks, and the status that
# must answer.
HANDSHAKES = (
    ("POST", "4.1", handshake("POST /ws HTTP/1.1", Content_Length="0"), {400, 405}),
    ("HEAD", "4.1", handshake("HEAD /ws HTTP/1.1"), {400, 405}),
    ("HTTP/1.0, which has no upgrades", "RFC 9110 7.8", handshake("GET /ws HTTP/1.0"), {426}),
    ("another path", "4.2.2", handshake("GET /other HTTP/1.1"), {400, 404}),
    ("a path above the root", "4.2.2", handshake("GET /../../etc/passwd HTTP/1.1"), {400}),
    ("no host", "4.2.1", handshake(Host=None), {400}),
    ("two hosts", "RFC 9112 3.2", handshake(more=b"Host: y\r\n"), {400}),
    ("another upgrade, which is ignored", "RFC 9110 7.8", handshake(Upgrade="h2c"), {426}),
    ("no upgrade", "4.2.1", handshake(Upgrade=None, Connection=None), {426}),
    ("no connection", "4.2.1", handshake(Connection=None), {426}),
    ("a connection of another kind", "4.2.1", handshake(Connection="close"), {426}),
    ("no key", "4.2.1", handshake(Sec_WebSocket_Key=None), {400}),
    ("a short key", "4.2.1", handshake(Sec_WebSocket_Key="abc"), {400}),
    ("a long key", "4.2.1", handshake(Sec_WebSocket_Key="A" * 200), {400}),
    ("24 letters that are no key", "4.2.1", handshake(Sec_WebSocket_Key="!" * 24), {400}),
    ("two keys", "11.3.1", handshake(more=b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"), {400}),
    ("no version", "4.2.1", handshake(Sec_WebSocket_Version=None), {426}),
    ("an old version", "4.2.1", handshake(Sec_WebSocket_Version="8"), {426}),
    ("two versions", "11.3.5", handshake(more=b"Sec-WebSocket-Version: 8\r\n"), {426}),
    ("another subprotocol", "4.2.2", handshake(Sec_WebSocket_Protocol="chat"), {400}),
    ("TLS", "4.2.1", b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n", {400}),
    ("nonsense", "4.2.1", b"\0\xff\r\n" * 20 + b"\r\n", {400}),
    ("a line without end", "10.4", b"GET /" + b"a" * 20000, {414}),
    ("a header without end", "10.4", handshake(more=b"X: " + b"a" * 100000 + b"\r\n"), {431}),
    ("headers without end", "10.4", handshake()[:-2] + b"X-A: b\r\n" * 20000, {431}),
    ("2,000 headers that are known", "10.4", handshake(more=b"Cookie: b\r\n" * 2000), {431}),
)
