"""A viewer that also comes back after an error, such as `unavailable`."""
from support.viewer.viewer import Viewer


class Stubborn(Viewer):
    def take(self, text):
        message = super().take(text)
        if message["type"] == "error":
            self.socket.transport.abort()
            raise ConnectionResetError(message["code"])
        return message
