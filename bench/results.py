"""A study's figures: reads STUDY.csv, makes medians, tables and ratios of them.

The file has a line for each figure: case,x,repetition,metric,value. A case is what
is compared (a curve of the chart), x what it is varied by (clients, viewers).

    results = Results("write.csv")
    results.summary("durable", 100, "tps")          # Summary(median, low, high)
    results.ratio(("durable", 10, "tps"), ("trigger", 10, "tps"))
    results.table("tps", ["plain", "durable"], [1, 10, 100], "clients")
"""

import csv
import statistics
from typing import NamedTuple


class Summary(NamedTuple):
    """The median of the repetitions, the smallest, the largest."""

    median: float
    low: float
    high: float

    def __str__(self):
        if self.low == self.high:
            return number(self.median)
        return f"{number(self.median)} ({number(self.low)}–{number(self.high)})"


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


def summary_of(values):
    values = list(values)
    return Summary(statistics.median(values), min(values), max(values)) if values else None


class Results:
    def __init__(self, path):
        self.figures = {}
        with open(path, newline="", encoding="utf-8") as file:
            for line in csv.DictReader(file):
                key = (line["case"], line["x"], line["metric"])
                self.figures.setdefault(key, {})[line["repetition"]] = float(line["value"])

    def of(self, case, x, metric):
        """The figure of each repetition; empty when there is none."""
        return self.figures.get((case, str(x), metric), {})

    def summary(self, case, x, metric):
        """None when nothing was measured."""
        return summary_of(self.of(case, x, metric).values())

    def xs(self, case):
        """What the case was varied by, in the order of the file."""
        return list(dict.fromkeys(x for found, x, _ in self.figures if found == case))

    def first(self, case, metric):
        return self.summary(case, self.xs(case)[0], metric).median

    def last(self, case, metric):
        return self.summary(case, self.xs(case)[-1], metric).median

    def slope(self, case, xs, metric):
        """How much the metric grows with x, by a straight line; None of fewer than three."""
        found = [(float(x), self.summary(case, x, metric)) for x in xs]
        found = [(x, one.median) for x, one in found if one]
        return statistics.linear_regression(*zip(*found)).slope if len(found) > 2 else None

    def ratio(self, this, that):
        """this ÷ that, each a (case, x, metric), within each repetition: what ran side
        by side is compared, so that a slow minute of the machine hits both."""
        this, that = self.of(*this), self.of(*that)
        return summary_of(this[r] / that[r] for r in this if that.get(r))

    def table(self, metric, cases, xs, x_name, names=None):
        """Markdown: a row for each x, a column for each case. names: case → heading."""
        names = names or {}
        rows = [[x_name] + [names.get(case, case) for case in cases]]
        for x in xs:
            found = [self.summary(case, x, metric) for case in cases]
            rows.append([str(x)] + ["–" if one is None else str(one) for one in found])
        return markdown(rows)


def markdown(rows):
    """rows: lists of text, the heading first."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0])] + lines[1:]) + "\n"
