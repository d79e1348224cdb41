"""A proxy that lets some paths through and blocks others, as networks of offices, hotels and phones do."""
import asyncio
import contextlib
import threading


class BlockingProxy:
    """Passes one request of each connection on. `blocked` has beginnings of paths: "refused", or "held" for ever."""

    @classmethod
    async def start(cls, port):
        self = cls()
        self.to, self.blocked, self.asked, self.writers = port, {}, [], set()
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    @classmethod
    @contextlib.contextmanager
    def beside(cls, port, blocked):
        """In a thread of its own, for a test that waits for a browser."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        call = lambda coroutine: asyncio.run_coroutine_threadsafe(coroutine, loop).result()
        self = call(cls.start(port))
        self.blocked = blocked
        try:
            yield self
        finally:
            call(self.close())
            loop.call_soon_threadsafe(loop.stop)
            thread.join()

    async def serve(self, reader, writer):
        self.writers.add(writer)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            await self.answer(head, reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self.writers.discard(writer)
            writer.close()

    async def answer(self, head, reader, writer):
        path = head.split(b" ")[1].decode().split("?")[0]
        self.asked.append(path)
        how = next((how for begin, how in self.blocked.items() if path.startswith(begin)), None)
        if how == "refused":
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
        elif how == "held":         # as by a proxy that waits for the end of a stream before it passes anything on
            await reader.read()
        else:
            await self.pass_on(head, reader, writer)

    async def pass_on(self, head, reader, writer):
        if b"upgrade: websocket" not in head.lower():
            lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
            head = b"\r\n".join([*lines[:-2], b"Connection: close", b"", b""])
        source, sink = await asyncio.open_connection("127.0.0.1", self.to)
        sink.write(head)
        try:
            await asyncio.wait({asyncio.ensure_future(self.copy(reader, sink)),
                                asyncio.ensure_future(self.copy(source, writer))},
                               return_when=asyncio.FIRST_COMPLETED)
        finally:
            sink.close()

    async def copy(self, reader, writer):
        try:
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass

    def cut(self):
        """Ends all connections."""
        for writer in list(self.writers):
            writer.transport.abort()

    async def close(self):
        self.server.close()
        self.cut()
