"""Measuring on the TensorFlow backend: one traced function per model."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_xavier.activations import facts
from keras_xavier.probing import introspection
from keras_xavier.probing.introspection import Call
from keras_xavier.probing.probe import Probe
from keras_xavier.probing.tensorflow_statistics import (
    flatten,
    linear_histogram,
    statistics,
)
from keras_xavier.statistics import (
    BIN_COUNT,
    QUANTITIES,
    SATURATION_SLOPE,
    STATISTICS,
    Layer,
    Measurement,
    Quantity,
)

Tensor = Any
Row = dict[Quantity, Tensor]

GRADIENTS = {
    Quantity.PREACTIVATION: Quantity.PREACTIVATION_GRADIENT,
    Quantity.WEIGHT: Quantity.WEIGHT_GRADIENT,
}
"""What is differentiated with respect to, and what comes of it."""


def make_probe(
    model: keras.Model, x: Any, y: Any, *, size: int, layers: Sequence[str] | None
) -> Probe:
    """Traces the pass; see `keras_xavier.probing.make_probe`."""
    x, y = keras.tree.map_structure(to_tensor, (x, y))
    introspection.build(model, x)
    table: tuple[Layer, ...] = ()

    def measure() -> tuple[Tensor, Tensor, Tensor]:
        nonlocal table
        try:
            calls, rows, loss = run(model, x, y)
        except (ValueError, TypeError, tf.errors.InvalidArgumentError) as error:
            shapes = keras.tree.map_structure(lambda array: tuple(array.shape), (x, y))
            raise ValueError(
                f"The model {model.name!r} does not take this probe, whose inputs and "
                f"targets have the shapes {shapes}: {error}"
            ) from error
        table, kept = layer_table(calls, rows, layers)
        shares = [saturated(calls[i]) for i in kept]
        measured = reduce_rows(table, [rows[i] for i in kept], shares)
        return *measured, tf.cast(loss, tf.float32)

    traced = tf.function(measure, autograph=False).get_concrete_function()

    def finished() -> Measurement:
        statistics, histogram, loss = (tensor.numpy() for tensor in traced())
        return Measurement(statistics, histogram.view(np.uint32), float(loss))

    compilation = introspection.compilation(model)
    return Probe(layers=table, size=size, measure=finished, compilation=compilation)


def to_tensor(array: Any) -> Tensor:
    """Converts as `fit` does: what is floating becomes the default float type."""
    tensor = tf.convert_to_tensor(array)
    if tensor.dtype.is_floating:
        return tf.cast(tensor, keras.config.floatx())
    return tensor


def run(model: keras.Model, x: Any, y: Any) -> tuple[list[Call], list[Row], Tensor]:
    """Runs forward and backward, and returns what each layer computed.

    In the stateless scope nothing is assigned to a variable, be it a metric, a
    random state or a batch statistic.
    """
    graph = tf.compat.v1.get_default_graph()
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        values = [(v, tf.convert_to_tensor(v.value)) for v in model.variables]
        weights = {id(variable): value for variable, value in values}
        tape.watch([value for value in weights.values() if value.dtype.is_floating])
        with keras.StatelessScope(values, collect_losses=True):
            with introspection.recorded_calls(model, tape.watch) as calls:
                predictions = model(x, training=False)
            loss = introspection.compute_loss(model, x, y, predictions)
            scaled = model.optimizer.scale_loss(loss)
            # What float16 cannot hold unscaled is scaled as in training.
            scale = 1.0 if scaled is loss else model.optimizer.scale_loss(1.0)
    # What is computed inside of a loop or a branch is not to be had outside.
    calls = [call for call in calls if call.preactivation.graph is graph]
    rows = forward_rows(calls, weights)
    for row, quantity, gradient in gradients(tape, scaled, rows):
        row[quantity] = gradient if scaled is loss else gradient / scale
    return calls, rows, loss


def forward_rows(calls: Sequence[Call], weights: Mapping[int, Tensor]) -> list[Row]:
    """What each call computed and with which weights, each weight only once."""
    rows: list[Row] = []
    seen: set[int] = set()
    for call in calls:
        row = {
            Quantity.PREACTIVATION: call.preactivation,
            Quantity.ACTIVATION: call.value,
        }
        kernel = introspection.kernel(call.layer)
        if not isinstance(kernel, str) and id(kernel) not in seen:
            seen.add(id(kernel))
            row[Quantity.WEIGHT] = weights[id(kernel)]
        rows.append(row)
    return rows


def gradients(
    tape: tf.GradientTape, loss: Tensor, rows: Sequence[Row]
) -> list[tuple[Row, Quantity, Tensor]]:
    """All gradients there are, by one backward pass, and where they belong."""
    wanted = [
        (row, gradient, row[source])
        for row in rows
        for source, gradient in GRADIENTS.items()
        if source in row
    ]
    found = tape.gradient(loss, [tensor for _, _, tensor in wanted])
    return [
        (row, quantity, tf.cast(gradient, tf.float32))
        for (row, quantity, _), gradient in zip(wanted, found, strict=True)
        if gradient is not None
    ]


def layer_table(
    calls: Sequence[Call], rows: Sequence[Row], names: Sequence[str] | None
) -> tuple[tuple[Layer, ...], list[int]]:
    """Describes the measured layers; returns also which of `calls` they are."""
    known = introspection.call_names(calls)
    if not known:
        raise ValueError(
            "The model has no layer to measure: none applies an `activation`, as "
            "Dense, Conv and Activation layers do."
        )
    unknown = [name for name in names or () if name not in known]
    if unknown or (names is not None and len(names) == 0):
        raise ValueError(
            f"`layers` should name some of {known}. Received: layers={names}"
        )
    kept = [i for i, name in enumerate(known) if names is None or name in names]
    return tuple(describe(known[i], calls[i], rows[i]) for i in kept), kept


def describe(name: str, call: Call, row: Row) -> Layer:
    """Makes a row of the layer table."""
    layer = call.layer
    known = facts(call.activation)
    function = getattr(call.activation, "__name__", type(call.activation).__name__)
    kernel = introspection.kernel(layer)
    absent = {
        quantity: "the loss does not depend on it"
        for quantity in QUANTITIES
        if quantity not in row
    }
    if Quantity.WEIGHT in absent:
        reason = kernel if isinstance(kernel, str) else "another row has it"
        absent |= {Quantity.WEIGHT: reason, Quantity.WEIGHT_GRADIENT: reason}
    return Layer(
        name=name,
        kind=type(layer).__name__,
        activation=None if function == "linear" else function,
        units=int(call.value.shape[-1] or 0),
        parameters=sum(int(np.prod(w.shape)) for w in layer.trainable_weights),
        lower=known.lower if known else -np.inf,
        upper=known.upper if known else np.inf,
        absent=absent,
    )


def reduce_rows(
    table: Sequence[Layer], rows: Sequence[Row], saturated: Sequence[Tensor | None]
) -> tuple[Tensor, Tensor]:
    """Measures the tensors of all layers.

    Returns:
        Statistics and histogram as in `Measurement`, the latter as int32.
    """
    places = [(quantity, i) for quantity in QUANTITIES for i in range(len(table))]
    present = [(quantity, i) for quantity, i in places if quantity in rows[i]]
    forward = (Quantity.PREACTIVATION, Quantity.ACTIVATION)
    measured, histograms = statistics(
        [rows[i][quantity] for quantity, i in present],
        [saturated[i] if quantity in forward else None for quantity, i in present],
    )
    counts = tf.unstack(histograms, len(present))
    for index, (quantity, i) in enumerate(present):
        if table[i].is_linear(quantity):
            counts[index] = linear_histogram(
                flatten(rows[i][quantity]),
                table[i].edges(quantity),
                measured[index],
                counts[index],
            )
    # The last row stands for what is absent.
    measured = tf.concat([measured, tf.fill((1, len(STATISTICS)), np.nan)], axis=0)
    counts.append(tf.zeros(BIN_COUNT, tf.int32))
    row_of = {place: index for index, place in enumerate(present)}
    order = [row_of.get(place, len(present)) for place in places]
    shape = (len(QUANTITIES), len(table))
    return (
        tf.reshape(tf.gather(measured, order), (*shape, len(STATISTICS))),
        tf.reshape(tf.gather(tf.stack(counts), order), (*shape, BIN_COUNT)),
    )


def saturated(call: Call) -> Tensor | None:
    """Share of values with a slope under 5 % of the largest; None if unknown."""
    known = facts(call.activation)
    if known is None:
        return None
    if known.slope_from_value is not None:
        # Where values tell the slope, φ is monotone: the slope is never negative.
        slope = known.slope_from_value(tf.cast(call.value, tf.float32))
    else:
        slope = tf.abs(known.slope(tf.cast(call.preactivation, tf.float32)))
    flat = slope < SATURATION_SLOPE * known.largest_slope
    return tf.reduce_mean(tf.cast(flat, tf.float32))
