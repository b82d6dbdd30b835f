"""Which of the records of a run are drawn, where there are too many."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from keras_xavier.figures.data import Integers
from keras_xavier.runs import Run
from keras_xavier.text import evenly_spaced


def spread(
    steps: Integers,
    between: tuple[float, float] | None,
    most: int,
    *,
    log_steps: bool,
) -> Integers:
    """Records that are evenly spread over the steps in view, both ends with them."""
    first, last = 0, len(steps) - 1
    if between is not None:
        # The record before the view is the one that is seen at its left.
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
    """Steps at which runs can be compared: some of the one that got farthest.

    Args:
        steps: Recorded steps of each run.
        most: How many to choose at most.
        log_steps: Whether they are to be evenly spread on a logarithmic axis.

    Returns:
        Ascending steps, with both ends.
    """
    of = farthest(steps)
    return of[spread(of, None, most, log_steps=log_steps)]


def match(
    steps: Sequence[Integers], most: int, *, log_steps: bool = False
) -> tuple[Integers, list[list[int | None]]]:
    """Puts records of runs beside each other.

    Args:
        steps: Steps of the records of each run.
        most: How many of them to choose at most.
        log_steps: Whether they are evenly spaced on a logarithmic axis.

    Returns:
        Steps that are evenly spread among those of the run that got farthest; and of
        each run the index of the record that is nearest to each of them, `None` where
        it has none: each record is nearest to one step only.
    """
    chosen = farthest(steps)
    if len(chosen) and log_steps:
        chosen = chosen[spread(chosen, None, most, log_steps=True)]
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
    """The steps of the run that got farthest, the first one of several."""
    none = np.zeros(0, np.int64)
    return max(steps, key=lambda one: int(one[-1]) if len(one) else -1, default=none)


def nearest(steps: Integers, wanted: Integers) -> NDArray[np.intp]:
    """For each wanted step, the index of the nearest one; none if there are none."""
    if not len(steps):
        return np.zeros(0, np.intp)
    right = np.searchsorted(steps, wanted).clip(max=len(steps) - 1)
    left = np.maximum(right - 1, 0)
    return np.where(wanted - steps[left] <= steps[right] - wanted, left, right)


class UnrecordedStep(ValueError):
    """A run has no record of a step.

    Args:
        step: Which was asked for.
        steps: Those that were recorded, ascending.
        run: Name of the run.

    Attributes:
        nearest: Recorded steps around it; one beyond the ends, none without records.
        found: What was looked for, and what there is instead.
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
    """Index of the record of a step; without a step, of the last one.

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
