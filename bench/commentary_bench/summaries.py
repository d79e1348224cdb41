"""Figures in few words: medians with their bounds, percentiles, and how they are written."""

import math
import statistics
from typing import NamedTuple


class Summary(NamedTuple):
    """The median of the repetitions, the smallest, and the largest."""

    median: float
    low: float
    high: float

    def __str__(self):
        if self.low == self.high:
            return number(self.median)
        return f"{number(self.median)} ({number(self.low)}–{number(self.high)})"

    def divided(self, by):
        """The same in another unit."""
        return Summary(self.median / by, self.low / by, self.high / by)


def summary_of(values):
    """None when there are no values."""
    values = list(values)
    return Summary(statistics.median(values), min(values), max(values)) if values else None


def interval_of(values):
    """The median, and the narrowest pair of values between which the true median is with 95 %
    at least, by how often it may be on one side of so many (a binomial). All of them, where
    there are fewer than six."""
    ordered = sorted(values)
    count, left_out, outside = len(ordered), 0, 0.0
    if not ordered:
        return None
    while left_out < (count - 1) // 2:
        outside += 2 * math.comb(count, left_out) / 2**count
        if outside > 0.05:
            break
        left_out += 1
    low = max(left_out - 1, 0)
    return Summary(statistics.median(ordered), ordered[low], ordered[count - 1 - low])


def number(value):
    """As many digits as mean something: 12,345 · 123 · 12.3 · 1.23 · 0.0123"""
    if value == 0 or abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    if 99 < value < 100:
        return f"{value:.3f}"  # of a hundred per cent nothing is rounded away
    if abs(value) >= 10:
        return f"{value:.1f}"
    if abs(value) >= 0.1:
        return f"{value:.2f}"
    return f"{value:.2g}"


def percentile(ordered, percent):
    """The value below which so many per cent of an ordered list lie; 0 of an empty list."""
    return ordered[int((len(ordered) - 1) * percent / 100)] if ordered else 0


def slope(points):
    """How much y grows with x, by a straight line through the points (x, y). None of fewer
    than three points: a line through two says nothing about growth."""
    return statistics.linear_regression(*zip(*points)).slope if len(points) > 2 else None


def share_pct(part, rest):
    """How much of both together a part is, in per cent; 0 when there is neither."""
    return 100 * part / (part + rest) if part + rest else 0
