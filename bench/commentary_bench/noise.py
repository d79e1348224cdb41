"""Whether the machine was quiet enough for its figures to be believed.

reference() is called between the repetitions, while the study's own programs rest. It
takes how busy other programs are, how long a fixed piece of work takes, and how much
time the hypervisor takes from it. problems() judges all that by the limits below.
"""

import statistics
import time

from .machine import cpu_ticks
from .reference import cpu_ms, sync_ms

CASE, X = "reference", 0  # of the figures

MOST_OTHERS_PCT = 10  # share of all CPUs that other programs use while the study rests
# Share that the hypervisor takes from the fixed piece of work: 3 to 5 % on a machine that
# was otherwise alone, because the hypervisor carries out the study's own disk writes and
# timers. Of this share and of the one above, the median of the repetitions is judged, as
# of all figures: a single disturbed repetition does not change theirs either.
MOST_STEAL_PCT = 5
# Slowest ÷ fastest of the same computation. A virtual CPU is often half of a core, and is
# slower by 1.7 while a neighbour uses the other half, without any steal. Ratios are taken
# side by side, so most of this cancels out; their brackets show the rest.
MOST_CPU_SPREAD = 2
MOST_SYNC_SPREAD = 3  # slowest ÷ fastest median of fdatasync: disks vary more


def others_pct(seconds):
    """How much of all CPUs is busy, while the study itself rests."""
    before = cpu_ticks()
    time.sleep(seconds)
    return before.busy_pct_until(cpu_ticks())


def reference(record, repetition, folder, began):
    """Takes the figures of one repetition. record(case, x, repetition, metric=value, …);
    folder: on the disk that is measured; began: CpuTicks when the study began."""

    def take(**figures):
        record(CASE, X, repetition, **figures)

    take(others_pct=f"{others_pct(1):.1f}")
    before = cpu_ticks()
    take(cpu_ms=f"{cpu_ms():.1f}", sync_ms=f"{sync_ms(folder):.3f}")
    now = cpu_ticks()
    take(
        steal_pct=f"{before.stolen_pct_until(now):.1f}",
        loaded_steal_pct=f"{began.stolen_pct_until(now):.1f}",
    )


class Noise:
    """What the references of a study's figures say."""

    def __init__(self, figures):
        self.figures = figures

    def values(self, metric):
        return list(self.figures.of(CASE, X, metric).values())

    def worst(self, metric):
        return max(self.values(metric), default=0)

    def usual(self, metric):
        """The median, as it is told: what is shown as 10.0 is not more than 10."""
        values = self.values(metric)
        return round(statistics.median(values), 1) if values else 0.0

    def spread(self, metric):
        """The largest ÷ the smallest."""
        values = self.values(metric)
        return round(max(values) / min(values), 2) if values and min(values) > 0 else 1.0

    def problems(self):
        """What was too noisy, a text for each; empty when the figures can be believed."""
        judged = [
            ("other programs used", f"{self.usual('others_pct'):.1f}", MOST_OTHERS_PCT, " %"),
            ("the hypervisor took", f"{self.usual('steal_pct'):.1f}", MOST_STEAL_PCT, " %"),
            ("the same computation took, slowest by fastest,", f"{self.spread('cpu_ms'):.2f}", MOST_CPU_SPREAD, ""),
            ("the same fdatasync took, slowest by fastest,", f"{self.spread('sync_ms'):.2f}", MOST_SYNC_SPREAD, ""),
        ]
        return [
            f"{what} {found}{unit}, at most {most}{unit} is believed"
            for what, found, most, unit in judged
            if float(found) > most
        ]

    def summary(self):
        """The same as figures, for the section."""
        told = (
            f"others {self.usual('others_pct'):.1f} %;"
            f" stolen {self.usual('steal_pct'):.1f} (≤ {self.worst('steal_pct'):g}) %,"
            f" under load ≤ {self.worst('loaded_steal_pct'):g} %;"
            f" reference runs, slowest ÷ fastest: computation {self.spread('cpu_ms'):.2f},"
            f" fdatasync {self.spread('sync_ms'):.2f}"
        )
        return told + (". **Too noisy to be believed**" if self.problems() else "")
