"""A viewer that comes back also when it is told that something is not to be had."""
from support.viewer.viewer import Viewer


class Stubborn(Viewer):
    def take(self, text):
        message = super().take(text)
        if message["type"] == "error":
            self.socket.transport.abort()
            raise ConnectionResetError(message["code"])
        return message
