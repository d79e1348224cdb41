"""Ports that are free, and stay so until they are used.

A file says which process has a port. PostgreSQL's test library, which the tests in Perl use,
has the same files. So no two tests of a user get the same port, also not those of another checkout.
"""
import atexit
import contextlib
import fcntl
import os
import random
import socket

# Below the ports that the kernel gives to connections (ip_local_port_range), so that no connection
# takes the port of a server that does not run just now.
LEAST, LARGEST = 10000, 32000


def has_ipv6():
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return True
    return False


def free_port():
    return free_ports(1)


def free_ports(count):
    """Returns the first of so many in a row."""
    while True:
        first = random.randrange(LEAST, LARGEST - count)
        if all(_is_free(port) and _reserve(port) for port in range(first, first + count)):
            return first


def _is_free(port):
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.bind(("0.0.0.0", port))
        return True
    return False


def _reserve(port):
    """Writes our pid into the port's file, unless the process that stands there is alive."""
    name = f"{os.environ['PG_TEST_PORT_DIR']}/{port}.rsv"
    with open(os.open(name, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        owner = file.read().strip()
        if owner and os.path.exists(f"/proc/{owner}"):
            return False
        file.seek(0)
        file.write(f"{os.getpid():10}\n")
    atexit.register(_give_back, name)
    return True


def _give_back(name):
    with contextlib.suppress(FileNotFoundError):
        os.remove(name)
