"""Where NaN begins in small programs that train with `fit`."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import keras_xavier as kx
from keras_xavier.diagnosis import diagnose, examine
from keras_xavier.recording.nonfinite_data import nonfinite_data

X = np.random.default_rng(0).normal(size=(64, 8)).astype("float32")
Y = X[:, :1]


class OwnOperations(keras.Model):
    def __init__(self):
        super().__init__()
        self.lower = layers.Dense(16, name="before")
        self.upper = layers.Dense(1, name="after")

    def call(self, x):
        return self.upper(ops.log(self.lower(x)))


class Block(layers.Layer):
    def __init__(self, **options):
        super().__init__(**options)
        self.dense = layers.Dense(16, name="inner")

    def call(self, x):
        return ops.sqrt(self.dense(x))


def sequential(*parts):
    return keras.Sequential([keras.Input((8,)), *parts, layers.Dense(1, name="after")])


def with_lambda():
    log = layers.Lambda(ops.log, name="log")
    return sequential(layers.Dense(16, name="before"), log, layers.Dropout(0.1))


def with_operation():
    inputs = keras.Input((8,))
    hidden = layers.Dense(16, name="before")(inputs)
    return keras.Model(inputs, layers.Dense(1, name="after")(ops.log(hidden)))


def trained(path, model, *, x=X, y=Y, loss="mse", probe=None, epochs=1):
    keras.utils.set_random_seed(0)
    model.compile("sgd", loss)
    record = kx.LayerStatistics(path, probe=probe)
    model.fit(x, y, epochs=epochs, verbose=0, callbacks=[record])
    return kx.open_run(path)


@pytest.mark.parametrize("probe", [None, (X, Y)], ids=["batches", "probe"])
@pytest.mark.parametrize(
    ("make", "named"),
    [
        (with_lambda, "log (Lambda) turns finite values into NaN"),
        (with_operation, "(Log) turns finite values into NaN"),
        (OwnOperations, "after receives NaN or infinite values that the program"),
        (lambda: sequential(Block(name="block")), "block (Block) turns finite values"),
    ],
    ids=["lambda", "operation", "subclassed", "block"],
)
def test_an_operation_without_weights_is_named(tmp_path, make, named, probe):
    (finding,) = diagnose(trained(tmp_path / "run", make(), probe=probe))
    assert finding.name == "nonfinite_values"
    assert named in finding.summary
    assert "grow" not in finding.explanation
    assert "learning rate" not in finding.remedy.lower()


@pytest.mark.parametrize("which", ["inputs", "targets"])
def test_nan_in_an_example_is_found_before_its_batch_is_recorded(tmp_path, which):
    data = {"x": X.copy(), "y": Y.copy()}
    data["x" if which == "inputs" else "y"][17, 0] = np.nan
    # Several updates lie between the records of later steps.
    run = trained(tmp_path / "run", sequential(), **data, epochs=4)
    (finding,) = diagnose(run)
    assert f"The {which} contain NaN or infinite values: 1 in the data" in (
        finding.summary
    )
    assert "[17, 0]" in finding.summary


def test_arrays_of_fit_are_searched_at_any_depth():
    nested = {"x": {"a": X, "b": [np.float64([1, np.inf])]}, "y": np.arange(3)}
    assert nonfinite_data(nested) == {"inputs": {"count": 1, "first": [1]}}
    assert nonfinite_data({"x": np.full((3, 2), 1e38, "float32"), "y": None}) == {}


def test_a_loss_that_is_nan_above_finite_layers_is_found(tmp_path):
    def logarithm(targets, outputs):
        return -ops.mean(ops.sum(targets * ops.log(outputs), -1))

    (finding,) = diagnose(trained(tmp_path / "run", sequential(), loss=logarithm))
    assert "all layers are finite" in finding.summary
    assert "negative number" in finding.explanation


def test_an_overflow_before_any_update_is_not_blamed_on_the_rate(tmp_path):
    parts = [layers.Dense(16, activation="exponential") for _ in range(6)]
    run = trained(tmp_path / "run", sequential(*parts), x=10 * X)
    found = next(one for one in diagnose(run) if one.name == "nonfinite_values")
    assert found.explanation.startswith("An overflow, before any update")
    assert "The learning rate is not the cause" in found.remedy


def test_infinite_scores_that_are_masked_are_no_problem(tmp_path):
    def masked(x):
        scores = ops.where(x > 0, x, -np.inf)
        return ops.softmax(ops.concatenate([scores, ops.zeros_like(x)], -1))

    mask = layers.Lambda(lambda x: ops.where(x > -9, x, -np.inf), name="mask")
    found = layers.Lambda(masked, name="masked")
    report = examine(trained(tmp_path / "run", sequential(mask, found)))
    assert "nonfinite values" in report.passed
