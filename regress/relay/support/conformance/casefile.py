"""
Reads the conformance sets http.txt and websocket.txt: what a client does, step by step, and what
must come back. The notation is described at the head of each file.
"""
import os
import random
import re
import struct

from support.viewer import raw

KEY = "dGhlIHNhbXBsZSBub25jZQ=="            # RFC 6455 section 1.3
HANDSHAKE = (("Host", b" x"), ("Upgrade", b" websocket"), ("Connection", b" Upgrade"),
             ("Sec-WebSocket-Key", b" " + KEY.encode()), ("Sec-WebSocket-Version", b" 13"))
OPCODES = {"cont": 0, "text": 1, "binary": 2, "close": 8, "ping": 9, "pong": 10,
           **{f"op{n}": n for n in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)}}
RESERVED = {"rsv1": raw.RSV1, "rsv2": raw.RSV2, "rsv3": raw.RSV3}
ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|\{(.*?)\*(\d+)\}|(.))", re.DOTALL)
SIMPLE = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0", b"\\": b"\\", b"s": b" ", b"'": b"'"}
STATUSES = re.compile(r"(\d{3}|[1-5]xx)(\|(\d{3}|[1-5]xx))*$")


class ConformanceCase:
    def __init__(self, file, line, section, title):
        self.file, self.line, self.section, self.title = file, line, section, title
        self.steps = []         # (what, its arguments…)
        self.changes = []       # of the handshake: ("with", "and" or "without", name, value)
        self.request = "GET /ws HTTP/1.1"
        self.is_bare = False    # the case has the whole handshake, byte for byte
        self.is_at_once = False  # the first frames come in one segment with the handshake
        self.says_close = False

    @property
    def name(self):
        return f"{self.section}: {self.title}"

    def add_bytes(self, data):
        """To be sent. Bytes that follow each other are one step."""
        if self.steps and self.steps[-1][0] == "send":
            data = self.steps.pop()[1] + data
        self.steps.append(("send", data))


def unescape(text):
    """The bytes that a text stands for; what is not ASCII is sent as UTF-8."""
    def one(match):
        hexed, repeated, count, simple = match.groups()
        if hexed:
            return bytes([int(hexed, 16)])
        if repeated is not None:
            return ESCAPE.sub(one, repeated) * int(count)
        return SIMPLE[simple]
    return ESCAPE.sub(one, text.encode())


def header(first, length, mask_bit, width=None):
    """The header of a frame. `width` is how many bits its length has: if it is not given, as few as possible."""
    width = width or (7 if length < 126 else 16 if length < 65536 else 64)
    if width == 7:
        return bytes([first, mask_bit | length])
    return bytes([first, mask_bit | (126 if width == 16 else 127)]) + struct.pack(
        "!H" if width == 16 else "!Q", length)


def masked(payload, mask):
    return bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload))


def frame(line, dice):
    """The bytes of a line such as: text nofin rsv1 'abc'."""
    words, _, quoted = line.partition("'")
    payload = unescape(quoted.rpartition("'")[0])
    kind, *flags = words.split()
    if kind == "raw":
        return payload
    first = OPCODES[kind] | (0 if "nofin" in flags else raw.FIN)
    mask, width, announced = dice.randbytes(4), None, None
    for flag in flags:
        if flag in RESERVED:
            first |= RESERVED[flag]
        elif flag.startswith("mask="):
            mask = bytes.fromhex(flag[5:])
        elif flag in ("len7", "len16", "len64"):
            width = int(flag[3:])
        elif flag.startswith("length="):    # in the header only: the payload does not change
            announced = int(flag[7:])
        elif flag.isdecimal() and kind == "close":
            payload = struct.pack("!H", int(flag)) + payload
        elif flag not in ("nofin", "unmasked"):
            raise ValueError(f"no such flag: {flag}")
    bare = "unmasked" in flags
    head = header(first, len(payload) if announced is None else announced, 0 if bare else raw.MASKED, width)
    return head + (payload if bare else mask + masked(payload, mask))


def handshake(case):
    """The default one, changed as the case wants it."""
    fields = list(HANDSHAKE)
    for how, name, value in case.changes:
        if how == "and":
            fields.append((name, value))
            continue
        at = [n for n, (old, _) in enumerate(fields) if old.lower() == name.lower()]
        if how == "with" and at:
            fields[at[0]] = (name, value)
        elif how == "with":
            fields.append((name, value))
        else:
            fields = [field for n, field in enumerate(fields) if n not in at]
    lines = [case.request.encode(), *(name.encode() + b":" + value for name, value in fields)]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def expectation(line):
    """The step that a line behind '<' means."""
    first, *rest = line.split()
    if STATUSES.match(first):
        if set(rest) - {"bodiless"}:
            raise ValueError(f"not understood: {line}")
        return ("status", frozenset(first.split("|")), "bodiless" in rest)
    if first.endswith("?") and STATUSES.match(first[:-1]):
        return ("perhaps", frozenset(first[:-1].split("|")))
    if first in ("open", "closed", "open|closed"):
        return ("end", frozenset(first.split("|")))
    if first == "close":
        return ("close", frozenset(rest[0].split("|")))
    if first in ("pong", "ping"):
        return ("frame", first, unescape(line.partition("'")[2].rpartition("'")[0]))
    if first in ("answer", "error"):
        return ("message", first)
    raise ValueError(f"not understood: {line}")


class Reader:
    """Reads one file."""

    def __init__(self, path, seed):
        self.name = os.path.basename(path).rpartition(".")[0]
        self.seed, self.cases, self.document = seed, [], ""
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                try:
                    self.take(line.rstrip("\n"), number)
                except (ValueError, KeyError, IndexError) as error:
                    raise SystemExit(f"{path}:{number}: {error!r}: {line}") from error
        for case in self.cases:
            self.finish(case)

    def begin(self, line, number):
        section, _, title = line.partition(" | ")
        if not title:
            raise ValueError("no title")
        self.cases.append(ConformanceCase(self.name, number, section.strip(), title))
        # each case has dice of its own, so that another case in the file changes nothing for it
        self.dice = random.Random(f"{self.seed} {section} {title}")

    def take(self, line, number):
        mark, rest = line[:2], line[2:]
        if line.startswith("#") or not line.strip():
            return
        if mark == "= ":
            self.begin(rest, number)
        elif line == "|" or mark == "| ":
            self.case.is_bare = True
            self.case.add_bytes(unescape(rest[:-1]) if rest.endswith("\\") and not rest.endswith("\\\\")
                                else unescape(rest) + b"\r\n")
        elif mark == "> ":
            self.case.says_close |= rest.startswith("close")
            self.case.add_bytes(frame(rest, self.dice))
        elif mark == "! ":
            self.case.steps.append((rest.strip(),))
        elif mark == "< " and rest.startswith(" "):
            name, colon, value = rest.strip().partition(":")
            self.case.steps.append(("header", name.lower(), value.strip()) if colon else
                                   ("absent", name.removeprefix("no ").lower()) if name.startswith("no ")
                                   else ("body", unescape(name.removeprefix("body '").removesuffix("'"))))
        elif mark == "< ":
            self.case.steps.append(expectation(rest))
        else:
            self.change(line)

    @property
    def case(self):
        return self.cases[-1]

    def change(self, line):
        """A line that changes the handshake: with NAME:VALUE, and NAME:VALUE, without NAME, request LINE, at once."""
        how, _, rest = line.partition(" ")
        if line == "at once":
            self.case.is_at_once = True
        elif how == "request":
            self.case.request = rest
        elif how in ("with", "and", "without"):
            name, _, value = rest.partition(":")
            self.case.changes.append((how, name, unescape(value)))
        else:
            raise ValueError("not understood")

    def finish(self, case):
        if self.name != "websocket":
            if case.changes or case.steps[-1][0] != "end":
                raise SystemExit(f"{self.name}:{case.line}: has no end")
            return
        if not case.is_bare:
            case.steps[:0] = self.begin_with_handshake(case)
        if not case.steps or case.steps[-1][0] not in ("end", "close"):
            case.steps.append(("end", frozenset({"open"})))


    @staticmethod
    def begin_with_handshake(case):
        opening = [("send", handshake(case))]
        if case.is_at_once:
            opening = [("send", opening[0][1] + case.steps.pop(0)[1])]
        if case.steps and case.steps[0][0] == "status":
            return opening
        return [*opening, ("status", frozenset({"101"}), False)]


def read(path, seed):
    """The cases of a file; the seed decides the masks."""
    return Reader(path, seed).cases

