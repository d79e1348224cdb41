"""Servers and relays beside those of the stack: a standby, a region, an edge, a pgbouncer, a whole landscape."""
