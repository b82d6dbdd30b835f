"""How it is measured: one forward and backward pass over a fixed probe."""

import importlib
from collections.abc import Sequence
from typing import Any

import keras

from keras_xavier.probing.examples import check_examples
from keras_xavier.probing.probe import Probe

__all__ = ["BACKENDS", "Probe", "check_examples", "make_probe"]

BACKENDS = ("tensorflow",)


def make_probe(
    model: keras.Model, x: Any, y: Any, *, layers: Sequence[str] | None = None
) -> Probe:
    """Prepares the measuring of a compiled model on fixed examples.

    The pass is traced here, once. It runs in inference mode with the loss the
    model was compiled with, additional losses and regularization included, and
    leaves weights, metrics, random states and batch statistics as they are.

    Measured is every layer that applies its `activation` function: Dense,
    convolutions, `Activation` and the like, and layers of your own that hold
    one. Layers inside of loops, such as the cells of recurrent layers, are not.

    Args:
        model: A compiled model; built on the probe if it is not built yet.
        x: Inputs, as `model.fit` takes them: an array, or a list or dict of
            arrays, with examples along the first axis.
        y: Targets, likewise.
        layers: Names of the layers to measure. Defaults to all.

    Returns:
        A probe, whose `measure()` may be called any number of times.

    Raises:
        ValueError: If the model is not compiled, the probe does not fit it, or
            it has no measurable layer of such a name.
        NotImplementedError: If Keras runs on a backend that is not supported.

    Example:

    >>> import numpy as np
    >>> model = keras.Sequential([keras.layers.Dense(3, "tanh")])
    >>> model.compile(loss="mse")
    >>> probe = make_probe(model, np.ones((8, 2)), np.ones((8, 3)))
    >>> probe.measure().statistics.shape
    (5, 1, 12)
    """
    backend = keras.backend.backend()
    if backend not in BACKENDS:
        raise NotImplementedError(
            f"Measuring works on {', '.join(BACKENDS)}; Keras runs on {backend}. "
            f"Set KERAS_BACKEND={BACKENDS[0]} before Keras is imported."
        )
    size = check_examples(x, y)
    if not model.compiled:
        raise ValueError(
            f"The model {model.name!r} is not compiled, so it has no loss to "
            "measure gradients of. Call model.compile(loss=...) first."
        )
    module = importlib.import_module(f"keras_xavier.probing.{backend}")
    probe: Probe = module.make_probe(model, x, y, size=size, layers=layers)
    return probe
