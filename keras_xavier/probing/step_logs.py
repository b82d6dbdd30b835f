"""Carries a measurement out of a training step, in the logs that the step returns."""

from typing import Any

import keras

from keras_xavier.probing.backend import Reduced

KEY = "keras_xavier"
"""The entry of the logs in which an instrumented step returns its measurement."""
LOGS = "keras_xavier/logs"
"""The entry of logs that are no dict."""
ENDS = "ends"
"""The entry of a measurement with both ends of the step; see `StepQuality.after`."""


def no_layers() -> Reduced:
    """Returns a summary of no layers."""
    return {"norms": keras.ops.zeros((0,))}


def extended(logs: Any, reduced: Reduced) -> dict[str, Any]:
    """Adds the measurement to the logs, which may be anything."""
    # The program may keep its logs, so they are copied.
    return {**logs, KEY: reduced} if type(logs) is dict else {LOGS: logs, KEY: reduced}


def split(logs: Any) -> tuple[Any, Reduced | None]:
    """Returns the logs of the step itself, and the measurement or `None`."""
    if not (isinstance(logs, dict) and KEY in logs):
        return logs, None
    reduced = logs.pop(KEY)
    return logs.get(LOGS, logs), reduced
