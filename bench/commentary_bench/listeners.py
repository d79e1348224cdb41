"""Idle viewers of many servers: one stream of events each, read and thrown away by a thread."""

import os
import selectors
import socket
import threading

RECEIVE_BYTES = 256 * 1024
ENTRY = b"\nevent: commentary\n"
PATIENCE_S = 5


class Listeners:
    """with Listeners(ports, "/matches/1/events") as listeners: … listeners.entries()
    cpu: the one that the thread which reads gets."""

    def __init__(self, ports, path, cpu=None):
        self.ports, self.path, self.cpu = ports, path, cpu
        self.counts = {}
        self.selector = selectors.DefaultSelector()
        self.is_ended = threading.Event()
        self.thread = threading.Thread(target=self.read, daemon=True)

    def __enter__(self):
        for port in self.ports:
            opened = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
            opened.sendall(f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            self.counts[opened] = 0
            self.selector.register(opened, selectors.EVENT_READ)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_ended.set()
        self.thread.join()
        for opened in self.counts:
            opened.close()
        self.selector.close()

    def read(self):
        if self.cpu is not None:
            os.sched_setaffinity(0, {self.cpu})  # of this thread alone
        while not self.is_ended.is_set():
            for key, _ in self.selector.select(0.1):
                got = key.fileobj.recv(RECEIVE_BYTES)
                self.counts[key.fileobj] += got.count(ENTRY)
                if not got:
                    self.selector.unregister(key.fileobj)

    def entries(self):
        """How many each has got; one that is cut between two reads is not counted."""
        return list(self.counts.values())
