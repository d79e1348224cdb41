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


def draw(path, panels, x_name):
    """Writes an SVG with the panels side by side. x is logarithmic."""
    script = [
        f"set terminal svg size {480 * len(panels)},420 font 'sans,12' background '#ffffff'",
        f"set output {quoted(path)}",
        f"set multiplot layout 1,{len(panels)}",
        "set grid ytics lc '#dddddd'; set border 3; set tics nomirror",
        f"set logscale x; set xlabel {quoted(x_name)}; set format y '%g'",
        "set key below center horizontal samplen 2; set bars 0.5",
    ]
    for panel in panels:
        script += panel_script(panel)
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
            f"$curve{index} using 1:2:3:4 with yerrorlines pt 7 ps 0.5 lw 1.5"
            f" lc rgb '{COLOURS[index % len(COLOURS)]}' title {quoted(panel.names.get(case, case))}"
        )
    if not curves:
        return []
    ticks = ", ".join(f"'{x}' {x}" for x in panel.xs)
    return script + [
        f"set title {quoted(panel.title)}; set xtics ({ticks})",
        f"set xrange [{min(panel.xs) * 0.8}:{max(panel.xs) * 1.25}]",
        "set logscale y; set yrange [*:*]" if panel.log_y else "unset logscale y; set yrange [0:*]",
        "plot " + ", ".join(curves),
    ]


def quoted(text):
    return "'" + str(text).replace("'", "''") + "'"
