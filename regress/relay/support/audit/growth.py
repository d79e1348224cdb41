"""How much something grows, as the line through its samples has it."""
import statistics


def growth(samples):
    """Of (when, how much), at least two: from a third of them on, when what fills up is full."""
    settled = samples[len(samples) // 3:]
    when, much = zip(*settled)
    return statistics.linear_regression(when, much).slope * (when[-1] - when[0])
