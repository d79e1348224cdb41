"""How long the relay waits for a client. On a busy machine a test may be late, so it has to know these."""

CLOSE_S = 5     # for the answer to a close: CLOSE_PATIENCE_MS in ws/connection.c
HEAD_S = 8      # for the next request of a connection: PEER_HEAD_MS in door/peer.h
KEPT_S = HEAD_S / 2     # a test that has asked nothing for so long opens another connection
