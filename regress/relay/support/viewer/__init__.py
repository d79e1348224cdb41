"""Clients of a relay: bytes, one viewer, many viewers, and the JavaScript client in Node."""
