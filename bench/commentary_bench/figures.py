"""The figures of a study, and its CSV file.

The file has a line for each figure: case,x,repetition,metric,value. A case is what is
compared (a curve of the chart), x is what it is varied by (clients, viewers).

    figures = Figures.read("write.csv")
    figures.summary("durable", 100, "tps")          # Summary(median, low, high)
    figures.ratio(("durable", 10, "tps"), ("trigger", 10, "tps"))
"""

import csv

from .summaries import interval_of, slope, summary_of

HEADING = ["case", "x", "repetition", "metric", "value"]


class Figures:
    def __init__(self):
        self.found = {}  # (case, x, metric) → {repetition: value}

    @classmethod
    def read(cls, path):
        figures = cls()
        with open(path, newline="", encoding="utf-8") as file:
            for line in csv.DictReader(file):
                figures.add(*(line[name] for name in HEADING))
        return figures

    def add(self, case, x, repetition, metric, value):
        self.found.setdefault((case, str(x), metric), {})[str(repetition)] = float(value)

    def of(self, case, x, metric):
        """The figure of each repetition; empty when nothing was measured."""
        return self.found.get((case, str(x), metric), {})

    def summary(self, case, x, metric):
        """None when nothing was measured."""
        return summary_of(self.of(case, x, metric).values())

    def xs(self, case):
        """What the case was varied by, as text, in the order of the file."""
        return list(dict.fromkeys(x for found, x, _ in self.found if found == case))

    def first(self, case, metric):
        return self.summary(case, self.xs(case)[0], metric).median

    def last(self, case, metric):
        return self.summary(case, self.xs(case)[-1], metric).median

    def slope(self, case, xs, metric):
        """How much the metric grows with x, by a straight line; None of fewer than three."""
        found = [(float(x), self.summary(case, x, metric)) for x in xs]
        return slope([(x, one.median) for x, one in found if one])

    def ratio(self, this, that):
        """this ÷ that, each a (case, x, metric), within each repetition: what ran side
        by side is compared, so that a slow minute of the machine hits both."""
        this, that = self.of(*this), self.of(*that)
        return summary_of(this[r] / that[r] for r in this if that.get(r))

    def ratio_within(self, this, that):
        """The same of many pairs: the median, and where it is with 95 % at least."""
        this, that = self.of(*this), self.of(*that)
        return interval_of(this[r] / that[r] for r in this if that.get(r))

    def most_measured(self, case, xs, metric):
        """The largest x that was measured; the first of them when none was."""
        return max((x for x in xs if self.of(case, x, metric)), default=xs[0])


class FiguresFile:
    """Writes the CSV file while a study runs: a study that breaks off leaves what it found."""

    def __init__(self, path):
        self.path, self.figures = path, Figures()
        self.append(HEADING)

    def append(self, line):
        with open(self.path, "a", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerow(line)

    def add(self, case, x, repetition, metric, value):
        """value: a number, or a number's text, which is written as it is."""
        self.figures.add(case, x, repetition, metric, value)
        self.append([case, x, repetition, metric, value])
