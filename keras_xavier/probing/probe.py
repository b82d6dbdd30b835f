"""Measuring a model on given examples, by one pass forward and backward."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras

from keras_xavier.probing import introspection
from keras_xavier.probing.backend import Backend, Marks, Tensor, load_backend
from keras_xavier.probing.examples import check_examples
from keras_xavier.probing.layer_table import make_rows
from keras_xavier.probing.recording import Recorder, observed, recording
from keras_xavier.probing.reduction import (
    Layout,
    Reduced,
    gradient_norm,
    make_layout,
    reduce_rows,
    to_measurement,
)
from keras_xavier.probing.selection import Layers, is_float, select_layers
from keras_xavier.statistics import ONLY_IN_TRAINING, Layer, Measurement, Quantity

Loss = Callable[[Any, Any], Tensor]
MISSING = {Quantity.WEIGHT_UPDATE: ONLY_IN_TRAINING}


@dataclass(frozen=True)
class Probe:
    """A model and the fixed examples on which it is measured.

    Attributes:
        layers: The measured layers, in the order in which the model calls them.
        size: Number of examples.
        measure: Takes all statistics, by one forward and backward pass in inference
            mode that changes nothing: with the present weights, or, while JAX
            trains, with those in the state of its training step.
        compilation: What the pass was traced with, see `is_of`.
    """

    layers: tuple[Layer, ...]
    size: int
    measure: Callable[..., Measurement]
    compilation: tuple[object, ...] = field(repr=False)

    def is_of(self, model: keras.Model) -> bool:
        """Whether it measures this model, as it is compiled now."""
        return introspection.is_same(self.compilation, model)


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
    x, y = keras.tree.map_structure(to_tensor, (x, y))
    measured = measuring_pass(model, x, y, layers=layers)

    def measure(state: Any = None) -> Measurement:
        return measured(x, y, state=state)

    compilation = introspection.compilation(model)
    return Probe(measured.layout.layers, size, measure, compilation)


def measuring_pass(
    model: keras.Model,
    x: Any,
    y: Any,
    *,
    loss: Loss | None = None,
    layers: Layers = None,
) -> "MeasuringPass":
    """Makes a pass for examples like these, and looks whether the model takes them.

    Raises:
        ValueError: If it does not, or has no such layers.
    """
    x, y = keras.tree.map_structure(to_tensor, (x, y))
    introspection.build(model, x)
    measured = MeasuringPass(model, loss=loss, layers=layers)
    try:
        measured.trace(x, y)
    except (ValueError, TypeError, RuntimeError, IndexError) as error:
        shapes = keras.tree.map_structure(lambda array: tuple(array.shape), (x, y))
        raise ValueError(
            f"The model {model.name!r} does not take this probe, whose inputs and "
            f"targets have the shapes {shapes}: {error}"
        ) from error
    return measured


def to_tensor(array: Any) -> Tensor:
    """Converts as `fit` does: what is floating becomes the default float type."""
    tensor = keras.ops.convert_to_tensor(array)
    if keras.backend.is_float_dtype(keras.backend.standardize_dtype(tensor.dtype)):
        return keras.ops.cast(tensor, keras.config.floatx())
    return tensor


class MeasuringPass:
    """One forward and backward pass in inference mode, compiled for its examples.

    Args:
        model: A model that is built.
        loss: A function of targets and predictions; by default the loss that the
            model is compiled with, and all that is added to it.
        layers: Which layers to measure.
    """

    def __init__(
        self, model: keras.Model, *, loss: Loss | None = None, layers: Layers = None
    ) -> None:
        self.model = model
        self.loss = loss
        self.layers = select_layers(model, layers)
        self._layer_names = introspection.layer_names(model)
        self.layout = Layout()
        self.backend: Backend = load_backend()
        # In this order also when layers are frozen afterwards.
        self._variables = variables(model)
        self._compiled = self.backend.compiled(self._run)

    def __call__(self, x: Any, y: Any, *, state: Any = None) -> Measurement:
        x, y = keras.tree.map_structure(to_tensor, (x, y))
        with observed(self.layers):
            reduced, scalars = self._compiled(*self._arguments(state), x, y)
        return to_measurement(self.layout, reduced, scalars)

    def trace(self, x: Any, y: Any) -> None:
        """Finds out whether the model takes such examples, and the layer table."""
        with observed(self.layers):
            self.backend.trace(self._compiled, *self._arguments(None), x, y)

    def _arguments(self, state: Any) -> tuple[list[Tensor], Tensor | None]:
        scale = introspection.loss_scale(self.model)
        asked = [*self._variables, *([] if scale is None else [scale])]
        values = self.backend.read(self.model, asked, state)
        return values, None if scale is None else values.pop()

    def _run(
        self, values: list[Tensor], scale: Tensor | None, x: Any, y: Any
    ) -> tuple[Reduced, dict[str, Tensor]]:
        recorder = Recorder(self.backend)
        known = self._variables
        names = {id(variable): str(i) for i, variable in enumerate(known)}

        def differentiate(values: list[Tensor], scale: Any, x: Any, y: Any) -> Tensor:
            wanted = [i for i, variable in enumerate(known) if is_float(variable)]
            loss, gradients = self.backend.value_and_gradients(
                lambda values: self._loss(values, scale, x, y), values, wanted
            )
            for i, gradient in zip(wanted, gradients, strict=True):
                if gradient is not None:
                    recorder.mark(f"dw/{i}", gradient)
            return loss

        with recording(recorder):
            loss = self.backend.run_marked(
                differentiate, recorder.marks, values, scale, x, y
            )
        recorder.marks |= {f"w/{i}": value for i, value in enumerate(values)}
        unscale(recorder.marks, scale)
        rows = make_rows(
            recorder, self.layers, self._layer_names, lambda v: names[id(v)], MISSING
        )
        self.layout = make_layout(rows, self.layout)
        scalars = {"probe_loss": loss if scale is None else loss / scale}
        trained = [f"dw/{names[id(v)]}" for v in self.model.trainable_variables]
        if gradients := [
            recorder.marks[name] for name in trained if name in recorder.marks
        ]:
            scalars["gradient_norm"] = gradient_norm(self.backend, gradients)
        return reduce_rows(self.backend, rows, self.layout), scalars

    def _loss(self, values: list[Tensor], scale: Any, x: Any, y: Any) -> Tensor:
        """Runs the model with the given values; assigns nothing to its variables."""
        mapping = list(zip(self._variables, values, strict=True))
        with keras.StatelessScope(mapping, collect_losses=True):
            predictions = self.model(x, training=False)
            if self.loss is None:
                loss = introspection.compute_loss(self.model, x, y, predictions)
            else:
                loss = keras.ops.mean(self.loss(y, predictions))
        return loss if scale is None else loss * keras.ops.cast(scale, loss.dtype)


def variables(model: keras.Model) -> list[keras.Variable]:
    return [*model.trainable_variables, *model.non_trainable_variables]


def unscale(marks: Marks, scale: Tensor | None) -> None:
    """Takes the factor of mixed precision out of gradients."""
    if scale is None:
        return
    for name in marks:
        if name.startswith(("ds/", "dw/")):
            gradient = keras.ops.cast(marks[name], "float32")
            marks[name] = gradient / keras.ops.cast(scale, "float32")
