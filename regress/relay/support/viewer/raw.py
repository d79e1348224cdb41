"""A client that sends whatever it is told, byte for byte."""
import base64
import re
import socket
import struct

FIN, RSV1, RSV2, RSV3 = 0x80, 0x40, 0x20, 0x10
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
MASKED = 0x80
SILENCE_S = 120     # longer than any deadline of the relay, also on a busy machine

KEY = base64.b64encode(b"0123456789abcdef").decode()
HEADERS = {"Host": "x", "Upgrade": "websocket", "Connection": "Upgrade",
           "Sec-WebSocket-Key": KEY, "Sec-WebSocket-Version": "13"}


def frame(first, payload=b"", mask=MASKED):
    """`first` is its first byte; the mask is 0, so that one can read what is sent."""
    length = len(payload)
    header = bytes([first]) + (bytes([mask | length]) if length < 126 else
                               struct.pack("!BH", mask | 126, length) if length < 65536 else
                               struct.pack("!BQ", mask | 127, length))
    return header + (b"\0\0\0\0" if mask else b"") + payload


def text(message):
    return frame(FIN | TEXT, message.encode())


def handshake(line="GET /ws HTTP/1.1", more=b"", **changes):
    """Headers by their names with _ for -; None leaves one out. `more` goes at the end."""
    headers = HEADERS | {name.replace("_", "-"): value for name, value in changes.items()}
    lines = [line, *(f"{name}: {value}" for name, value in headers.items() if value is not None)]
    return "\r\n".join(lines).encode() + b"\r\n" + more + b"\r\n"


def take_frame(data):
    """The first whole frame of the relay's: (opcode, payload, its end), or None."""
    length, start = (data[1], 2) if len(data) > 1 else (0, 2)
    if length == 126 and len(data) > 3:
        length, start = struct.unpack("!H", data[2:4])[0], 4
    elif length == 127 and len(data) > 9:
        length, start = struct.unpack("!Q", data[2:10])[0], 10
    if len(data) < start + length or length > 125 and start == 2:
        return None
    return data[0] & 0xF, bytes(data[start:start + length]), start + length


def take_frames(rest, take):
    """Hands over each whole frame, as take(opcode, payload); what is not whole yet stays."""
    start = 0
    view = memoryview(rest)
    try:
        while got := take_frame(view[start:]):
            start += got[2]
            take(*got[:2])
    finally:
        view.release()
    del rest[:start]


def code_of(payload):
    """The code of a close frame; None if it has none."""
    return struct.unpack("!H", payload[:2])[0] if payload else None


def end_with_reset(own):
    """When this socket is closed, the other side gets RST, and the kernel keeps nothing."""
    own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Raw:
    def __init__(self, stack, own=None):
        """`own` is a socket that is connected already, such as one over TLS."""
        self.socket = own or socket.create_connection(("127.0.0.1", stack.relay_port), SILENCE_S)
        self.rest = b""

    def send(self, data):
        """Returns whether the relay would still hear it."""
        try:
            self.socket.sendall(data)
        except (ConnectionResetError, BrokenPipeError):
            return False
        return True

    def more(self):
        """Reads more; False at the end. A relay that neither sends nor closes is a TimeoutError."""
        try:
            data = self.socket.recv(65536)
        except (ConnectionResetError, BrokenPipeError):
            return False
        self.rest += data
        return bool(data)

    def status(self):
        """The status of the next answer, whose body is skipped; None if the relay closes without one."""
        while b"\r\n\r\n" not in self.rest and self.more():
            pass
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head.lower())
        end = int(length[1]) if length else 0
        while len(self.rest) < end and self.more():
            pass
        self.rest = self.rest[end:]
        return int(head.split()[1]) if head.startswith(b"HTTP/1.1 ") else None

    def join(self):
        self.send(handshake())
        if self.status() != 101:
            raise AssertionError("a good handshake was refused")
        return self

    def frame(self):
        """The next (opcode, payload); None at the end."""
        while not (got := take_frame(self.rest)):
            if not self.more():
                return None
        self.rest = self.rest[got[2]:]
        return got[:2]

    def close_code(self):
        """The code of the relay's close frame; None if the connection ends without one."""
        while got := self.frame():
            if got[0] == CLOSE:
                return code_of(got[1])
        return None

    def is_closed(self):
        """Waits until the relay has closed."""
        while self.more():
            pass
        return True

    def reset(self):
        """Ends it with RST, as a crashed client's kernel does."""
        end_with_reset(self.socket)
        self.socket.close()

    def close(self):
        self.socket.close()
