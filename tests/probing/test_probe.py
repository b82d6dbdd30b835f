"""The pass over a probe, compared with a direct computation."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_xavier.histogram_bins import count
from keras_xavier.probing import make_probe
from keras_xavier.statistics import (
    PERCENTILES,
    QUANTITIES,
    SATURATION_SLOPE,
    STATISTICS,
    Quantity,
    Statistic,
    summarize,
)

ROWS = {
    "sequential": ["first", "second", "output"],
    "unbuilt": ["linear", "normalization", "rectifier", "output"],
    "functional": [
        "convolution",
        "separable",
        "separable/depthwise_kernel",
        "separable/pointwise_kernel",
        "add",
        "output",
    ],
    "subclassed": ["convolution", "hidden", "last"],
    "one_dimension": ["one", "output"],
    "three_dimensions": ["three", "output"],
    "nested": ["hidden", "inner/hidden", "output"],
}
FORWARD = (Quantity.PREACTIVATION, Quantity.ACTIVATION)
SLOPES = {
    "tanh": lambda s: 1 / np.cosh(s) ** 2,
    "sigmoid": lambda s: 1 / (np.exp(s) + 2 + np.exp(-s)),
    "relu": lambda s: s > 0,
    "softsign": lambda s: 1 / (1 + np.abs(s)) ** 2,
    "sine": np.cos,
    "elu": lambda s: np.where(s > 0, 1, np.exp(np.minimum(s, 0))),
    "scaled_tanh": lambda s: 1.7159 * 2 / 3 / np.cosh(2 * s / 3) ** 2,
    "arctan": lambda s: 1 / (1 + s**2),
    "hard_tanh": lambda s: np.abs(s) < 1,
    "gelu": None,
    "softmax": None,
    None: None,
}


def measure(model, x, y, **options):
    return make_probe(model, x, y, **options).measure()


def pick(measurement, quantity, row, statistic):
    place = QUANTITIES.index(quantity), row, STATISTICS.index(statistic)
    return measurement.statistics[place]


def check_statistics(found, values):
    expected = dict(zip(STATISTICS, summarize(values), strict=True))
    found = dict(zip(STATISTICS, found, strict=True))
    rms = np.sqrt(np.mean(values.astype(np.float64) ** 2))
    error = abs(found[Statistic.MEAN] - expected[Statistic.MEAN])
    assert error <= 1e-5 * rms
    assert found[Statistic.STD] == pytest.approx(expected[Statistic.STD], rel=1e-5)
    for statistic in (Statistic.MIN, Statistic.MAX, Statistic.ZERO):
        assert found[statistic] == pytest.approx(expected[statistic], rel=1e-5)
    for statistic, share in PERCENTILES.items():
        pair = [np.percentile(values, share, method=m) for m in ("lower", "higher")]
        error = abs(found[statistic] - expected[statistic])
        assert error <= 2**-6 * np.abs(pair).max() + 1e-30


@pytest.mark.usefixtures("full_compilation")
def test_statistics_match_a_direct_computation(case):
    probe, measurement = case.probe, case.measurement
    names, _, loss = case.raw
    known = [layer.name.split("/")[-1] for _, layer in case.rows]
    assert [name for name in known if name in names] == names
    assert probe.size == len(case.x)
    assert measurement.scalars["probe_loss"] == pytest.approx(loss, rel=1e-5)
    assert measurement.statistics.dtype == np.float32
    assert measurement.histogram.dtype == np.uint32
    for row, layer, raw in raw_rows(case):
        # Updates are measured after the next step.
        for place, quantity in enumerate(QUANTITIES[:-1]):
            statistics = measurement.statistics[place, row]
            histogram = measurement.histogram[place, row]
            if quantity in layer.absent:
                assert np.isnan(statistics).all()
                assert histogram.sum() == 0
                continue
            check_statistics(statistics, raw[quantity])
            # The last bit of a value depends on the optimization of its graph.
            counts = count(raw[quantity], layer.edges(quantity))
            moved = np.cumsum(counts, dtype=int) - np.cumsum(histogram, dtype=int)
            assert np.abs(moved).max() <= 1 + raw[quantity].size / 1000
            assert moved[-1] == 0


def raw_rows(case):
    """Yields layers of the table with their tensors."""
    names, rows, _ = case.raw
    raw = iter(rows)
    for row, layer in case.rows:
        if layer.name.split("/")[-1] in names:
            yield row, layer, next(raw)


def test_saturated_is_the_share_of_small_slopes(case):
    measurement = case.measurement
    for row, layer, raw in raw_rows(case):
        slope = SLOPES[layer.activation]
        for quantity in QUANTITIES:
            found = pick(measurement, quantity, row, Statistic.SATURATED)
            if slope is None or quantity not in FORWARD:
                assert np.isnan(found) or layer.activation == "gelu"
                continue
            s = raw[Quantity.PREACTIVATION].astype(np.float64)
            largest = slope(np.linspace(-1e-9, 1e-9, 3)).max()
            expected = np.mean(np.abs(slope(s)) < SATURATION_SLOPE * largest)
            assert found == pytest.approx(expected, abs=2 / s.size)


def test_layers_are_in_call_order_with_unique_names(case):
    assert [layer.name for _, layer in case.rows] == ROWS[case.name]


def test_activation_equals_preactivation_without_an_activation_function(make):
    case = make("unbuilt")
    (linear, _), *_ = case.rows
    np.testing.assert_array_equal(*case.measurement.statistics[:2, linear])
    np.testing.assert_array_equal(*case.measurement.histogram[:2, linear])


def test_some_layers_only(simple):
    probe = make_probe(simple.model, simple.x, simple.y, layers=["output", "first"])
    some = probe.measure()
    names = [layer.name for layer in probe.layers]
    data = ["input:input_layer", "target:output"]
    assert names == [data[0], "first", "first/bias", "output", "output/bias", data[1]]
    known = [layer.name for layer in simple.probe.layers]
    rows = [known.index(name) for name in names]
    np.testing.assert_allclose(
        some.statistics, simple.measurement.statistics[:, rows], rtol=1e-5, atol=1e-8
    )


def test_activation_layers_without_a_function(layer_rows):
    model = keras.Sequential(
        [
            layers.Dense(6, layers.PReLU(), name="parametric"),
            layers.Dense(6),
            layers.ReLU(name="relu"),
            layers.LeakyReLU(name="leaky"),
            layers.Dense(3),
            layers.Softmax(name="softmax"),
        ]
    )
    model.compile(loss="mse")
    x = np.random.default_rng(0).normal(size=(30, 5))
    probe = make_probe(model, x, np.ones((30, 3)))
    table = {layer.name: (i, layer) for i, layer in layer_rows(probe)}
    first, _, *others, _, last = table
    assert [first, *others, last] == ["parametric", "relu", "leaky", "softmax"]
    assert table["parametric"][1].activation == "PReLU"
    measurement = probe.measure()
    row, _ = table["relu"]
    dead = pick(measurement, Quantity.ACTIVATION, row, Statistic.SATURATED)
    zero = pick(measurement, Quantity.ACTIVATION, row, Statistic.ZERO)
    assert dead == pytest.approx(zero)
    assert dead > 0
    assert "call" not in vars(model.get_layer("relu"))


def test_several_inputs_and_outputs_do_not_change_metrics():
    inputs = {"a": layers.Input((3,), name="a"), "b": layers.Input((2,), name="b")}
    hidden = layers.Dense(5, "tanh")(layers.Concatenate()(list(inputs.values())))
    outputs = {
        "p": layers.Dense(1, name="p")(hidden),
        "q": layers.Dense(1, "sigmoid", name="q")(hidden),
    }
    model = keras.Model(inputs, outputs)
    model.compile(
        loss={"p": "mse", "q": keras.losses.BinaryCrossentropy()},
        loss_weights={"p": 2.0, "q": 0.5},
    )
    generator = np.random.default_rng(0)
    x = {"a": generator.normal(size=(16, 3)), "b": generator.normal(size=(16, 2))}
    y = {"p": generator.normal(size=(16, 1)), "q": np.ones((16, 1))}
    expected = model.evaluate(x, y, verbose=0, return_dict=True)
    measurement = measure(model, x, y)
    assert measurement.scalars["probe_loss"] == pytest.approx(
        expected["loss"], rel=1e-5
    )
    metrics = {metric.name: float(metric.result()) for metric in model.metrics}
    assert metrics == pytest.approx(expected, rel=1e-6)


def test_regularization_and_added_losses_are_part_of_the_loss():
    class Adds(layers.Layer):
        def call(self, x):
            self.add_loss(3.0 * keras.ops.mean(x))
            return x

    model = keras.Sequential(
        [
            layers.Input((4,)),
            layers.Dense(5, "sigmoid", kernel_regularizer=keras.regularizers.L2(0.1)),
            Adds(),
            layers.Dense(2),
        ]
    )
    model.compile(loss="mse")
    x, y = np.ones((8, 4)), np.zeros((8, 2))
    loss = model.evaluate(x, y, verbose=0)
    measurement = measure(model, x, y)
    assert measurement.scalars["probe_loss"] == pytest.approx(loss, rel=1e-5)
    # The pass leaves nothing in the model.
    losses = [keras.ops.convert_to_numpy(loss) for loss in model.losses]
    assert np.isfinite(losses).all()


def test_measuring_changes_nothing(make):
    case = make("unbuilt")
    model = case.model
    model.add(layers.Dropout(0.5))
    model.fit(case.x, case.y, verbose=0)
    before = [variable.numpy() for variable in all_variables(model)]
    layer = model.get_layer("rectifier")
    attributes = [dict(vars(layer)) for layer in model._flatten_layers()]
    probe = make_probe(model, case.x, case.y)
    first, second = probe.measure(), probe.measure()
    for old, new in zip(before, all_variables(model), strict=True):
        np.testing.assert_array_equal(old, new.numpy())
    for old, layer in zip(attributes, model._flatten_layers(), strict=True):
        assert {k: id(v) for k, v in old.items()} == {
            k: id(v) for k, v in vars(layer).items()
        }
    np.testing.assert_array_equal(first.statistics, second.statistics)
    np.testing.assert_array_equal(first.histogram, second.histogram)


def all_variables(model):
    metrics = [variable for metric in model.metrics for variable in metric.variables]
    return [*model.variables, *model.optimizer.variables, *metrics]


def test_activations_are_restored_if_the_model_fails():
    class Fails(layers.Layer):
        def call(self, x):
            if keras.ops.is_tensor(x) and self.armed:
                raise ValueError("no")
            return x

        armed = False

    model = keras.Sequential([layers.Input((3,)), layers.Dense(2, "tanh"), Fails()])
    model.compile(loss="mse")
    dense, fails = model.layers
    fails.armed = True
    with pytest.raises(ValueError, match="no"):
        make_probe(model, np.ones((4, 3)), np.ones((4, 2)))
    assert dense.activation is keras.activations.tanh


@pytest.mark.skipif(
    keras.backend.backend() == "torch", reason="PyTorch runs models as they are"
)
def test_the_pass_is_traced_once():
    class Counts(layers.Layer):
        calls = 0

        def call(self, x):
            type(self).calls += 1
            return x

    model = keras.Sequential([layers.Input((3,)), layers.Dense(2, "tanh"), Counts()])
    model.compile(loss="mse")
    probe = make_probe(model, np.ones((4, 3)), np.ones((4, 2)))
    traced = Counts.calls
    for _ in range(3):
        model.layers[0].kernel.assign_add(np.ones((3, 2)))
        probe.measure()
    assert Counts.calls == traced


def test_measurements_follow_the_weights(simple):
    probe = make_probe(simple.model, simple.x, simple.y)
    kernel = simple.model.layers[0].kernel
    kernel.assign(np.full(kernel.shape, 0.25))
    row = simple.rows[0][0]
    assert pick(probe.measure(), Quantity.WEIGHT, row, Statistic.MAX) == 0.25


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_other_float_types(make, policy):
    if policy == "float64" and keras.backend.backend() == "jax":
        pytest.skip("JAX has no float64 unless it is asked for")
    plain = make("sequential")
    expected = measure(plain.model, plain.x, plain.y)
    keras.config.set_dtype_policy(policy)
    try:
        case = make("sequential")
        case.model.set_weights(plain.model.get_weights())
        found = measure(case.model, case.x, case.y)
    finally:
        keras.config.set_dtype_policy("float32")
    tolerance = 1e-5 if policy == "float64" else 0.05
    for quantity in QUANTITIES[:-1]:
        for row, _ in plain.rows:
            std = pick(expected, quantity, row, Statistic.STD)
            assert pick(found, quantity, row, Statistic.STD) == pytest.approx(
                std, rel=tolerance
            )
    np.testing.assert_array_equal(found.histogram.sum(-1), expected.histogram.sum(-1))


def test_frozen_layers_are_measured_too(simple):
    expected = measure(simple.model, simple.x, simple.y)
    simple.model.layers[0].trainable = False
    simple.model.compile(loss="sparse_categorical_crossentropy")
    probe = make_probe(simple.model, simple.x, simple.y)
    found = probe.measure()
    assert probe.layers[simple.rows[0][0]].parameters == 0
    np.testing.assert_allclose(
        found.statistics, expected.statistics, rtol=1e-5, atol=1e-8
    )


def test_nonfinite_values(simple):
    kernel = simple.model.layers[0].kernel
    values = kernel.numpy()
    values[0, 0] = np.nan
    kernel.assign(values)
    measurement = measure(simple.model, simple.x, simple.y)
    share = np.float32(1 / values.size)
    row = simple.rows[0][0]
    assert pick(measurement, Quantity.WEIGHT, row, Statistic.NONFINITE) == share
    assert np.isnan(pick(measurement, Quantity.WEIGHT, row, Statistic.MEAN))
    activation = measurement.histogram[QUANTITIES.index(Quantity.ACTIVATION), row]
    assert activation[-1] == len(simple.x)
    assert activation.sum() == len(simple.x) * 20
    assert np.isnan(measurement.scalars["probe_loss"])
