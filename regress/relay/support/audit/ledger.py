"""What writers were promised and viewers were sent, compared with the log as it grows.

The log is read once, each time from where the last reading ended, and what has been compared is
forgotten. So hours of it need no more memory than minutes.
"""
import collections
import hashlib
import json
import re

# Each message begins with its match, who wrote it, and a number that rises from row to row.
TAG = re.compile(r"(\d+)\.(\d+)\.(\d+) ")
# The only error that a viewer may be told: its match cannot be read while the database is away.
EXPECTED = "unavailable"


class Ledger:
    def __init__(self):
        self.heads = collections.Counter()                      # by match: the seq up to which it was read
        self.digests = collections.defaultdict(hashlib.sha256)  # of what was read
        self.newest = collections.Counter()                     # by match and writer: the newest number
        self.owed, self.early = set(), set()    # acknowledged, not yet read; and the other way round
        self.states = {}                        # by match and the match that it tells of: the newest one
        self.problems = []

    def acknowledge(self, tags):
        for tag in tags:
            if tag in self.early:
                self.early.remove(tag)
            else:
                self.owed.add(tag)

    def compare(self, viewer, match, bodies):
        """A viewer must have been sent these entries, which follow those that were read. It forgets them."""
        for count, what in ((viewer.gaps, "gaps"), (viewer.doubles, "doubles"),
                            (viewer.starts - 1, "fresh starts")):
            if count:
                self.problems.append(f"a viewer of match {match} has had {count} {what}")
        for message in viewer.messages:
            if message["type"] == "error" and message["code"] != EXPECTED:
                self.problems.append(f"a viewer of match {match} was told {message}")
        seen = viewer.forget(len(bodies))
        if seen != bodies:
            self.problems.append(f"a viewer of match {match} was sent {different(seen, bodies)}")

    def read(self, match, bodies, head):
        """Reads on: these entries must follow those that were read, and the last must be the head."""
        for body in bodies:
            entry = json.loads(body)
            self.heads[match] += 1
            self.digests[match].update(body.encode())
            if entry["seq"] != self.heads[match]:
                self.problems.append(f"match {match} has entry {entry['seq']} in place of {self.heads[match]}")
            if "state" in entry:
                self.states[match, entry["state"]["match"]] = entry["state"]
            if tag := TAG.match(entry.get("message", "")):
                self.see(match, *map(int, tag.groups()))
        if self.heads[match] != head:
            self.problems.append(f"match {match} ends with {head}; {self.heads[match]} were read")

    def see(self, match, meant, writer, number):
        tag = f"{meant}.{writer}.{number}"
        if match != meant:
            self.problems.append(f"row {tag} is in match {match}")
        if number <= self.newest[match, writer]:
            self.problems.append(f"row {tag} is there again, or after a later one")
        self.newest[match, writer] = number
        if tag in self.owed:
            self.owed.remove(tag)
        else:
            self.early.add(tag)

    def settle(self):
        """Once the log is read up to its heads: what was acknowledged before and was not read is lost."""
        for tag in sorted(self.owed):
            self.problems.append(f"row {tag} was acknowledged and is lost")
        self.owed.clear()

    def read_again(self, match, bodies):
        """All entries, from the first to the last that was read, must be as they were."""
        digest = hashlib.sha256()
        for body in bodies:
            digest.update(body.encode())
        if digest.digest() != self.digests[match].digest():
            self.problems.append(f"match {match} is not as it was when it was read")

    def hold_score(self, match, score):
        """This must be the score of the home team that was told last, in the match and in the lobby."""
        for topic in (match, 0):
            told = self.states.get((topic, match), {}).get("home_score")
            if told != score:
                self.problems.append(f"the score of match {match} is {score}, and told as {told} in match {topic}")


def different(seen, bodies):
    """Says which is the first that differs."""
    for sent, body in zip(seen, bodies):
        if sent != body:
            return f"{sent} in place of {body}"
    return f"{len(seen)} entries of {len(bodies)}"
