"""A study's report as a list of blocks, one after the other in Markdown.

A block is text, or a function of the Page that returns text, for what depends on the
figures. An empty block is left out. The functions below make such functions:

    REPORT = [
        "What is compared, in a sentence.",
        goals(my_goals),                        # my_goals(figures) returns a list of Goal
        "### p99, ms",
        table("p99_ms", ["plain", "durable"], [1, 10, 100], "clients"),
    ]
"""

from typing import NamedTuple

from .figures import Figures
from .goals import table_of_goals
from .tables import cell, markdown


class Page(NamedTuple):
    figures: Figures
    folder: str  # what else a study left for its report: samples, statements


def rendered(blocks, page):
    """The whole report, with an empty line after each block."""
    texts = [block if isinstance(block, str) else block(page) for block in blocks]
    return "".join(text.strip("\n") + "\n\n" for text in texts if text.strip("\n"))


def of_figures(function):
    """A block made by a function of the figures alone."""
    return lambda page: function(page.figures)


def goals(function):
    """The table of the goals, a list of Goal, that a function makes of the figures."""
    return lambda page: "### Goals\n\n" + table_of_goals(function(page.figures))


def table(metric, cases, xs, x_name, names=None):
    """A row for each x, a column for each case. names: case → heading."""
    return lambda page: table_of(page.figures, metric, cases, xs, x_name, names or {})


def table_of(figures, metric, cases, xs, x_name, names):
    rows = [[x_name] + [names.get(case, case) for case in cases]]
    for x in xs:
        rows.append([str(x)] + [cell(figures.summary(case, x, metric)) for case in cases])
    return markdown(rows)


def tables(titled, *arguments):
    """A heading and a table for each (heading, metric); the arguments as those of table()."""
    return [block for heading, metric in titled for block in (heading, table(metric, *arguments))]
