"""A network between the relay and PostgreSQL that fails as networks do.

It cuts connections (a reset), refuses new ones, swallows everything (a black
hole), or is deaf: then it loses the notifications alone.
"""
import socket
import struct
import threading

NOTIFICATION = b"A"


def reset(connection):
    """Ends it with RST, so that the other side is told nothing but that."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RD)  # wakes who waits in recv()
    except OSError:
        pass  # it has ended already
    connection.close()


class Proxy:
    def __init__(self, stack):
        self.target = f"{stack.dir}/.s.PGSQL.{stack.pg_port}"
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.is_open = threading.Event()  # cleared: a black hole
        self.is_open.set()
        self.is_refusing = self.is_deaf = False
        self.connections = []
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def conninfo(self):
        """What the proxy reads is PostgreSQL's protocol from the first byte on: no TLS."""
        return (f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres"
                " sslmode=disable gssencmode=disable")

    def accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return  # closed
            if self.is_refusing:
                reset(client)
                continue
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self.target)
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
        """A filter for what the server says: whole messages, without what is lost."""
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

    def cut(self):
        connections, self.connections = self.connections, []
        for connection in connections:
            reset(connection)

    def close(self):
        self.listener.close()
        self.is_open.set()
        self.cut()
