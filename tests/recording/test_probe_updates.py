"""Updates of the weights in runs with a probe, compared with the model's weights."""

import functools

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_xavier.recording.layer_statistics import LayerStatistics
from keras_xavier.runs import open_run
from keras_xavier.statistics import ONLY_IN_TRAINING, Quantity, summarize

BATCHES, SIZE = 5, 4


def make(**options):
    keras.utils.set_random_seed(2)
    model = keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(4, "tanh", name="hidden"),
            layers.BatchNormalization(name="norm"),
            layers.Dense(2, name="last"),
        ]
    )
    model.compile(keras.optimizers.SGD(0.5, **options.pop("sgd", {})), "mse", **options)
    return model


def data():
    generator = np.random.default_rng(1)
    shapes = (BATCHES * SIZE, 3), (BATCHES * SIZE, 2)
    return [generator.normal(size=shape).astype("float32") for shape in shapes]


def name_of(weight):
    """Returns the name of a weight without its model."""
    return "/".join(weight.path.split("/")[-2:])


class KeepWeights(keras.callbacks.Callback):
    """Keeps the weights after each number of updates."""

    def __init__(self):
        super().__init__()
        self.kept = {}

    def keep(self):
        step = int(ops.convert_to_numpy(self.model.optimizer.iterations))
        self.kept[step] = {
            name_of(weight): np.array(weight) for weight in self.model.weights
        }

    def on_train_batch_begin(self, batch, logs=None):
        self.keep()

    def on_train_end(self, logs=None):
        self.keep()


@functools.cache
def after_each_step():
    """Weights after each step of a model that executes its steps one by one."""
    (x, y), kept = data(), KeepWeights()
    options = {"batch_size": SIZE, "epochs": 2, "shuffle": False, "verbose": 0}
    make().fit(x, y, callbacks=[kept], **options)
    return kept.kept


def fit(model, run, *, epochs=2, **options):
    x, y = data()
    kept = KeepWeights()
    recorder = LayerStatistics(run, probe=(x, y), **options)
    model.fit(
        x,
        y,
        batch_size=SIZE,
        epochs=epochs,
        shuffle=False,
        verbose=0,
        callbacks=[recorder, kept],
    )
    return open_run(run), kept.kept


def updates(recorded, name):
    """Returns moments and extremes of the update in each record."""
    row = [layer.name for layer in recorded.layers].index(name)
    statistics = recorded.read_statistics
    names = ("mean", "std", "min", "max")
    return np.stack([statistics("weight_update", s)[:, row] for s in names], -1)


def check(recorded, model, kept, steps):
    """Checks which records have an update, and compares it with the weights."""
    hidden, norm = model.get_layer("hidden"), model.get_layer("norm")
    rows = {
        "hidden": hidden.kernel,
        "hidden/bias": hidden.bias,
        "norm": norm.gamma,
        "norm/beta": norm.beta,
    }
    for name, weight in rows.items():
        found = updates(recorded, name)
        known = recorded.steps[np.isfinite(found[:, 0])]
        assert known.tolist() == steps
        for step, values in zip(recorded.steps, found, strict=True):
            if step in steps:
                # The last record of a fit contains the update that led to it.
                start = min(step, max(kept) - 1)
                update = kept[start + 1][name_of(weight)] - kept[start][name_of(weight)]
                expected = summarize(update)[:4]
                np.testing.assert_allclose(values, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("every", [1, 3, "epoch"])
def test_a_record_contains_the_next_update_or_the_last(every, run):
    model = make()
    recorded, kept = fit(model, run, every=every)
    steps = recorded.steps.tolist()
    assert (
        steps == {1: list(range(11)), 3: [0, 3, 6, 9, 10], "epoch": [0, 5, 10]}[every]
    )
    assert not any(
        layer.absent.get(Quantity.WEIGHT_UPDATE) == ONLY_IN_TRAINING
        for layer in recorded.layers
    )
    check(recorded, model, kept, steps)


def test_gradient_accumulation(run):
    model = make(sgd={"gradient_accumulation_steps": 2})
    recorded, _ = fit(model, run, every=1)
    assert recorded.steps.tolist() == [0, 1, 2, 3, 4, 5]
    assert recorded.layers[1].name == "hidden"
    found = updates(recorded, "hidden")
    assert np.isfinite(found[:-1]).all()
    assert (found[:-1, 1] > 0).all()


@pytest.mark.skipif(
    keras.backend.backend() == "torch", reason="Keras refuses it on PyTorch"
)
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        # Each epoch has executions of 2, 2 and 1 batches.
        ({"every": "epoch"}, [0, 5, 10]),
        ({"every": 1}, [0, 2, 4, 5, 7, 9, 10]),
        ({"every": 3, "step_quality": True}, [0, 4, 7, 9, 10]),
    ],
)
def test_executions_of_several_steps(options, expected, run):
    model = make(steps_per_execution=2)
    recorded, _ = fit(model, run, **options)
    assert recorded.steps.tolist() == expected
    check(recorded, model, after_each_step(), expected)


def test_a_training_run_that_fails_keeps_its_last_record(run):
    class Fails(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if batch == 3:
                raise RuntimeError("enough")

    x, y = data()
    recorder = LayerStatistics(run, probe=(x, y), every=1)
    model = make()
    with pytest.raises(RuntimeError, match="enough"):
        model.fit(x, y, batch_size=SIZE, verbose=0, callbacks=[recorder, Fails()])
    # The next fit notices that this one has ended.
    model.fit(x, y, batch_size=SIZE, verbose=0, callbacks=[recorder])
    assert open_run(run).steps[:4].tolist() == [0, 1, 2, 3]
