"""Hosts at which there is no database that serves: dead, silent, or refusing."""
import contextlib
import socket
import struct
import threading


class BadHosts(contextlib.ExitStack):
    """Each method makes such a host, at 127.0.0.1 or the address given, and returns its port. All end with this."""

    def bind(self, address, port=0):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        bound = self.enter_context(contextlib.closing(socket.socket(family)))
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((address, port))
        return bound

    def dead(self, address="127.0.0.1", port=0):
        """Nobody listens: connections get RST."""
        return self.bind(address, port).getsockname()[1]

    def silent(self, address="127.0.0.1", port=0):
        """The kernel takes connections, and nobody answers."""
        listener = self.bind(address, port)
        listener.listen(1024)
        return listener.getsockname()[1]

    def black_hole(self, address="127.0.0.1", port=0):
        """Not even the first packet is answered."""
        listener = self.bind(address, port)
        listener.listen(0)
        for _ in range(4):  # these fill its queue
            client = self.bind(address)
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        return listener.getsockname()[1]

    def refusing(self, sqlstate, address="127.0.0.1", port=0):
        """Each new session is refused with this SQLSTATE, as PostgreSQL does it."""
        listener = self.bind(address, port)
        listener.listen(64)
        threading.Thread(target=self.refuse, args=(listener, sqlstate), daemon=True).start()
        self.callback(listener.shutdown, socket.SHUT_RDWR)  # wakes accept()
        return listener.getsockname()[1]

    @staticmethod
    def refuse(listener, sqlstate):
        error = f"SFATAL\0VFATAL\0C{sqlstate}\0Mrefused with {sqlstate}\0\0".encode()
        message = b"E" + struct.pack("!i", len(error) + 4) + error
        while True:
            try:
                client = listener.accept()[0]
            except OSError:
                return
            with client, contextlib.suppress(OSError):
                client.settimeout(60)
                while client.recv(4096)[4:8] in (b"\x04\xd2\x16\x2f", b"\x04\xd2\x16\x30"):
                    client.sendall(b"N")    # neither TLS nor GSS
                client.sendall(message)
