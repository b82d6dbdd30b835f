"""Statistics of units and examples of real models, compared with NumPy."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_xavier import LayerStatistics, open_run
from keras_xavier.probing import make_probe
from keras_xavier.statistics import (
    QUANTITIES,
    SATURATION_SLOPE,
    STATISTICS,
    UNIT_STATISTICS,
    Quantity,
    Statistic,
    summarize,
    unit_indices,
)
from keras_xavier.unit_statistics import UNIT_SUMMARY, summarize_units

MOMENTS = (Statistic.MEAN, Statistic.STD, Statistic.MIN, Statistic.MAX)
RANDOM = np.random.default_rng(0)
RELU = {"saturated": lambda z: z <= 0}


def dense():
    """Layers with 30, 60 and 95% dead units, and a sparse code that is not dead."""
    inputs = x = layers.Input((6,))
    for name, share in (("third", 0.3), ("most", 0.6), ("nearly_all", 0.95)):
        bias = np.where(np.arange(20) < 20 * share, -1e4, 50.0)
        x = layers.Dense(
            20,
            "relu",
            kernel_initializer="random_normal",
            bias_initializer=constant(bias),
            kernel_regularizer="l2",
            name=name,
        )(x)
    x = (
        layers.Dense(40, bias_initializer=constant(-0.6), name="code")(inputs)
        + 0 * x[:, :1]
    )
    x = layers.ReLU(name="rectifier")(x)
    return keras.Model(inputs, layers.Dense(2, name="output")(x))


def residual(data_format="channels_last"):
    shape = (5, 5, 3) if data_format == "channels_last" else (3, 5, 5)
    axis = -1 if data_format == "channels_last" else 1
    inputs = layers.Input(shape)
    options = {"data_format": data_format, "padding": "same"}
    x = layers.Conv2D(4, 3, activation="relu", name="first", **options)(inputs)
    y = layers.BatchNormalization(axis, name="before")(x)
    y = layers.ReLU(name="rectifier")(y)
    y = layers.Conv2D(4, 3, name="second", activation="relu", **options)(y)
    y = layers.BatchNormalization(axis, name="after")(y)
    x = layers.Activation("tanh", name="sum")(layers.Add()([x, y]))
    x = layers.AveragePooling2D(2, data_format=data_format, name="pooling")(x)
    x = layers.LeakyReLU(name="leaky")(x)
    x = layers.Flatten(data_format)(x)
    return keras.Model(inputs, layers.Dense(2, name="output")(x))


def constant(values):
    return lambda shape, dtype=None: keras.ops.broadcast_to(
        keras.ops.cast(values, dtype), shape
    )


def words(lengths, length):
    """Returns words as numbers, padded with 0."""
    numbers = RANDOM.integers(1, 20, (len(lengths), length))
    return np.where(np.arange(length) < np.reshape(lengths, (-1, 1)), numbers, 0)


def measured(model, x, **options):
    """Returns a function from layer, quantity and statistic to a value; and units."""
    model.compile(loss="mse", optimizer="sgd")
    examples = len(x[0] if isinstance(x, list) else x)
    y = np.zeros((examples, *model.output_shape[1:]), np.float32)
    probe = make_probe(model, x, y, **options)
    found = probe.measure()
    rows = {layer.name: i for i, layer in enumerate(probe.layers)}

    def value(name, statistic, quantity=Quantity.ACTIVATION):
        place = QUANTITIES.index(quantity), rows[name], STATISTICS.index(statistic)
        return found.statistics[place]

    def units(name):
        layer = probe.layers[rows[name]]
        chosen = found.units[rows[name]]
        number = len(unit_indices(layer.units))
        assert np.isnan(chosen[number:]).all()
        return chosen[:number]

    return value, units


def outputs(model, x):
    named = {layer.name: layer.output for layer in model.layers}
    inputs = model.input if len(model.inputs) == 1 else model.inputs
    return keras.Model(inputs, named).predict(x, verbose=0)


def by_unit(values, axis=-1):
    values = np.moveaxis(np.float32(values), axis, -1)
    return values.reshape(len(values), -1, values.shape[-1])


def check(found, name, values, mask=None, quantity=Quantity.ACTIVATION, **options):
    """Compares all statistics of a row with those of values by unit."""
    value, units = found
    chosen = values if mask is None else values[mask]
    for statistic, expected in zip(
        STATISTICS, summarize(chosen, **options), strict=True
    ):
        if statistic in (*MOMENTS, Statistic.ZERO, Statistic.NONFINITE):
            near(value(name, statistic, quantity), expected)
    summary, of_units = summarize_units(values, mask, **options)
    for statistic, expected in zip(UNIT_SUMMARY, summary, strict=True):
        if options or statistic is not Statistic.SATURATED_UNITS:
            near(value(name, statistic, quantity), expected)
    if quantity is Quantity.ACTIVATION:
        columns = slice(None if options else UNIT_STATISTICS.index(Statistic.SATURATED))
        near(units(name)[:, columns], of_units[unit_indices(len(of_units)), columns])


def near(found, expected):
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("examples", [1, 8])
def test_dead_units_of_dense_layers(examples):
    keras.utils.set_random_seed(1)
    model = dense()
    x = np.float32(RANDOM.normal(size=(examples, 6)))
    found = measured(model, x)
    values = outputs(model, x)
    for name in ("third", "most", "nearly_all", "rectifier"):
        check(found, name, by_unit(values[name]), **RELU)
    value, _ = found
    shares = [value(name, Statistic.DEAD) for name in ("third", "most", "nearly_all")]
    if examples == 8:
        assert shares == pytest.approx([0.3, 0.6, 0.95])
        # Most values of a sparse code are 0, but few units are dead.
        assert value("rectifier", Statistic.ZERO) > 0.8
        assert value("rectifier", Statistic.DEAD) < 0.5
    # The gradient does not depend on what is dead.
    gradient = value("third", Statistic.DEAD, Quantity.PREACTIVATION_GRADIENT)
    assert np.isnan(gradient)
    weight = [value("third", one, Quantity.WEIGHT) for one in UNIT_SUMMARY]
    assert np.isnan(weight).all()


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_units_are_channels(data_format):
    if keras.backend.backend() == "tensorflow" and data_format == "channels_first":
        pytest.skip("TensorFlow has no such convolution on processors")
    keras.utils.set_random_seed(2)
    model = residual(data_format)
    axis = -1 if data_format == "channels_last" else 1
    x = np.float32(RANDOM.normal(size=(3, *model.input_shape[1:])))
    names = [layer.name for layer in model.layers[1:] if "flatten" not in layer.name]
    found = measured(model, x, layers=[name for name in names if name != "add"])
    values = outputs(model, x)
    for name in ("first", "second", "rectifier"):
        check(found, name, by_unit(values[name], axis), **RELU)
    for name in ("before", "after", "sum", "pooling", "leaky"):
        check(found, name, by_unit(values[name], axis))


def test_padded_positions_do_not_count():
    keras.utils.set_random_seed(3)
    inputs = layers.Input((7,), dtype="int32")
    x = layers.Embedding(20, 6, mask_zero=True, name="embedding")(inputs)
    x = layers.Dense(5, "relu", name="hidden")(x)
    x = layers.TimeDistributed(layers.Dense(4), name="each")(x)
    x = layers.LSTM(5, return_sequences=True, name="recurrent")(x)
    x = layers.LSTM(5, return_sequences=True, go_backwards=True, name="backwards")(x)
    pooled = layers.GlobalAveragePooling1D()(x)
    model = keras.Model(inputs, layers.Dense(2, name="output")(pooled))
    lengths = RANDOM.integers(1, 8, 9)
    x = words(lengths, 7)
    mask = x != 0
    found = measured(model, x)
    values = outputs(model, x)
    for name in ("embedding", "each", "recurrent"):
        check(found, name, by_unit(values[name]), mask)
    check(found, "hidden", by_unit(values["hidden"]), mask, **RELU)
    check(found, "backwards", by_unit(values["backwards"]), mask[:, ::-1])
    check(found, "output", by_unit(values["output"]))


def test_attention_has_units_for_each_head_and_masks_of_queries_and_values():
    keras.utils.set_random_seed(5)
    queries = layers.Input((5,), dtype="int32", name="queries")
    texts = layers.Input((7,), dtype="int32", name="texts")
    embedding = layers.Embedding(20, 6, mask_zero=True, name="embedding")
    attention = layers.MultiHeadAttention(2, 3, name="attention")
    query, value = embedding(queries), embedding(texts)
    x = layers.Dense(4, name="after")(attention(query, value))
    x = layers.GlobalAveragePooling1D()(x)
    model = keras.Model([queries, texts], layers.Dense(2)(x))
    data = [words(RANDOM.integers(1, length, 6), length) for length in (5, 7)]
    masks = [one != 0 for one in data]
    found = measured(model, data)
    table = keras.ops.convert_to_numpy(embedding.embeddings)
    for name, place in (("query", 0), ("key", 1), ("value", 1)):
        dense = getattr(attention, f"_{name}_dense")
        kernel, bias = map(keras.ops.convert_to_numpy, (dense.kernel, dense.bias))
        values = np.einsum("btc,chd->bthd", table[data[place]], kernel) + bias
        values = values.reshape(6, -1, 6)
        check(found, f"attention/{name}", values, masks[place])
    values = outputs(model, data)
    check(found, "attention/attention_output", values["attention"], masks[0])
    check(found, "after", values["after"], masks[0])


@pytest.mark.filterwarnings("ignore:.*does not support masking")
def test_masks_given_as_arguments_and_masks_that_a_layer_drops():
    class Doubled(layers.Layer):
        def build(self, shape):
            self.scale = self.add_weight(shape=(), initializer="ones")

        def call(self, x):
            return 2 * x * self.scale

    keras.utils.set_random_seed(4)
    given, flags = layers.Input((4, 3)), layers.Input((4,), dtype="bool")
    x = layers.SimpleRNN(5, return_sequences=True, name="explicit")(given, mask=flags)
    y = layers.Masking(name="masking")(given)
    y = layers.Dense(3, "relu", name="kept")(y)
    y = Doubled(name="dropping")(y)
    x = layers.Flatten()(layers.Concatenate()([x, y]))
    model = keras.Model([given, flags], layers.Dense(2)(x))
    data = np.float32(RANDOM.normal(size=(6, 4, 3)))
    data[:, 2:] = 0
    mask = RANDOM.random((6, 4)) < 0.7
    mask[0] = False
    found = measured(model, [data, mask])
    values = outputs(model, [data, mask])
    check(found, "explicit", by_unit(values["explicit"]), mask)
    check(found, "kept", by_unit(values["kept"]), data[..., 0] != 0, **RELU)
    check(found, "dropping", by_unit(values["dropping"]))


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
def test_a_recorded_training_step_has_units_without_padding(policy, tmp_path):
    keras.utils.set_random_seed(6)
    inputs = layers.Input((7, 3))
    x = layers.Masking(name="masking")(inputs)
    x = layers.Dense(5, "tanh", name="hidden", dtype=policy)(x)
    x = layers.GlobalAveragePooling1D()(x)
    model = keras.Model(inputs, layers.Dense(2, name="output")(x))
    model.compile("sgd", "mse")
    x = np.float32(RANDOM.normal(size=(9, 7, 3)))
    x[:, 4:] = 0
    values, mask = outputs(model, x)["hidden"], x[..., 0] != 0
    statistics = LayerStatistics(str(tmp_path / "run"))
    y = np.zeros((9, 2), np.float32)
    model.fit(x, y, batch_size=9, verbose=0, callbacks=[statistics])
    run = open_run(tmp_path / "run")
    index = [layer.name for layer in run.layers].index("hidden")
    summary, of_units = summarize_units(
        values, mask, saturated=lambda z: 1 - np.float32(z) ** 2 < SATURATION_SLOPE
    )
    tolerance = 1e-4 if policy == "float32" else 5e-3
    found = [
        run.statistics(Quantity.ACTIVATION, statistic, role=None).values[0, index]
        for statistic in UNIT_SUMMARY
    ]
    np.testing.assert_allclose(found, summary, rtol=tolerance, atol=tolerance)
    found = run.read_units(index)[0, :5]
    np.testing.assert_allclose(found, of_units, rtol=tolerance, atol=tolerance)
    counts = run.histogram(Quantity.PREACTIVATION_GRADIENT, role=None).values[0, index]
    assert counts.sum() == mask.sum() * 5
