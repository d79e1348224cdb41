"""How much something grows: by the line through its samples."""
import statistics


def growth(samples):
    """The growth over the last two thirds of samples (when, how much): what fills up once is full by then."""
    settled = samples[len(samples) // 3:]
    when, much = zip(*settled)
    return statistics.linear_regression(when, much).slope * (when[-1] - when[0])
