"""Commands that try a remedy."""

import math
import shlex
from collections import Counter
from typing import Any

from keras_xavier.activation_table import ACTIVATION_NAMES, SUITED_INITIALIZERS
from keras_xavier.diagnosis.reading import has_matrix
from keras_xavier.initializer_table import INITIALIZER_NAMES, KERAS_NAMES
from keras_xavier.runs import Run
from keras_xavier.statistics import hidden_layers

MOST_LAYERS, MOST_UNITS = 30, 1000
"""Of a network that stands for one that is not the paper's."""
ALLOWED: dict[str, tuple[str, ...]] = {
    "dataset": ("shapeset3x2", "mnist", "cifar10"),
    "activation": ACTIVATION_NAMES,
    "initializer": INITIALIZER_NAMES,
}
COUNTS = ("layers", "units", "batch_size", "updates")


def try_it(run: Run, **changes: Any) -> str:
    """The command that trains the network anew, with something changed.

    Args:
        run: A run of `keras-xavier train`, whose settings are kept, or any other one,
            for which a network of the paper's kind stands with as many layers and
            units and the same activation.
        **changes: Settings to change; `None` leaves one as it is.
    """
    settings = own_settings(run) or similar_settings(run)
    settings |= {name: value for name, value in changes.items() if value is not None}
    words = ["keras-xavier", "train"]
    for name, value in settings.items():
        text = f"{value:.3g}" if isinstance(value, float) else str(value)
        words += [f"--{name.replace('_', '-')}", text]
    return shlex.join(words)


def own_settings(run: Run) -> dict[str, Any]:
    """Those of `keras-xavier train`, as far as they can be trusted; or none."""
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


def similar_settings(run: Run) -> dict[str, Any]:
    """Those of a network of the paper's kind that is like the run's."""
    matrix = has_matrix(run)
    layers = [run.layers[i] for i in hidden_layers(run.layers) if matrix[i]]
    units = sorted(layer.units for layer in layers if layer.units > 0)
    return {
        "dataset": "shapeset3x2",
        "activation": activation(run) or "tanh",
        "layers": min(max(len(layers), 1), MOST_LAYERS),
        "units": min(units[len(units) // 2], MOST_UNITS) if units else 100,
        "updates": 2000,
    }


def activation(run: Run) -> str | None:
    """The most frequent activation of the hidden layers that is known here."""
    names = Counter(run.layers[index].activation for index in hidden_layers(run.layers))
    known = (name for name, _ in names.most_common() if name in ACTIVATION_NAMES)
    return next(known, None)


def better(run: Run) -> dict[str, str]:
    """Activation and initialization that go together, as `keras-xavier train` has it.

    The activation is the run's own if any weights suit it.
    """
    name = activation(run) or "tanh"
    if name == "sigmoid":
        # On its edge of chaos weights are ten times as large as usual.
        return {"activation": "tanh", "initializer": "normalized"}
    return {"activation": name, "initializer": SUITED_INITIALIZERS[name]}


def advice(run: Run) -> str:
    """The same in the words of Keras."""
    name, initializer = better(run).values()
    other = f"take {name} instead of sigmoid, and " if name != activation(run) else ""
    keras = KERAS_NAMES[initializer]
    drawn = f"{other}draw the weights by kernel_initializer={keras!r}"
    text = f"{drawn}, or kx.initializers.Critical({name!r})"
    return text[0].upper() + text[1:]


def learning_rate(run: Run) -> float | None:
    """The step size that the run was trained with, if it says so."""
    optimizer = run.attributes.get("optimizer")
    told = optimizer.get("learning_rate") if isinstance(optimizer, dict) else None
    for rate in (run.hyperparameters.get("learning_rate"), told):
        if isinstance(rate, int | float) and 0 < rate < math.inf:
            return float(rate)
    return None
