"""What a viewer of one match holds: each entry once and in order, or how often that was not so."""

HISTORY = 500   # lines that it asks for when it begins


class Record:
    def __init__(self):
        self.epoch = None
        self.is_fresh = False   # the first entry of a fresh start is still to come
        self.is_live = None     # what the relay says of its database
        self.skipped = 0        # how many entries are before the first that it holds
        self.bodies = []        # bodies[n] is entry skipped + n + 1, as it was sent
        self.messages = []      # what it was told besides entries
        self.doubles = self.gaps = self.starts = 0

    @property
    def seq(self):
        """The seq of the newest entry that it holds."""
        return self.skipped + len(self.bodies)

    def subscription(self, match):
        """The request with which it begins, or goes on."""
        request = {"type": "subscribe", "match": match, "history": HISTORY}
        if self.epoch:
            request["since"] = {"epoch": self.epoch, "seq": self.seq}
        return request

    def heed(self, message):
        """Takes a message that is no entry."""
        if message["type"] == "subscribed":
            self.start(message)
        elif message["type"] in ("welcome", "live", "stale"):
            self.is_live = message.get("live", message["type"] == "live")

    def start(self, joined):
        """Begins afresh, unless the relay goes on where this was."""
        self.epoch = joined["epoch"]
        self.is_fresh = not joined["recovered"]
        if not joined["recovered"]:
            self.starts += 1
            self.bodies = []
            self.skipped = max(joined["head"] - HISTORY, 0)

    def forget(self, count):
        """Removes and returns its first so many entries; forgets all other messages."""
        first = self.bodies[:count]
        del self.bodies[:count]
        self.skipped += len(first)
        self.messages.clear()
        return first

    def keep(self, seq, text):
        if self.is_fresh:   # history counts lines: it may begin before the last so many entries
            self.skipped = min(self.skipped, seq - 1)
            self.is_fresh = False
        if seq <= self.seq:
            self.doubles += 1
        elif seq > self.seq + 1:
            self.gaps += 1
        else:
            self.bodies.append(text)
