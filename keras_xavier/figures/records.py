"""Selects records of runs: evenly spaced, matching between runs, or by their step."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from keras_xavier.figures.data import Integers
from keras_xavier.runs import Run
from keras_xavier.statistics import PERCENTILES, Quantity, Statistic
from keras_xavier.text import evenly_spaced

COUNTED = (*PERCENTILES, Statistic.SATURATED)
"""Statistics that may come from a part of the values."""


def spaced_records(
    steps: Integers, between: tuple[float, float] | None, most: int, *, log_steps: bool
) -> Integers:
    """Returns indices of evenly spaced records in view, including both ends."""
    first, last = 0, len(steps) - 1
    if between is not None:
        # The record before the view is visible at its left.
        first = max(int(np.searchsorted(steps, between[0], side="right")) - 1, 0)
        last = min(int(np.searchsorted(steps, between[1])), last)
    if last - first < most:
        return np.arange(first, last + 1)
    places = np.log1p(steps.astype(float)) if log_steps else steps.astype(float)
    wanted = np.linspace(places[first], places[last], most)
    return np.unique(np.searchsorted(places, wanted).clip(first, last))


def common_steps(
    steps: Sequence[Integers], most: int, *, log_steps: bool = False
) -> Integers:
    """Returns evenly spaced steps of the longest run, at which to compare runs.

    Args:
        steps: Recorded steps of each run.
        most: Largest number of steps.
        log_steps: Whether they are evenly spaced on a logarithmic axis.

    Returns:
        Ascending steps, including both ends.
    """
    of = farthest(steps)
    return of[spaced_records(of, None, most, log_steps=log_steps)]


def match(
    steps: Sequence[Integers], most: int, *, log_steps: bool = False
) -> tuple[Integers, list[list[int | None]]]:
    """Matches the records of runs by their steps.

    Args:
        steps: Recorded steps of each run.
        most: Largest number of steps.
        log_steps: Whether they are evenly spaced on a logarithmic axis.

    Returns:
        Evenly spaced steps of the longest run, and for each run the index of the
        record nearest to each step. It is `None` if that record is nearer to another
        step.
    """
    chosen = farthest(steps)
    if len(chosen) and log_steps:
        chosen = chosen[spaced_records(chosen, None, most, log_steps=True)]
    elif len(chosen):
        chosen = chosen[evenly_spaced(len(chosen), most)]
    matched: list[list[int | None]] = []
    for one in steps:
        found = nearest(one, chosen)
        rows = nearest(chosen, one[found])
        fits = {int(row): int(k) for row, k in enumerate(found) if rows[row] == row}
        matched.append([fits.get(row) for row in range(len(chosen))])
    return chosen, matched


def farthest(steps: Sequence[Integers]) -> Integers:
    """Returns the steps of the run with the largest step."""
    none = np.zeros(0, np.int64)
    return max(steps, key=lambda one: int(one[-1]) if len(one) else -1, default=none)


def nearest(steps: Integers, wanted: Integers) -> NDArray[np.intp]:
    """Returns the index of the step nearest to each wanted step, if steps exist."""
    if not len(steps):
        return np.zeros(0, np.intp)
    right = np.searchsorted(steps, wanted).clip(max=len(steps) - 1)
    left = np.maximum(right - 1, 0)
    return np.where(wanted - steps[left] <= steps[right] - wanted, left, right)


class UnrecordedStep(ValueError):
    """Raised if a run has no record of a step.

    Args:
        step: int. The step.
        steps: Recorded steps, ascending.
        run: str. Name of the run.

    Attributes:
        nearest: Tuple of int. The recorded steps before and after the step.
        found: str. The message without a suggestion.
    """

    def __init__(self, step: int, steps: Sequence[int], run: str) -> None:
        after = int(np.searchsorted(steps, step))
        self.nearest = tuple(int(one) for one in steps[max(after - 1, 0) : after + 1])
        near = " and ".join(map(str, self.nearest))
        if not self.nearest:
            there = "it has no records"
        elif len(self.nearest) > 1:
            there = f"the nearest are {near}"
        else:
            there = f"the {'last' if after else 'first'} one is {near}"
        self.found = f"Step {step} was not recorded in {run}; {there}"
        super().__init__(f"{self.found}. Choose one of run.steps")


def record_of(run: Run, step: int | None) -> int:
    """Returns the index of the record of a step, or of the last record.

    Raises:
        UnrecordedStep: If the step was not recorded.
    """
    if step is None:
        return -1
    steps = np.asarray(run.steps)
    record = int(np.searchsorted(steps, step))
    if record < len(steps) and steps[record] == step:
        return record
    raise UnrecordedStep(step, steps.tolist(), run.name)


def counted_values(
    run: Run, quantity: Quantity, columns: Sequence[int]
) -> tuple[tuple[int, int], ...]:
    """Returns the counted and all values of the layers that were counted in part."""
    layers = [run.layers[i] for i in columns]
    return tuple(one.counted[quantity] for one in layers if quantity in one.counted)
