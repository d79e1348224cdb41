"""Charts by gnuplot: a line or a group of bars for each case, the median with its bounds.

A study says what its chart shows, and draw() makes an SVG of it:

    CHART = Lines("clients", [Panel("inserts/s", "tps", ["plain", "durable"], [1, 10, 100])])
"""

import subprocess
from typing import Any, NamedTuple

# Viewers who cannot tell red from green can tell these apart.
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#333333", "#999999"]
MOST_TICKS = 8  # on the x axis; where there are more values, gnuplot chooses


class Panel(NamedTuple):
    """One diagram; names: case → what the key says of it."""

    title: str
    metric: str
    cases: list
    xs: list
    names: dict = {}
    log_y: bool = False
    log_x: bool = True
    has_points: bool = True


class Lines(NamedTuple):
    """Panels side by side: a list of Panel, or a function that makes it of the figures."""

    x_name: str
    panels: Any


class Bars(NamedTuple):
    """A group of bars for each x, whose names are words."""

    title: str
    metric: str
    cases: list
    xs: list
    names: dict = {}


def draw(chart, figures, path):
    """Writes an SVG."""
    lines = script_of_bars if isinstance(chart, Bars) else script_of_lines
    script = "\n".join(lines(chart, figures, path)) + "\n"
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def script_of_lines(chart, figures, path):
    panels = chart.panels(figures) if callable(chart.panels) else chart.panels
    script = [
        f"set terminal svg size {480 * len(panels)},420 font 'sans,12' background '#ffffff'",
        f"set output {quoted(path)}",
        f"set multiplot layout 1,{len(panels)}",
        "set grid ytics lc '#dddddd'; set border 3; set tics nomirror",
        f"set xlabel {quoted(chart.x_name)}; set format y '%g'",
        "set key below center horizontal samplen 2; set bars 0.5",
    ]
    return script + [line for panel in panels for line in script_of_panel(panel, figures)]


def script_of_bars(chart, figures, path):
    script = [
        "set terminal svg size 960,420 font 'sans,12' background '#ffffff'",
        f"set output {quoted(path)}; set title {quoted(chart.title)}",
        "set grid ytics lc '#dddddd'; set border 3; set tics nomirror; set yrange [0:*]; set format y '%g'",
        "set style data histogram; set style histogram errorbars gap 1 lw 1; set style fill solid 0.9",
        "set key below center horizontal samplen 2; set datafile missing '-'",
        "$bars << END",
    ]
    for x in chart.xs:
        found = [figures.summary(case, x, chart.metric) for case in chart.cases]
        script.append(" ".join([x] + [point(one) if one else "- - -" for one in found]))
    bars = [
        f"$bars using {2 + 3 * i}:{3 + 3 * i}:{4 + 3 * i}:xticlabels(1)"
        f" lc rgb '{COLOURS[i]}' title {quoted(chart.names.get(case, case))}"
        for i, case in enumerate(chart.cases)
    ]
    return script + ["END", "plot " + ", ".join(bars)]


def script_of_panel(panel, figures):
    script, curves = [], []
    for index, case in enumerate(panel.cases):
        points = points_of(panel, case, figures)
        if not points:
            continue
        script += [f"$curve{index} << END"] + [f"{x} {point(found)}" for x, found in points] + ["END"]
        curves.append(
            f"$curve{index} {look(panel)} lw 1.5"
            f" lc rgb '{COLOURS[index % len(COLOURS)]}' title {quoted(panel.names.get(case, case))}"
        )
    if not curves:
        return []
    return script + [
        f"set title {quoted(panel.title)}; {scale(panel)}",
        "set logscale y; set yrange [*:*]" if panel.log_y else "unset logscale y; set yrange [0:*]",
        "plot " + ", ".join(curves),
    ]


def points_of(panel, case, figures):
    """(x, Summary) of what was measured; a logarithmic axis has no zero."""
    found = [(x, figures.summary(case, x, panel.metric)) for x in panel.xs]
    return [(x, one) for x, one in found if one and (one.low > 0 or not panel.log_y)]


def point(summary):
    return f"{summary.median} {summary.low} {summary.high}"


def look(panel):
    if panel.has_points:
        return "using 1:2:3:4 with yerrorlines pt 7 ps 0.5"
    return "using 1:2 with lines"


def scale(panel):
    """Each of few values of x is a tick; of many gnuplot chooses some."""
    low, high = min(panel.xs), max(panel.xs)
    ticks = ", ".join(f"'{x}' {x}" for x in panel.xs) if len(panel.xs) <= MOST_TICKS else ""
    ticks = f"set xtics ({ticks})" if ticks else "set xtics auto"
    if panel.log_x:
        return f"{ticks}; set logscale x; set xrange [{low * 0.8}:{high * 1.25}]"
    return f"{ticks}; unset logscale x; set xrange [{low}:{high}]"


def quoted(text):
    return "'" + str(text).replace("'", "''") + "'"
