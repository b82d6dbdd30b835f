"""Reads histograms from runs."""

from collections.abc import Collection, Sequence

import numpy as np

from keras_xavier.figures.data import (
    HistogramData,
    HistogramsOverTimeData,
    Integers,
)
from keras_xavier.figures.records import counted_values, nearest, spaced_records
from keras_xavier.figures.rows import bounds_of, columns_of
from keras_xavier.histogram_bins import BIN_COUNT
from keras_xavier.runs import Run
from keras_xavier.runs.phases import read_phases
from keras_xavier.statistics import Quantity, Statistic


def histogram_data(
    run: Run,
    quantity: Quantity | str,
    record: int,
    *,
    layers: Collection[str] | None = None,
    index: int = 0,
) -> HistogramData:
    """Reads the histograms of one quantity at one record.

    Args:
        run: `Run`.
        quantity: `Quantity` or str. Quantity to read.
        record: int. Index into `run.steps`; -1 is the last record.
        layers: Collection of str. Names or globs of rows to read that are not layers,
            such as `"*/bias"`. Defaults to `None`: all layers.
        index: int. Determines the color of the run. Defaults to 0.

    Returns:
        `HistogramData` with the layers that have the quantity.

    Raises:
        IndexError: If the run has no such record.
        ValueError: If no layer has the quantity.
    """
    quantity = Quantity(quantity)
    columns = columns_of(run, quantity, layers)
    return HistogramData(
        quantity=quantity,
        layers=tuple(run.layers[i].name for i in columns),
        step=int(run.steps[record]),
        counts=run.read_histogram(quantity, record)[columns],
        edges=run.edges(quantity)[columns],
        run=run.name,
        bounds=bounds_of(run, quantity, columns),
        index=index,
        is_last=record in (-1, len(run.steps) - 1),
        counted=counted_values(run, quantity, columns),
    )


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
    """Reads the histograms of one quantity at evenly spaced steps.

    Args:
        run: `Run`.
        quantity: `Quantity` or str. Quantity to read.
        layers: Collection of str. Names of the layers to read. Defaults to `None`: all
            layers.
        between: Tuple of two float. First and last step to read. Defaults to `None`:
            all steps.
        most: int. Maximum number of records to read. Defaults to 120.
        log_steps: bool. Whether steps are evenly spaced on a logarithmic axis.
            Defaults to `False`.
        near: Array of steps. The records nearest to these steps are read. Defaults to
            `None`: evenly spaced records.
        index: int. Determines the color of the run. Defaults to 0.
        previous: `HistogramsOverTimeData`. Data read earlier from the same run, whose
            records are not read again. Defaults to `None`.

    Returns:
        `HistogramsOverTimeData` with the layers that have the quantity.

    Raises:
        ValueError: If no layer has the quantity.
    """
    quantity = Quantity(quantity)
    steps = np.asarray(run.steps)
    measured = columns_of(run, quantity, layers)
    columns = [i for i in measured if layers is None or run.layers[i].name in layers]
    names = tuple(run.layers[i].name for i in columns)
    if near is None:
        records = spaced_records(steps, between, most, log_steps=log_steps)
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
        counted=counted_values(run, quantity, columns),
        phases=read_phases(run.attributes),
    )
