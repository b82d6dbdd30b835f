"""Trains models for one update, and compares the record with the layers."""

from dataclasses import dataclass

import keras
import numpy as np
from keras import layers, ops

from keras_xavier.recording.layer_statistics import LayerStatistics
from keras_xavier.runs import open_run
from keras_xavier.statistics import (
    QUANTITIES,
    STATISTICS,
    Quantity,
    Role,
    summarize,
)

BACKEND = keras.backend.backend()
SIZE = 8
FORWARD = {Quantity.PREACTIVATION, Quantity.ACTIVATION}
PASSES = FORWARD | {Quantity.PREACTIVATION_GRADIENT}
WEIGHTS = {Quantity.WEIGHT, Quantity.WEIGHT_GRADIENT, Quantity.WEIGHT_UPDATE}
SOURCES = ("batch", "probe")


@dataclass
class Training:
    """One update by gradient descent with learning rate 1, and its record."""

    model: keras.Model
    x: object
    run: object
    before: dict
    after: dict

    def __getitem__(self, name):
        """Returns the row of the layer table with this name."""
        return self.run.layers[self.row(name)]

    @property
    def names(self):
        """The names of layers, without biases, inputs, targets and inner parts."""
        return [row.name for row in self.run.layers if row.role is Role.LAYER]

    def names_of(self, *roles):
        return [row.name for row in self.run.layers if row.role in roles]

    def row(self, name):
        return [layer.name for layer in self.run.layers].index(name)

    def measured(self, name, quantity):
        i = self.row(name)
        return np.array(
            [self.run.read_statistics(quantity, s)[0, i] for s in STATISTICS]
        )

    def count(self, name, quantity):
        histogram = self.run.read_histogram(quantity, 0)
        return int(histogram[self.row(name)].sum())

    def check(self, name, quantity, expected):
        """Compares moments, extremes and the number of values."""
        expected = np.asarray(expected, np.float32)
        assert self.count(name, quantity) == expected.size
        np.testing.assert_allclose(
            self.measured(name, quantity)[:4],
            summarize(expected)[:4],
            rtol=1e-4,
            atol=1e-6,
        )

    def check_weights(self, name, variable):
        """Compares weights, gradient and update with the model's weights."""
        self.check(name, Quantity.WEIGHT, self.before[variable.path])
        if not variable.trainable:
            return
        update = self.after[variable.path] - self.before[variable.path]
        self.check(name, Quantity.WEIGHT_GRADIENT, -update)
        if Quantity.WEIGHT_UPDATE not in self[name].absent:
            self.check(name, Quantity.WEIGHT_UPDATE, update)

    def check_gradient(self, name, offset):
        """Compares gradients: an offset's gradient is the sum of the gradient of s."""
        total = self.before[offset.path] - self.after[offset.path]
        mean = self.measured(name, Quantity.PREACTIVATION_GRADIENT)[0]
        count = self.count(name, Quantity.PREACTIVATION_GRADIENT)
        np.testing.assert_allclose(mean * count, total.sum(), rtol=1e-3, atol=1e-5)

    def check_absent(self, name, expected):
        """Compares reasons; absent quantities are NaN, and all others finite."""
        expected = {Quantity(quantity): why for quantity, why in expected.items()}
        row = self[name]
        assert row.absent == expected
        for quantity in QUANTITIES:
            values = self.measured(name, quantity)
            if quantity in row.absent:
                assert np.isnan(values).all()
                assert self.count(name, quantity) == 0
            else:
                assert np.isfinite(values[:4]).all()
                assert self.count(name, quantity) > 0


def values_of(model):
    return {v.path: keras.ops.convert_to_numpy(v.value) for v in model.variables}


def examples(tensor, generator):
    shape = (SIZE, *tensor.shape[1:])
    if "int" in tensor.dtype:
        return generator.integers(0, 7, shape).astype("int32")
    return generator.normal(size=shape).astype("float32")


def make_data(model):
    """Returns inputs and targets that match the model."""
    generator = np.random.default_rng(4)
    data = []
    for tensors in (model.inputs, model.outputs):
        arrays = [examples(tensor, generator) for tensor in tensors]
        data.append(arrays if len(arrays) > 1 else arrays[0])
    return data


def train(model, run, source="batch", *, y=None, loss="mse", **options):
    x, targets = make_data(model)
    y = targets if y is None else y
    if not model.compiled:
        model.compile(keras.optimizers.SGD(1.0), loss)
    before = values_of(model)
    probe = (x, y) if source == "probe" else None
    callback = LayerStatistics(run, probe=probe, **options)
    model.fit(x, y, batch_size=SIZE, shuffle=False, verbose=0, callbacks=[callback])
    stored = open_run(run)
    assert stored.state == "finished"
    assert stored.steps[0] == 0
    return Training(model, x, stored, before, values_of(model))


def around(shape, *inner, dtype="float32", **options):
    """Returns a model with some layers and a dense layer at the end."""
    inputs = keras.Input(shape, dtype=dtype, **options)
    x = inputs
    for layer in inner:
        x = layer(x)
    return keras.Model(inputs, layers.Dense(1, name="last")(layers.Flatten()(x)))


def side_by_side(branches):
    """Returns a model with branches, which compiles faster than several models."""
    inputs, ends = [keras.Input(shape) for shape, _ in branches], []
    for x, (_, inner) in zip(inputs, branches, strict=True):
        for layer in inner:
            x = layer(x)
        ends.append(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(1, name="last")(layers.Concatenate()(ends)))


def outputs_of(model, parts, x, *, training):
    outputs = keras.Model(model.input, [part.output for part in parts])
    return [ops.convert_to_numpy(one) for one in outputs(x, training=training)]


def output_of(model, layer, x, *, training):
    return ops.convert_to_numpy(
        keras.Model(model.input, layer.output)(x, training=training)
    )


def without_activations(model, names):
    """Returns a copy of a model in which some layers are linear."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    for name in names:
        if hasattr(copy.get_layer(name), "activation"):
            copy.get_layer(name).activation = keras.activations.linear
    return copy
