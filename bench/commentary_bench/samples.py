"""What was asked again and again while a load ran: a number a line, or a line WHO|EVENT
for each session and moment. The last line may be cut off, since the asking was stopped."""

from collections import Counter, defaultdict

from .machine import read
from .tables import markdown


def counted(lines):
    """who → how often each event was seen."""
    counts = defaultdict(Counter)
    for line in lines:
        who, _, event = line.strip().partition("|")
        if event:
            counts[who][event] += 1
    return counts


def whole_lines(path):
    return read(path).split("\n")[:-1]


def largest(path):
    """The largest number, as its text; 0 when nothing was asked in time."""
    return max((line for line in whole_lines(path) if line), key=float, default="0")


def table_of_waits(path, most):
    """Of each who the most frequent events."""
    counts = counted(whole_lines(path))
    rows = [["", "state", "share of samples"]]
    for who, events in sorted(counts.items()):
        total = sum(events.values())
        rows += [[who, event, f"{100 * n / total:.0f} %"] for event, n in events.most_common(most)]
    return markdown(rows)
