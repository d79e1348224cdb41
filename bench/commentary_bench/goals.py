"""Goals of a study: what was measured beside what was to be reached."""

from .tables import MISSING, markdown


class Goal:
    """A line of the table of goals: a figure (a Summary, or None if it was not measured),
    what to reach, and whether more of it is better."""

    def __init__(self, name, found, reach, stretch=None, unit="", more_is_better=True):
        self.name, self.found, self.unit = name, found, unit
        self.reach, self.stretch, self.more_is_better = reach, stretch, more_is_better

    def is_met(self, goal):
        if self.more_is_better:
            return self.found.median >= goal
        return self.found.median <= goal

    def verdict(self):
        if self.found is None:
            return "not measured"
        if self.stretch is not None and self.is_met(self.stretch):
            return "stretch"
        return "reached" if self.is_met(self.reach) else "**missed**"

    def told(self, goal):
        return "" if goal is None else f"{goal:g}{self.unit}"

    def row(self):
        found = MISSING if self.found is None else f"{self.found}{self.unit}"
        return [self.name, found, self.told(self.reach), self.told(self.stretch), self.verdict()]


def at_most(name, found, reach, stretch=None, unit=""):
    """A goal of which less is better."""
    return Goal(name, found, reach, stretch, unit, more_is_better=False)


def table_of_goals(goals):
    """Markdown: a row for each."""
    return markdown([["goal", "measured", "reach", "stretch", ""]] + [goal.row() for goal in goals])
