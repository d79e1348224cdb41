"""A proxy that fails as networks do.

It cuts connections (a reset), refuses new ones, or swallows everything (a black hole). The proxy between the
relay and PostgreSQL can be deaf as well: then it loses only the notifications.
"""
import socket
import struct
import threading

from support.viewer.raw import end_with_reset

NOTIFICATION = b"A"


def reset(connection):
    """Ends it with RST, which is all that the other side is told."""
    try:
        end_with_reset(connection)
        connection.shutdown(socket.SHUT_RD)  # wakes who waits in recv()
    except OSError:
        pass  # it has ended already
    connection.close()


class Proxy:
    def __init__(self, connect):
        """connect() returns a socket to where the proxy leads."""
        self.connect = connect
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.is_open = threading.Event()  # cleared: a black hole
        self.is_open.set()
        self.is_refusing = False
        self.connections = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return  # closed
            if self.is_refusing:
                reset(client)
                continue
            try:
                server = self.connect()
            except OSError:
                reset(client)
                continue
            self.connections += [client, server]
            threading.Thread(target=self.pump, args=(client, server, bytes), daemon=True).start()
            threading.Thread(target=self.pump, args=(server, client, self.heard()), daemon=True).start()

    def pump(self, source, sink, through):
        try:
            while True:
                data = source.recv(65536)
                self.is_open.wait()
                if not data:
                    break
                sink.sendall(through(data))
        except OSError:
            pass
        reset(sink)
        source.close()

    def heard(self):
        """A filter for what the server says."""
        return bytes

    def cut(self):
        connections, self.connections = self.connections, []
        for connection in connections:
            reset(connection)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)  # wakes who waits in accept()
        self.listener.close()
        self.is_open.set()
        self.cut()


class DatabaseProxy(Proxy):
    def __init__(self, stack):
        self.target = f"{stack.dir}/.s.PGSQL.{stack.pg_port}"
        self.is_deaf = False
        super().__init__(self.connect_to_postgres)

    def connect_to_postgres(self):
        server = socket.socket(socket.AF_UNIX)
        server.connect(self.target)
        return server

    @property
    def conninfo(self):
        """What the proxy reads is PostgreSQL's protocol from the first byte on: no TLS."""
        return (f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres"
                " sslmode=disable gssencmode=disable")

    def heard(self):
        """A filter for what the server says: whole messages, without those that it loses."""
        rest = b""

        def through(data):
            nonlocal rest
            rest += data
            kept = b""
            while len(rest) >= 5:
                end = 1 + struct.unpack("!i", rest[1:5])[0]
                if len(rest) < end:
                    break
                if not (self.is_deaf and rest[:1] == NOTIFICATION):
                    kept += rest[:end]
                rest = rest[end:]
            return kept

        return through
