"""How it is measured: on a fixed probe, or inside of the training step."""

from typing import Any

import keras

from keras_xavier.probing import probe as _probe
from keras_xavier.probing.backend import BACKENDS, load_backend
from keras_xavier.probing.examples import check_examples
from keras_xavier.probing.introspection import is_built
from keras_xavier.probing.jacobians import LayerJacobian, layer_jacobian_singular_values
from keras_xavier.probing.observation import (
    TrainingSteps,
    end_observation,
    observe_training,
)
from keras_xavier.probing.probe import Loss, MeasuringPass, Probe, measuring_pass
from keras_xavier.probing.selection import Layers, check_layers, select_layers
from keras_xavier.probing.training_step import InstrumentedTraining

__all__ = [
    "BACKENDS",
    "InstrumentedTraining",
    "LayerJacobian",
    "Layers",
    "Loss",
    "MeasuringPass",
    "Probe",
    "TrainingSteps",
    "check_examples",
    "check_layers",
    "end_observation",
    "is_built",
    "layer_jacobian_singular_values",
    "make_probe",
    "measuring_pass",
    "observe_training",
    "select_layers",
]


def make_probe(model: keras.Model, x: Any, y: Any, *, layers: Layers = None) -> Probe:
    """Prepares the measuring of a compiled model on fixed examples.

    The pass is traced here, once. It runs in inference mode with the loss the
    model was compiled with, additional losses and regularization included, and
    leaves weights, metrics, random states and batch statistics as they are.

    Measured is every layer that applies an activation function or has weights,
    at any depth, those of your own included. Of layers that repeat others for each
    step of a sequence, such as recurrent ones, the outputs are measured.

    Args:
        model: A compiled model; built on the probe if it is not built yet.
        x: Inputs, as `model.fit` takes them: an array, or a list or dict of
            arrays, with examples along the first axis.
        y: Targets, likewise.
        layers: Which of them to measure: names, globs such as `"conv*"`, classes,
            or a function from a layer to True or False. Defaults to all.

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
    (6, 1, 12)
    """
    load_backend()
    size = check_examples(x, y)
    if not model.compiled:
        raise ValueError(
            f"The model {model.name!r} is not compiled, so it has no loss to "
            "measure gradients of. Call model.compile(loss=...) first."
        )
    return _probe.make_probe(model, x, y, size=size, layers=layers)
