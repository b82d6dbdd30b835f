"""Damaged runs: what can still be read of them."""

from keras_xavier.runs.errors import RunError
from keras_xavier.runs.reader import Run
from keras_xavier.runs.schema import State


def readable(run: Run) -> Run:
    """Returns a run, unless all of its records are damaged.

    Args:
        run: `Run`. Files of a run that is still written may arrive later.

    Raises:
        RunError: If all of its records are damaged.
    """
    if run.damage and not run.records and run.state is not State.RUNNING:
        raise RunError(run.damage)
    return run
