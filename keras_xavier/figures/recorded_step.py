"""Which record of a run is that of a step."""

from collections.abc import Sequence

import numpy as np

from keras_xavier.runs import Run


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
