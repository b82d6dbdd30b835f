"""Commands that try a remedy."""

import math
import shlex
from collections import Counter
from collections.abc import Iterable
from typing import Any

from keras_xavier.activation_table import ACTIVATION_NAMES, SUITED_INITIALIZERS
from keras_xavier.diagnosis.finding import CodeChange
from keras_xavier.diagnosis.network import hidden_rows, weights_change
from keras_xavier.diagnosis.reading import once
from keras_xavier.initializer_table import INITIALIZER_NAMES, KERAS_NAMES
from keras_xavier.runs import Run

ALLOWED: dict[str, tuple[str, ...]] = {
    "dataset": ("shapeset3x2", "mnist", "cifar10"),
    "activation": ACTIVATION_NAMES,
    "initializer": INITIALIZER_NAMES,
}
COUNTS = ("layers", "units", "batch_size", "updates")


def try_it(run: Run, **changes: Any) -> str:
    """Returns the command that trains the network with some hyperparameters changed.

    Args:
        run: `Run`.
        **changes: Hyperparameters to change; `None` keeps the value.

    Returns:
        str. The command, if `keras-xavier train` recorded the run; otherwise `""`.
    """
    if not (chosen := own_hyperparameters(run)):
        return ""
    chosen |= {name: value for name, value in changes.items() if value is not None}
    words = ["keras-xavier", "train"]
    for name, value in chosen.items():
        text = f"{value:.3g}" if isinstance(value, float) else str(value)
        words += [f"--{name.replace('_', '-')}", text]
    return shlex.join(words)


def own_hyperparameters(run: Run) -> dict[str, Any]:
    """Returns valid hyperparameters of `keras-xavier train`; empty for other runs."""
    given = run.hyperparameters
    if not {"activation", "initializer", "layers", "units"} <= given.keys():
        return {}
    names = {
        name: given[name]
        for name, allowed in ALLOWED.items()
        if given.get(name) in allowed
    }
    numbers = {
        name: given[name]
        for name in COUNTS
        if type(given.get(name)) is int and given[name] > 0
    }
    rate = learning_rate(run)
    return {**names, **numbers} | ({"learning_rate": rate} if rate else {})


def activation(run: Run) -> str | None:
    """Returns the most frequent supported activation of the hidden layers."""
    return once(run, activation, lambda: _activation(run))


def _activation(run: Run) -> str | None:
    layers = run.layers
    names = Counter(layers[index].activation for index in hidden_rows(run))
    known = (name for name, _ in names.most_common() if name in ACTIVATION_NAMES)
    return next(known, None)


def better(run: Run) -> dict[str, str]:
    """Returns an activation and a suitable initializer for `keras-xavier train`.

    The activation of the run is kept if an initializer suits it.
    """
    name = activation(run) or "tanh"
    if name == "sigmoid":
        # The edge of chaos of the sigmoid needs weights ten times the usual size.
        return {"activation": "tanh", "initializer": "normalized"}
    return {"activation": name, "initializer": SUITED_INITIALIZERS[name]}


def better_weights(run: Run, rows: Iterable[int]) -> CodeChange | None:
    """Writes `better` as a change of the first hidden layer in some rows that it
    changes."""
    suited = better(run)
    other = suited["activation"] if suited["activation"] != activation(run) else None
    return weights_change(run, rows, suited["initializer"], other)


def advice(run: Run) -> str:
    """Describes `better` in terms of Keras."""
    name, initializer = better(run).values()
    other = f"use {name} instead of sigmoid and " if name != activation(run) else ""
    keras = KERAS_NAMES[initializer]
    weights = f"{other}initialize the weights with kernel_initializer={keras!r}"
    critical = f"critical = kx.initializers.Critical({name!r})"
    text = f"{weights}, or weights and biases with {critical}, passed as "
    text += "kernel_initializer=critical and bias_initializer=critical"
    return text[0].upper() + text[1:]


def learning_rate(run: Run) -> float | None:
    """Returns the learning rate of the run, if recorded."""
    optimizer = run.attributes.get("optimizer")
    recorded = optimizer.get("learning_rate") if isinstance(optimizer, dict) else None
    for rate in (run.hyperparameters.get("learning_rate"), recorded):
        if isinstance(rate, int | float) and 0 < rate < math.inf:
            return float(rate)
    return None
