"""Runs whose every value follows from the step and the number of the writer."""

import numpy as np

from keras_xavier.histogram_bins import BIN_COUNT
from keras_xavier.runs import Run
from keras_xavier.statistics import (
    QUANTITIES,
    STATISTICS,
    UNIT_LIMIT,
    UNIT_STATISTICS,
    Layer,
    Measurement,
)

LAYERS = (
    Layer("hidden", "Dense", "tanh", 9, 9, -1.0, 1.0),
    Layer("output", "Dense", None, 9, 9),
)
SHAPE = len(QUANTITIES), len(LAYERS)
UNITS_SHAPE = len(LAYERS), UNIT_LIMIT, len(UNIT_STATISTICS)
WRITERS = 2**10
"""Maximum number of writers of a run: the number is a fraction of the loss."""


class WrongValueError(Exception):
    """A run has a value that no writer wrote there."""


def measurement(step: int, writer: int) -> Measurement:
    """Returns the values of a step; the first statistic is the number of the writer."""
    base = (step * 7919 + writer * 104729) % 2**20
    statistics = np.arange(base, base + SHAPE[0] * SHAPE[1] * len(STATISTICS))
    histogram = np.arange(base, base + SHAPE[0] * SHAPE[1] * BIN_COUNT)
    statistics[0] = writer
    units = np.arange(base, base + np.prod(UNITS_SHAPE))
    return Measurement(
        statistics.reshape(*SHAPE, -1).astype(np.float32),
        histogram.reshape(*SHAPE, -1).astype(np.uint32),
        units=units.reshape(UNITS_SHAPE).astype(np.float32),
    )


def loss(step: int, writer: int) -> float:
    return step + writer / WRITERS


def check(run: Run, start: int = 0) -> int:
    """Compares all values of a run with those that were written.

    Args:
        run: `Run`. The run.
        start: int. Index of the first record to check. Defaults to 0.

    Returns:
        int. The number of records.

    Raises:
        WrongValueError: If a value differs, or values of different moments are mixed.
    """
    steps, times = run.steps, run.wall_times
    rows = [np.empty((0, *SHAPE, len(STATISTICS)), np.float32)]
    rows += list(run.read_records("statistics"))
    statistics = np.concatenate(rows)
    if not len(steps) == len(times) == len(statistics) == run.records:
        raise WrongValueError(f"{run}: {len(steps)} steps, {len(statistics)} records")
    writers = statistics[:, 0, 0, 0].astype(int)
    if not np.isfinite(times).all() or (np.diff(writers) < 0).any():
        raise WrongValueError(f"{run}: times or writers are mixed: {writers}")
    at = 0
    for histograms in run.read_records("histogram"):
        for histogram in histograms:
            if at >= start and at < len(steps):
                expected = measurement(int(steps[at]), int(writers[at]))
                if not (
                    np.array_equal(statistics[at], expected.statistics)
                    and np.array_equal(histogram, expected.histogram)
                ):
                    raise WrongValueError(f"{run}: wrong values at step {steps[at]}")
            at += 1
    writers_by_step = dict(zip(steps.tolist(), writers.tolist(), strict=True))
    check_units(run, writers_by_step)
    check_metrics(run, writers_by_step)
    return len(steps)


def check_units(run: Run, writers: dict[int, int]) -> None:
    """Checks that statistics of units are those of the records of the same steps."""
    steps = run.unit_steps.tolist()
    for layer in range(len(LAYERS)):
        for step, found in zip(steps, run.read_units(layer), strict=True):
            if step not in writers:
                raise WrongValueError(f"{run}: units without a record at step {step}")
            expected = measurement(step, writers[step]).units
            if not np.array_equal(found, expected[layer, : LAYERS[layer].units]):
                raise WrongValueError(f"{run}: wrong units at step {step}")


def check_metrics(run: Run, writers: dict[int, int]) -> None:
    """Checks that metrics are those of the same writers as the records."""
    steps, losses = run.metrics().get("loss", (np.empty(0, int), np.empty(0)))
    fractions = (losses - steps) * WRITERS
    if not np.array_equal(fractions, fractions.astype(int)) or (fractions < 0).any():
        raise WrongValueError(f"{run}: wrong losses")
    for step, fraction in zip(steps.tolist(), fractions.tolist(), strict=True):
        if writers.get(step, fraction) != fraction:
            raise WrongValueError(f"{run}: loss of another writer at step {step}")
