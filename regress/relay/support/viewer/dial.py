"""Opens a WebSocket as a viewer who has the patience of a test."""
import websockets
import websockets.version

from support.base.stack import DEADLINE_S

# The library gives up an opening after 10 s, and a connection without a pong after 20 s: a busy machine is
# not what these tests are about, and a test that blocks the loop reads no pong.
PATIENT = {"open_timeout": DEADLINE_S, "ping_interval": None}

# websockets.connect() has another name for it from version 14 on.
HEADERS = "additional_headers" if int(websockets.version.version.partition(".")[0]) >= 14 else "extra_headers"


def dial(uri, headers=None, **options):
    """As websockets.connect()."""
    return websockets.connect(uri, **(PATIENT | {HEADERS: headers} | options))
