"""A tree of relays on paper: how late an entry reaches each of its viewers.

    PYTHONPATH=bench python3 -m commentary_bench tree FOLDER    # with scale.csv and fanout.csv

prints the table of SCALE.md and draws FOLDER/tree.svg. What a hop adds is measured
(bench-scale): the difference between the delays at k hops and at k - 1, quantile by
quantile. What a delivery costs is measured as well (bench-fanout, bench-tls): the n-th
receiver of a relay waits for n - 1 other sends. The network is assumed. An entry finds no
other one in the way: they come seconds apart.
"""

import bisect
import random
from typing import NamedTuple

from . import chart
from .figures import Figures
from .summaries import number, percentile
from .tables import markdown

SEED = 14
SAMPLES = 50_000
PERCENTS = [1, 5, 10, 25, 50, 75, 90, 95, 99]  # as bench-scale records them
TOLD = [50, 90, 99]
MOST_SHOWN = range(1, 100)


class Tree(NamedTuple):
    """fan_out: edges below each relay, from the root down; the last level has the viewers."""

    name: str
    fan_out: tuple
    viewers: int  # of each relay of the last level, which has one core
    has_tls: bool = True


class Measured(NamedTuple):
    """The delays are lists of µs at PERCENTS."""

    root: list  # from before the INSERT to a viewer of the root
    hops: list  # what each further hop adds
    send_us: float  # CPU of a delivery, by ws
    tls: float  # how many times as much by wss


class Network(NamedTuple):
    """One way, µs: between relays, and how much it varies (a share of it)."""

    hop_us: float
    spread: float


TREES = [
    Tree("200 edges of one relay, 50,000 viewers each", (200,), 50_000),
    Tree("400 edges of one relay, 25,000 viewers each", (400,), 25_000),
    Tree("20 edges, 20 edges of each, 25,000 viewers each", (20, 20), 25_000),
    Tree("20 edges, 50 edges of each, 10,000 viewers each", (20, 50), 10_000),
]
NETWORK = Network(hop_us=40_000, spread=0.25)


def at(quantiles, share):
    """The value below which the share, 0 to 1, of a distribution lies; straight lines between."""
    percent = 100 * share
    index = bisect.bisect_left(PERCENTS, percent)
    if index == 0:
        return quantiles[0]
    if index == len(PERCENTS):
        return quantiles[-1]
    low, high = PERCENTS[index - 1], PERCENTS[index]
    part = (percent - low) / (high - low)
    return quantiles[index - 1] * (1 - part) + quantiles[index] * part


def added(with_hop, without):
    """What a hop adds, quantile by quantile; never less than nothing, which would be noise."""
    return [max(0, more - less) for more, less in zip(with_hop, without)]


def delay_us(tree, measured, network, dice):
    """One viewer's delay of one entry."""
    total = at(measured.root, dice.random())
    factor = measured.tls if tree.has_tls else 1
    for edges in tree.fan_out:
        total += dice.random() * edges * measured.send_us  # its turn among its upstream's edges
        total += at(dice.choice(measured.hops), dice.random())
        total += network.hop_us * max(0, dice.gauss(1, network.spread))
    return total + dice.random() * tree.viewers * measured.send_us * factor


def delays_us(tree, measured, network=NETWORK, samples=SAMPLES):
    """Of so many viewers, in order. The dice are the same in each run."""
    dice = random.Random(SEED)
    return sorted(delay_us(tree, measured, network, dice) for _ in range(samples))


# --- what was measured ------------------------------------------------------------


def quantiles_at(figures, place):
    return [figures.summary("delay", place, f"delay_q{percent}_us").median for percent in PERCENTS]


def measured_of(scale, fanout, tls):
    """Figures of the three studies."""
    by_hops = [quantiles_at(scale, place) for place in ("0 hops", "1 hop", "2 hops")]
    most = fanout.most_measured("relay", [100, 1000, 5000, 10000], "one_cpu_us")
    factor = tls.ratio(("relay tls", 1000, "one_cpu_us"), ("relay", 1000, "one_cpu_us"))
    return Measured(
        root=by_hops[0],
        hops=[added(more, less) for less, more in zip(by_hops, by_hops[1:])],
        send_us=fanout.summary("relay", most, "one_cpu_us").median,
        tls=factor.median,
    )


def read(folder):
    return measured_of(*(Figures.read(f"{folder}/{name}.csv") for name in ("scale", "fanout", "tls")))


# --- telling ----------------------------------------------------------------------


def table(found):
    """found: {Tree: delays}."""
    rows = [["tree", "relays"] + [f"p{percent}, ms" for percent in TOLD] + ["the last, ms"]]
    for tree, delays in found.items():
        told = [percentile(delays, percent) for percent in TOLD] + [delays[-1]]
        rows.append([tree.name, f"{relays_of(tree):,}"] + [number(one / 1000) for one in told])
    return markdown(rows)


def relays_of(tree):
    """The root, and all below it."""
    count, level = 1, 1
    for edges in tree.fan_out:
        level *= edges
        count += level
    return count


def figures_of(found):
    """For the chart: the delay below which each per cent of the viewers lies."""
    figures = Figures()
    for tree, delays in found.items():
        for percent in MOST_SHOWN:
            figures.add(tree.name, percent, 1, "delay_ms", percentile(delays, percent) / 1000)
    return figures


def tell(folder):
    """Prints the table, and draws the chart."""
    measured = read(folder)
    found = {tree: delays_us(tree, measured) for tree in TREES}
    panel = chart.Panel(
        *["delay of an entry, ms", "delay_ms", [tree.name for tree in found], list(MOST_SHOWN)],
        log_x=False,
        has_points=False,
    )
    chart.draw(chart.Lines("per cent of the viewers", [panel]), figures_of(found), f"{folder}/tree.svg")
    print(f"a delivery: {measured.send_us:.2f} µs by ws, {measured.tls:.2f} times as much by wss\n")
    print(table(found), end="")

