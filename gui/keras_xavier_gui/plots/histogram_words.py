"""Histograms in words, for those who do not see them."""

from collections.abc import Collection

from keras_xavier.figures import HistogramData, HistogramsOverTimeData
from keras_xavier.histogram_bins import BIN_COUNT, NONFINITE_BINS
from keras_xavier_gui.plots.plot_tab import number
from keras_xavier_gui.plots.read_request import nearest


def at_one_step(data: HistogramData, hidden: Collection[str]) -> str:
    """How many values there are in each layer of a run."""
    finite = BIN_COUNT - len(NONFINITE_BINS)
    layers = [
        f"{name}: {int(data.counts[i].sum()):,} values, "
        f"{int(data.counts[i, finite:].sum()):,} of them not finite"
        for i, name in enumerate(data.layers)
        if name not in hidden
    ]
    return (
        f"{data.quantity.label}s of {data.run} at step {data.step:,}. "
        f"{'; '.join(layers)}."
    )


def over_steps(
    data: HistogramsOverTimeData, hidden: Collection[str], step: int | None
) -> str:
    """Where the values of each layer of a run are, at the step or the last one."""
    if not len(data.steps):
        return "No records yet."
    record = nearest(data.steps, step)
    percentiles = data.percentiles[record]
    layers = [
        f"{layer}: median {number(percentiles[i, 1])}, 2nd to 98th percentile "
        f"{number(percentiles[i, 0])} to {number(percentiles[i, 2])}"
        for i, layer in enumerate(data.layers)
        if layer not in hidden
    ]
    return (
        f"{data.quantity.label}s of {data.run}, values at {len(data.steps)} of the "
        f"steps {data.steps[0]:,} to {data.steps[-1]:,}. At step "
        f"{data.steps[record]:,}: {'; '.join(layers)}."
    )
