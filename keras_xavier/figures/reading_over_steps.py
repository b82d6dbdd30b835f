"""Reads from runs the histograms of many steps."""

from collections.abc import Sequence

import numpy as np

from keras_xavier.figures.data import HistogramsOverTimeData, Integers
from keras_xavier.figures.loaders import bounds_of, columns_of
from keras_xavier.figures.records import nearest, spread
from keras_xavier.histogram_bins import BIN_COUNT
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity, Statistic


def histograms_over_time_data(
    run: Run,
    quantity: Quantity | str,
    *,
    layers: Sequence[str] | None = None,
    between: tuple[float, float] | None = None,
    most: int = 120,
    log_steps: bool = False,
    near: Integers | None = None,
    index: int = 0,
    previous: HistogramsOverTimeData | None = None,
) -> HistogramsOverTimeData:
    """Reads the histograms of one quantity at steps that are evenly spread.

    Args:
        run: An opened run.
        quantity: What to read.
        layers: Names of the layers to read, or `None` for all.
        between: Steps between which to read, or `None` for all.
        most: How many records to read at most.
        log_steps: Whether steps are to be evenly spread on a logarithmic axis.
        near: Steps: in place of records that are evenly spread, those nearest to
            each of them are read.
        index: Decides on its colour beside other runs.
        previous: What was read before from the same run: of the same records it is
            taken over.

    Returns:
        The histograms of the layers that have the quantity.

    Raises:
        ValueError: If no layer has the quantity.
    """
    quantity = Quantity(quantity)
    steps = np.asarray(run.steps)
    measured = columns_of(run, quantity)
    columns = [i for i in measured if layers is None or run.layers[i].name in layers]
    names = tuple(run.layers[i].name for i in columns)
    if near is None:
        records = spread(steps, between, most, log_steps=log_steps)
    else:
        records = np.unique(nearest(steps, near))
    known = np.zeros(len(records), bool)
    counts = np.zeros((len(records), len(columns), BIN_COUNT), np.uint32)
    if (
        previous is not None
        and len(previous.steps)
        and (previous.quantity, previous.layers) == (quantity, names)
    ):
        old = np.searchsorted(previous.steps, steps[records])
        old = np.minimum(old, len(previous.steps) - 1)
        known = previous.steps[old] == steps[records]
        # A run that was overwritten by one with the same schedule differs here.
        if known.any():
            one = int(np.flatnonzero(known)[-1])
            read = run.read_histogram(quantity, int(records[one]))[columns]
            known &= bool(np.array_equal(read, previous.counts[old[one]]))
        counts[known] = previous.counts[old[known]]
    counts[~known] = run.read_histograms(quantity, records[~known], layers=columns)
    first, end = (records[0], records[-1] + 1) if len(records) else (0, 0)
    percentiles = run.read_several(
        quantity,
        (Statistic.P2, Statistic.P50, Statistic.P98),
        start=int(first),
        stop=int(end),
    )
    return HistogramsOverTimeData(
        quantity=quantity,
        layers=names,
        steps=steps[records],
        counts=counts,
        edges=run.edges(quantity)[columns],
        percentiles=percentiles[records - first][:, columns],
        ends=(int(steps[0]), int(steps[-1])) if len(steps) else (0, 0),
        records=int(end - first),
        all_layers=tuple(run.layers[i].name for i in measured),
        run=run.name,
        bounds=bounds_of(run, quantity, columns),
        index=index,
    )
