"""A viewer that comes back also when it is told that something is not to be had."""
from support.viewer import Viewer


class Stubborn(Viewer):
    def take(self, text):
        message = super().take(text)
        if message["type"] == "error":
            self.socket.transport.abort()
            raise ConnectionResetError(message["code"])
        return message

    def forget(self, count):
        """Its first so many entries, which it returns, and all else that it was told."""
        first = self.bodies[:count]
        del self.bodies[:count]
        self.skipped += len(first)
        self.messages.clear()
        return first
