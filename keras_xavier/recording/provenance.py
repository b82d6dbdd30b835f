"""Metadata stored with a run: backend, versions, seed, optimizer, first biases."""

import importlib
import json
import platform
from typing import Any

import keras
import numpy as np

from keras_xavier.initializers import Critical
from keras_xavier.theory.prediction import BIAS_VARIANCES, PLAIN
from keras_xavier.version import __version__


def run_attributes(
    model: keras.Model, *, source: str, probe_size: int | None, seed: Any
) -> dict[str, Any]:
    """Returns the metadata to store with a run, JSON-serializable.

    Args:
        model: `keras.Model`. The model that is measured.
        source: str. The measured data: `"probe"` or `"batch"`.
        probe_size: int or `None`. Number of examples of the probe.
        seed: Any JSON value, or `None`. The seed among the hyperparameters.
    """
    backend = keras.backend.backend()
    attributes: dict[str, Any] = {
        "source": source,
        "backend": backend,
        "versions": {
            "python": platform.python_version(),
            "keras_xavier": __version__,
            "keras": keras.__version__,
            "numpy": np.__version__,
            backend: importlib.import_module(backend).__version__,
        },
    }
    if probe_size is not None:
        attributes["probe_size"] = probe_size
    if seed is not None:
        attributes["seed"] = seed
    attributes[BIAS_VARIANCES] = bias_variances(model)
    if (optimizer := getattr(model, "optimizer", None)) is not None:
        attributes["optimizer"] = describe(optimizer)
    return attributes


def bias_variances(model: keras.Model) -> dict[str, float] | None:
    """Returns the variances of the initial biases of a chain of dense layers.

    Returns:
        Dict from the name of a layer to its variance, from the input up; `None` if the
        model is not such a chain, or the variance of its biases is unknown.
    """
    found: dict[str, float] = {}
    for layer in model.layers if isinstance(model, keras.Sequential) else ():
        if type(layer).__name__ not in PLAIN:
            return None
        if not isinstance(layer, keras.layers.Dense):
            continue
        match layer.bias_initializer if layer.use_bias else keras.initializers.Zeros():
            case keras.initializers.Zeros():
                found[layer.name] = 0.0
            case Critical() as critical:
                found[layer.name] = critical.bias_variance
            case _:
                return None
    return found or None


def describe(optimizer: keras.optimizers.Optimizer) -> dict[str, Any]:
    """Returns class and configuration of an optimizer, JSON-serializable."""
    try:
        config = optimizer.get_config()
    except Exception as error:  # noqa: BLE001 - raised by custom schedules
        config = {"config": f"unavailable: {type(error).__name__}: {error}"}
    config = {"class": type(optimizer).__name__, **config}
    described: dict[str, Any] = json.loads(json.dumps(config, default=str))
    return described
