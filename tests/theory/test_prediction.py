"""Predictions of theory, compared with recorded runs."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_xavier as kx
from keras_xavier import models, theory
from keras_xavier.histogram_bins import BIN_COUNT
from keras_xavier.runs import RunWriter
from keras_xavier.statistics import STATISTICS, Measurement
from keras_xavier.theory.prediction import PREDICTED


@pytest.fixture
def record(tmp_path):
    """Returns a function that trains a model for one step and opens its run."""

    def run_of(model, **settings):
        random = np.random.default_rng(0)
        x = random.normal(size=(300, *model.input_shape[1:])).astype("float32")
        y = random.integers(0, 10, 300)
        model.compile("sgd", "sparse_categorical_crossentropy")
        path = tmp_path / model.name
        callback = kx.LayerStatistics(path, probe=(x, y), **settings)
        model.fit(x[:10], y[:10], verbose=0, callbacks=[callback])
        return kx.open_run(path)

    return run_of


def ratios(run, quantity, **settings):
    """Returns predicted over measured std in each layer before training."""
    predicted = theory.predicted_std(run, quantity, **settings)
    measured = run.statistics(quantity, "std")
    assert predicted.dims == measured.dims
    assert (predicted.layer == measured.layer).all()
    return (predicted / measured).values[0]


@pytest.mark.parametrize(
    ("activation", "initializer"),
    [("tanh", "standard"), ("softsign", "normalized"), ("gelu", "critical")],
)
def test_measurements_before_training_match_the_prediction(
    record, activation, initializer
):
    model = models.mlp(
        (1000,),
        classes=10,
        layers=3,
        activation=activation,
        initializer=initializer,
        seed=3,
    )
    run = record(model)
    for quantity in PREDICTED:
        # The output has only ten units.
        np.testing.assert_allclose(ratios(run, quantity)[:3], 1, atol=0.05)
    assert np.isfinite(ratios(run, "preactivation")[3])
    assert np.isnan(ratios(run, "activation")[3])


def test_the_error_of_linear_theory(record):
    """For tanh with Glorot uniform and Var[s] = 1, it is 1.6, 2.1 and 2.4 times."""
    run = record(models.mlp((1000,), classes=10, layers=3, seed=0))
    off = ratios(run, "activation", linear=True)[:3]
    np.testing.assert_allclose(off, [1.6, 2.05, 2.45], atol=0.1)


def test_the_prediction_includes_biases(record):
    """The error would be 14% without them; see `initializers.Critical`."""
    point = theory.edge_of_chaos("gelu")
    run = record(
        models.mlp((9,), classes=10, activation="gelu", initializer="critical")
    )
    biases = run.attributes["bias_variances"]
    assert list(biases) == [*(f"hidden_{i}" for i in range(1, 6)), "output"]
    assert biases["hidden_1"] == pytest.approx(point.bias_variance)
    assert biases["output"] == 0


def dense(units=8, **settings):
    return layers.Dense(units, activation="tanh", **settings)


def chain(separate, name):
    """Makes four tanh layers with weights that are too small."""
    small = keras.initializers.RandomNormal(stddev=0.02, seed=0)
    hidden = [dense(40, kernel_initializer=small, name=f"d{i}") for i in range(4)]
    top = keras.initializers.GlorotUniform(seed=1)
    last = layers.Dense(10, "softmax", kernel_initializer=top, name="last")
    if not separate:
        return keras.Sequential([keras.Input((40,)), *hidden, last], name=name)
    parts = [keras.Input((40,))]
    for layer in (*hidden, last):
        activation = layers.Activation(layer.activation)
        layer.activation = keras.activations.linear
        parts += [layer, activation]
    return keras.Sequential(parts, name=name)


def test_separate_activation_layers_change_no_prediction_and_no_finding(record):
    merged, separate = (record(chain(one, f"run_{one}")) for one in (False, True))
    for quantity in PREDICTED:
        for statistic in ("std", "unit_std", "cosine"):
            one, other = (
                theory.predicted(run, quantity, statistic).values[0]
                for run in (merged, separate)
            )
            np.testing.assert_allclose(other[1::2], one, rtol=1e-4)
            same = quantity != "activation"
            before = one if same else theory.predicted(merged, PREDICTED[0], statistic)
            np.testing.assert_allclose(other[::2], np.ravel(before), rtol=1e-4)
            assert theory.theory_remark(separate, quantity, statistic) == (
                theory.theory_remark(merged, quantity, statistic)
            )
    found = [[str(one) for one in kx.diagnose(run)] for run in (merged, separate)]
    assert "Wrong initial scale" in found[0][0]
    assert (
        found[0][0].partition("Consequences")[0]
        == (found[1][0].partition("Consequences")[0])
    )


def test_unrecorded_activation_layers_are_a_reason(record):
    run = record(chain(True, "partly"), layers=["d*", "last"])
    assert "which are not recorded" in theory.theory_remark(run, "activation")
    assert np.isnan(theory.predicted_std(run, "activation")).all()


def residual():
    x = keras.Input((8,))
    z = dense()(x)
    return keras.Model(x, layers.Dense(10, "softmax")(z + dense()(z)))


@pytest.mark.parametrize(
    "make",
    [
        residual,
        lambda: keras.Sequential(
            [keras.Input((8,)), dense(), layers.BatchNormalization(), dense(10)]
        ),
        lambda: keras.Sequential(
            [keras.Input((8,)), dense(bias_initializer="ones"), dense(10)]
        ),
    ],
    ids=["residual", "batch normalization", "constant biases"],
)
def test_only_plain_chains_are_predicted(record, make):
    run = record(make())
    for quantity in PREDICTED:
        assert np.isnan(theory.predicted_std(run, quantity)).all()


def test_an_unrecorded_layer_ends_the_chain(record):
    model = keras.Sequential(
        [keras.Input((8,)), *(dense(name=name) for name in "abc"), dense(10, name="d")]
    )
    run = record(model, layers=["a", "c", "d"])
    predicted = theory.predicted_std(run, "preactivation")
    measured = run.statistics("preactivation", "std")[0]
    means = run.statistics("preactivation", "mean")[0]
    # The first layer of a chain has the measured value.
    same = np.isclose(predicted[0], np.hypot(measured, means), rtol=1e-5)
    assert same.tolist() == [True, True, False]


@pytest.mark.parametrize("quantity", ["weight", "weight_gradient", "weight_update"])
def test_other_quantities_are_not_predicted(record, quantity):
    run = record(keras.Sequential([keras.Input((8,)), dense(), dense(10)]))
    assert np.isnan(theory.predicted_std(run, quantity)).all()


def test_runs_that_begin_after_step_0_are_not_predicted(tmp_path, record):
    first = record(keras.Sequential([keras.Input((8,)), dense(), dense(10)]))
    quantities = len(first.quantities)
    shape = quantities, len(first.layers)
    measurement = Measurement(
        np.ones((*shape, len(STATISTICS)), "float32"),
        np.ones((*shape, BIN_COUNT), "uint32"),
    )
    measurement.statistics[..., STATISTICS.index("mean")] = 0
    for step in (0, 5):
        path = tmp_path / f"from_{step}"
        with RunWriter(path, layers=first.layers) as writer:
            writer.record(step, measurement)
        predicted = theory.predicted_std(kx.open_run(path), "activation")
        assert bool(np.isnan(predicted).all()) is (step > 0)


@pytest.mark.parametrize("shift", ["kernel", "bias"])
def test_a_new_model_with_trained_weights_is_not_predicted(record, shift):
    """Its first step is 0, but its weights are not those of the initializers."""
    model = keras.Sequential([keras.Input((8,)), dense(20), dense(10)])
    trained = model.layers[0]
    if shift == "kernel":
        trained.kernel.assign(3 * trained.kernel)
    else:
        trained.bias.assign(trained.bias + 0.01)
    run = record(model)
    for quantity in PREDICTED:
        assert np.isnan(theory.predicted_std(run, quantity)).all()
        assert trained.name in theory.theory_remark(run, quantity)
        assert "not initial" in theory.theory_remark(run, quantity)


def test_an_unknown_quantity_raises_an_error(record):
    run = record(keras.Sequential([keras.Input((8,)), dense(10)]))
    with pytest.raises(ValueError, match="bias"):
        theory.predicted_std(run, "bias")
