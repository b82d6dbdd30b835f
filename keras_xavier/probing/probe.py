"""Measures a model on given examples in one forward and backward pass."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import keras

from keras_xavier.probing import introspection, naming
from keras_xavier.probing.attention import ATTENTION_LAYERS, attention_shadows
from keras_xavier.probing.attention_masks import masks_kept
from keras_xavier.probing.backend import Backend, Marks, Reduced, Tensor, load_backend
from keras_xavier.probing.data_rows import mark_data
from keras_xavier.probing.examples import check_examples
from keras_xavier.probing.layer_table import in_order_of, make_layer_table
from keras_xavier.probing.nonfinite_watch import watched_marks, watching
from keras_xavier.probing.recurrence import has_gates, recurrent_shadows
from keras_xavier.probing.reduction import (
    Collected,
    Layout,
    collect,
    measured_sizes,
    reduce_collected,
    to_measurement,
    with_counted,
)
from keras_xavier.probing.sampling import LIMIT, NO_LIMIT
from keras_xavier.probing.selection import (
    Layers,
    MismatchError,
    select_layers,
)
from keras_xavier.probing.tensor_recorder import (
    TensorRecorder,
    instrumented,
    recording,
)
from keras_xavier.probing.weight_updates import WeightUpdates
from keras_xavier.probing.weights import is_float
from keras_xavier.statistics import ONLY_IN_TRAINING, Layer, Measurement, Quantity

Loss = Callable[[Any, Any], Tensor]
MISSING = {Quantity.WEIGHT_UPDATE: ONLY_IN_TRAINING}


@dataclass(frozen=True)
class Probe:
    """A model and the fixed examples that it is measured on.

    Attributes:
        layers: Tuple of `Layer`, in the order in which the model calls them.
        size: int. Number of examples.
        measure: Function that returns a `Measurement`. Runs one forward and backward
            pass in inference mode with the current weights and leaves the model
            unchanged. While JAX trains, it takes the state of the training step. It
            contains no updates of the weights.
        updates: `WeightUpdates` or `None`. Measures updates of the weights.
        compilation: Tuple. The model, loss and optimizer that the pass was traced with.
    """

    layers: tuple[Layer, ...]
    size: int
    measure: Callable[..., Measurement]
    updates: WeightUpdates | None
    compilation: tuple[object, ...] = field(repr=False)

    def is_of(self, model: keras.Model) -> bool:
        """Returns whether the probe fits this model and its current compilation."""
        return introspection.is_same(self.compilation, model)


def make_probe(
    model: keras.Model,
    x: Any,
    y: Any,
    *,
    layers: Layers = None,
    exact: bool = False,
    updates: bool = True,
) -> Probe:
    """Returns a probe, which measures a compiled model on fixed examples.

    The pass is traced here, once. It runs in inference mode with the loss that the
    model was compiled with, additional losses and regularization included. Weights,
    metrics, random states and batch statistics do not change.

    By default it measures every layer that applies an activation function or has
    weights, at any depth, custom layers included. Recurrent and time-distributed layers
    are measured at their outputs.

    Args:
        model: `keras.Model`. A compiled model. It is built on the probe if necessary.
        x: Array, or list or dict of arrays, with examples along the first axis. Inputs,
            as for `model.fit`.
        y: Array, or list or dict of arrays. Targets, as for `model.fit`.
        layers: str, class, function from a layer to bool, or list of str and classes.
            Names, globs such as `"conv*"` or classes of the layers to measure. Defaults
            to `None`: all layers named above.
        exact: bool. Whether tensors of 1,000,000 values or more are counted completely.
            Defaults to False: histograms and percentiles are counted on a fixed random
            part of 65,536 values.
        updates: bool. Whether updates of the weights can be measured, too, which takes
            a copy of the weights. Defaults to True.

    Returns:
        `Probe`. Call its `measure()` any number of times.

    Raises:
        ValueError: If the model is not compiled, does not accept the examples, or has
            no layer that `layers` selects.
        NotImplementedError: If Keras runs on an unsupported backend.

    Example:

    >>> import numpy as np
    >>> from keras_xavier.statistics import QUANTITIES, STATISTICS
    >>> model = keras.Sequential([keras.layers.Dense(3, "tanh")])
    >>> model.compile(loss="mse")
    >>> probe = make_probe(model, np.ones((8, 2)), np.ones((8, 3)))
    >>> found = probe.measure().statistics
    >>> found.shape == (len(QUANTITIES), len(probe.layers), len(STATISTICS))
    True
    """
    load_backend()
    size = check_examples(x, y)
    if not model.compiled:
        raise ValueError(
            f"The model {model.name!r} is not compiled, so it has no loss to "
            "measure gradients of. Call model.compile(loss=...) first."
        )
    x, y = keras.tree.map_structure(to_tensor, (x, y))
    measured = measuring_pass(model, x, y, layers=layers, exact=exact, updates=updates)

    def measure(state: Any = None) -> Measurement:
        return measured(x, y, state=state)

    compilation = introspection.compilation(model)
    return Probe(
        measured.table,
        size,
        measure,
        measured.weight_updates() if updates else None,
        compilation,
    )


def measuring_pass(
    model: keras.Model,
    x: Any,
    y: Any,
    *,
    loss: Loss | None = None,
    layers: Layers = None,
    exact: bool = False,
    updates: bool = False,
) -> "MeasuringPass":
    """Returns a measuring pass, traced for examples of these shapes.

    Raises:
        MismatchError: If the inputs do not have the shapes of the model's inputs, or
            the model has no layer that `layers` selects.
        ValueError: If the model cannot be measured on the examples otherwise.
    """
    x, y = keras.tree.map_structure(to_tensor, (x, y))
    try:
        introspection.build(model, x)
        measured = MeasuringPass(
            model, loss=loss, layers=layers, exact=exact, updates=updates
        )
        measured.trace(x, y)
    except MismatchError:
        raise
    except Exception as error:
        shapes = keras.tree.map_structure(lambda array: tuple(array.shape), (x, y))
        fits = introspection.accepts(model, x)
        raise (ValueError if fits else MismatchError)(
            f"The model {model.name!r} does not accept this probe, whose inputs and "
            f"targets have the shapes {shapes}: {error}"
        ) from error
    return measured


def to_tensor(array: Any) -> Tensor:
    """Converts an array as `fit` does: floats become `keras.config.floatx()`."""
    tensor = keras.ops.convert_to_tensor(array)
    if keras.backend.is_float_dtype(keras.backend.standardize_dtype(tensor.dtype)):
        return keras.ops.cast(tensor, keras.config.floatx())
    return tensor


class MeasuringPass:
    """Measures a model in one forward and backward pass in inference mode.

    Attributes:
        table: Tuple of `Layer`. The layer table; empty before it is traced.

    Args:
        model: `keras.Model`. A built model.
        loss: Function of targets and predictions. Defaults to `None`: the loss that the
            model is compiled with, and its additional losses.
        layers: As for `select_layers`.
        exact: bool. Whether large tensors are counted completely.
        updates: bool. Whether the layer table has updates of the weights, which
            `weight_updates` measures.
    """

    def __init__(
        self,
        model: keras.Model,
        *,
        loss: Loss | None = None,
        layers: Layers = None,
        exact: bool = False,
        updates: bool = False,
    ) -> None:
        self.model = model
        self.loss = loss
        self.layers = select_layers(model, layers)
        self._parts = layers_with_parts(model, self.layers, layers)
        self._layer_names = naming.layer_names(model)
        self.layout = Layout()
        self.table: tuple[Layer, ...] = ()
        self._missing = {} if updates else MISSING
        self._weights: dict[int, keras.Variable] = {}
        self._limit = NO_LIMIT if exact else LIMIT
        self.backend: Backend = load_backend()
        # The order is kept here because freezing layers changes it in the model.
        self._variables = variables(model)
        self._compiled = self.backend.compiled(self._run)

    def __call__(self, x: Any, y: Any, *, state: Any = None) -> Measurement:
        x, y = keras.tree.map_structure(to_tensor, (x, y))
        # A compiled pass runs no Python code of the model.
        eager = self._compiled == self._run
        with self._instrumented(), self._unchanged() if eager else nullcontext():
            found, scalars = self._compiled(*self._arguments(state), x, y)
        if not self.backend.REDUCES_IN_PASS:
            found = self._reduce(found)
        if not self.table:
            sizes = measured_sizes(self.layout, found)
            self.table = with_counted(self.layout, sizes, self._limit)
        return to_measurement(self.layout, found, scalars)

    def trace(self, x: Any, y: Any) -> None:
        """Traces the pass, which builds the layer table."""
        arguments = (*self._arguments(None), x, y)
        with self._instrumented(), self._unchanged():
            try:
                self.backend.trace(self._compiled, *arguments)
            except Exception:
                if not self.model.run_eagerly or self._compiled == self._run:
                    raise
                # The program may depend on values of tensors.
                self._compiled = self._run
                self._run(*arguments)
        if None in self.layout.sizes:
            # Only a pass shows how many values there are.
            self(x, y)
        else:
            self.table = with_counted(self.layout, self.layout.sizes, self._limit)

    def weight_updates(self) -> WeightUpdates:
        """Returns what measures the updates of the weights in the layer table."""
        return WeightUpdates(self.model, self.table, self._weights, self._limit)

    @contextmanager
    def _instrumented(self) -> Iterator[None]:
        parts = [(layer, part_shadows(layer)) for layer in self._parts]
        with (
            instrumented(self.layers),
            masks_kept(self.model),
            watching(self.model, self.layers, self._layer_names),
            introspection.shadowed(*parts),
        ):
            yield

    @contextmanager
    def _unchanged(self) -> Iterator[None]:
        changing = introspection.unchanged_state(self.model)
        with changing, self.backend.unchanged_random_state():
            yield

    def _arguments(self, state: Any) -> tuple[list[Tensor], Tensor | None]:
        scale = introspection.loss_scale(self.model)
        asked = [*self._variables, *([] if scale is None else [scale])]
        values = self.backend.read(self.model, asked, state)
        return values, None if scale is None else values.pop()

    def _run(
        self, values: list[Tensor], scale: Tensor | None, x: Any, y: Any
    ) -> tuple[Collected | Reduced, dict[str, Tensor]]:
        recorder = TensorRecorder(self.backend)
        known = self._variables
        names = {id(variable): str(i) for i, variable in enumerate(known)}

        def differentiate(values: list[Tensor], scale: Any, x: Any, y: Any) -> Tensor:
            mark_data(recorder, self.model, x, y)
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
        table = make_layer_table(
            recorder,
            self.layers,
            self._layer_names,
            lambda v: names[id(v)],
            self._missing,
        )
        if self.table:
            # A model that runs eagerly may call other layers than before.
            table = in_order_of(self.table, table)
        self._weights = self._weights or {
            i: one.weight
            for i, one in enumerate(table)
            if one.weight is not None and Quantity.WEIGHT_UPDATE not in one.layer.absent
        }
        trained = [f"dw/{names[id(v)]}" for v in self.model.trainable_variables]
        gradients = [recorder.marks[name] for name in trained if name in recorder.marks]
        watched = watched_marks(recorder.marks)
        self.layout, found = collect(self.backend, table, gradients, watched)
        scalars = {"probe_loss": loss if scale is None else loss / scale}
        if self.backend.REDUCES_IN_PASS:
            return self._reduce(found), scalars
        return found, scalars

    def _reduce(self, found: Collected) -> Reduced:
        return reduce_collected(self.backend, self.layout, found, self._limit)

    def _loss(self, values: list[Tensor], scale: Any, x: Any, y: Any) -> Tensor:
        """Runs the model with the given values, without assigning them to variables."""
        mapping = list(zip(self._variables, values, strict=True))
        with keras.StatelessScope(mapping, collect_losses=True):
            predictions = self.model(x, training=False)
            if self.loss is None:
                loss = introspection.compute_loss(self.model, x, y, predictions)
            else:
                loss = keras.ops.mean(self.loss(y, predictions))
        return loss if scale is None else loss * keras.ops.cast(scale, loss.dtype)


def layers_with_parts(
    model: keras.Model, selected: Sequence[keras.Layer], layers: Layers
) -> list[keras.Layer]:
    """Returns the attention and recurrent layers whose parts are measured.

    Attention layers hold no weights themselves, so they are selected by default.
    """
    candidates = introspection.all_layers(model) if layers is None else selected
    chosen = {id(layer) for layer in selected}
    return [
        layer
        for layer in candidates
        if isinstance(layer, ATTENTION_LAYERS)
        or (has_gates(layer) and id(layer) in chosen)
    ]


def part_shadows(layer: keras.Layer) -> dict[str, Callable[..., Any]]:
    if isinstance(layer, ATTENTION_LAYERS):
        return attention_shadows(layer)
    return recurrent_shadows(layer)


def variables(model: keras.Model) -> list[keras.Variable]:
    return [*model.trainable_variables, *model.non_trainable_variables]


def unscale(marks: Marks, scale: Tensor | None) -> None:
    """Divides gradients by the loss scale of mixed precision."""
    if scale is None:
        return
    for name in marks:
        if name.startswith(("ds/", "dw/")):
            gradient = keras.ops.cast(marks[name], "float32")
            marks[name] = gradient / keras.ops.cast(scale, "float32")
