"""Charts by gnuplot: a line for each case, the median with its smallest and largest.

    chart.draw("write.svg", [Panel("inserts/s", results, "tps", cases, xs)], "clients")
"""

import subprocess
from typing import NamedTuple

# Told apart also by those who see no red from green.
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#333333", "#999999"]


class Panel(NamedTuple):
    """One diagram; names: case → what the key says of it."""

    title: str
    results: object
    metric: str
    cases: list
    xs: list
    names: dict = {}
    log_y: bool = False
    log_x: bool = True
    has_points: bool = True


def draw(path, panels, x_name):
    """Writes an SVG with the panels side by side."""
    script = [
        f"set terminal svg size {480 * len(panels)},420 font 'sans,12' background '#ffffff'",
        f"set output {quoted(path)}",
        f"set multiplot layout 1,{len(panels)}",
        "set grid ytics lc '#dddddd'; set border 3; set tics nomirror",
        f"set xlabel {quoted(x_name)}; set format y '%g'",
        "set key below center horizontal samplen 2; set bars 0.5",
    ]
    for panel in panels:
        script += panel_script(panel)
    subprocess.run(["gnuplot"], input="\n".join(script) + "\n", text=True, check=True)


def draw_bars(path, title, results, metric, cases, xs, names):
    """Writes an SVG with a group of bars for each x, whose names are words."""
    script = [
        "set terminal svg size 960,420 font 'sans,12' background '#ffffff'",
        f"set output {quoted(path)}; set title {quoted(title)}",
        "set grid ytics lc '#dddddd'; set border 3; set tics nomirror; set yrange [0:*]; set format y '%g'",
        "set style data histogram; set style histogram errorbars gap 1 lw 1; set style fill solid 0.9",
        "set key below center horizontal samplen 2; set datafile missing '-'",
        "$bars << END",
    ]
    for x in xs:
        found = [results.summary(case, x, metric) for case in cases]
        script.append(" ".join([x] + [f"{one.median} {one.low} {one.high}" if one else "- - -" for one in found]))
    bars = [
        f"$bars using {2 + 3 * i}:{3 + 3 * i}:{4 + 3 * i}:xticlabels(1) lc rgb '{COLOURS[i]}' title {quoted(names.get(case, case))}"
        for i, case in enumerate(cases)
    ]
    script += ["END", "plot " + ", ".join(bars)]
    subprocess.run(["gnuplot"], input="\n".join(script) + "\n", text=True, check=True)


def panel_script(panel):
    script, curves = [], []
    for index, case in enumerate(panel.cases):
        points = [(x, panel.results.summary(case, x, panel.metric)) for x in panel.xs]
        points = [(x, found) for x, found in points if found and (found.low > 0 or not panel.log_y)]
        if not points:
            continue
        script += [f"$curve{index} << END"]
        script += [f"{x} {found.median} {found.low} {found.high}" for x, found in points] + ["END"]
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


def look(panel):
    if panel.has_points:
        return "using 1:2:3:4 with yerrorlines pt 7 ps 0.5"
    return "using 1:2 with lines"


def scale(panel):
    """Few values of x are ticks, each of them; of many gnuplot chooses."""
    low, high = min(panel.xs), max(panel.xs)
    ticks = ", ".join(f"'{x}' {x}" for x in panel.xs) if len(panel.xs) <= 8 else ""
    ticks = f"set xtics ({ticks})" if ticks else "set xtics auto"
    if panel.log_x:
        return f"{ticks}; set logscale x; set xrange [{low * 0.8}:{high * 1.25}]"
    return f"{ticks}; unset logscale x; set xrange [{low}:{high}]"


def quoted(text):
    return "'" + str(text).replace("'", "''") + "'"
