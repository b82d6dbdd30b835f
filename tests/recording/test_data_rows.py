"""Rows of inputs and targets, from every kind of data that `fit` accepts."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_xavier.recording.layer_statistics import LayerStatistics
from keras_xavier.runs import open_run
from keras_xavier.statistics import STATISTICS, Quantity, Role, Statistic, summarize

BACKEND = keras.backend.backend()
SIZE = 6


def several():
    """Returns a model with several inputs and outputs."""
    numbers = keras.Input((3,), name="numbers")
    labels = keras.Input((1,), dtype="int32", name="labels")
    embedded = layers.Flatten()(layers.Embedding(9, 2)(labels))
    hidden = layers.Concatenate()([numbers, embedded])
    outputs = [layers.Dense(1, name="value")(hidden)]
    outputs += [layers.Dense(4, "softmax", name="kind")(hidden)]
    model = keras.Model([numbers, labels], outputs)
    model.compile("sgd", ["mse", "sparse_categorical_crossentropy"])
    return model


def arrays():
    generator = np.random.default_rng(1)
    numbers = generator.normal(5, 2, (SIZE, 3)).astype("float32")
    labels = generator.integers(0, 9, (SIZE, 1)).astype("int32")
    value = generator.normal(size=(SIZE, 1)).astype("float32")
    return (numbers, labels), (value, generator.integers(0, 4, SIZE))


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 1

    def __getitem__(self, index):
        return arrays()


def generator():
    while True:
        yield arrays()


def tf_data():
    tf = pytest.importorskip("tensorflow")
    x, y = arrays()
    return tf.data.Dataset.from_tensors((x, y))


def data_loader():
    torch = pytest.importorskip("torch")
    (a, b), (c, d) = (map(torch.from_numpy, part) for part in arrays())
    parts = [((a[i], b[i]), (c[i], d[i])) for i in range(SIZE)]
    return torch.utils.data.DataLoader(parts, batch_size=SIZE)


DATA = {
    "arrays": lambda: dict(zip("xy", map(list, arrays()), strict=True)),
    "PyDataset": lambda: {"x": Batches()},
    "generator": lambda: {"x": generator(), "steps_per_epoch": 1},
    "tf.data": lambda: {"x": tf_data()},
    "DataLoader": lambda: {"x": data_loader()},
}


def fit(model, run, *, probe=None, **data):
    recorder = LayerStatistics(run, probe=probe)
    options = {"batch_size": SIZE} if "y" in data else {}
    model.fit(**data, **options, verbose=0, shuffle=False, callbacks=[recorder])
    return open_run(run)


def rows_of(run, *roles):
    return {row.name: (i, row) for i, row in enumerate(run.layers) if row.role in roles}


def check(run, name, values):
    index, row = rows_of(run, Role.INPUT, Role.TARGET)[name]
    found = [run.read_statistics(Quantity.ACTIVATION, s)[0, index] for s in STATISTICS]
    np.testing.assert_allclose(found[:4], summarize(values)[:4], rtol=1e-5)
    assert row.absent.keys() == {*Quantity} - {Quantity.ACTIVATION}


@pytest.mark.parametrize("kind", DATA)
def test_inputs_and_targets_have_rows(kind, run):
    if kind == "DataLoader" and BACKEND == "tensorflow":
        pytest.skip("Keras accepts no lists from a DataLoader on TensorFlow")
    recorded = fit(several(), run, **DATA[kind]())
    names = ["numbers", "labels", "value", "kind"]
    roles = [Role.INPUT] * 2 + [Role.TARGET] * 2
    keys = [f"{role}:{name}" for role, name in zip(roles, names, strict=True)]
    rows = rows_of(recorded, Role.INPUT, Role.TARGET)
    assert list(rows) == keys
    places = [index for index, _ in rows.values()]
    assert places == [0, 1, len(recorded.layers) - 2, len(recorded.layers) - 1]
    assert [row.kind for _, row in rows.values()] == ["Input"] * 2 + ["Target"] * 2
    assert [row.units for _, row in rows.values()] == [3, 1, 1, 1]
    x, y = arrays()
    for key, values in zip(keys, (*x, *y), strict=True):
        check(recorded, key, values)


def test_a_probe_has_the_same_rows(run):
    x, y = (list(part) for part in arrays())
    recorded = fit(several(), run, probe=(x, y), x=x, y=y)
    for key, values in zip(
        ["input:numbers", "input:labels", "target:value", "target:kind"],
        (*x, *y),
        strict=True,
    ):
        check(recorded, key, values)


def test_nested_data_is_named_by_its_keys(run):
    class Nested(keras.Model):
        def __init__(self):
            super().__init__()
            self.last = layers.Dense(2, name="last")

        def call(self, x):
            return self.last(ops.concatenate([x["a"], *x["b"]], -1))

    model = Nested()
    model.compile("sgd", "mse")
    parts = [np.full((SIZE, 2), float(i), "float32") for i in range(3)]
    x = {"a": parts[0], "b": (parts[1], parts[2])}
    recorded = fit(model, run, x=x, y=parts[1])
    names = ["input:a", "input:b/0", "input:b/1", "target:y"]
    assert list(rows_of(recorded, Role.INPUT, Role.TARGET)) == names
    for name, value in zip(names, (0, 1, 2, 1), strict=True):
        check(recorded, name, np.full((SIZE, 2), value))


def test_nonfinite_inputs_are_visible(run):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.ones((SIZE, 3), "float32")
    x[0, 0] = np.nan
    recorded = fit(model, run, x=x, y=np.ones((SIZE, 1)))
    (index, _), *_ = rows_of(recorded, Role.INPUT).values()
    share = recorded.read_statistics(Quantity.ACTIVATION, Statistic.NONFINITE)[0, index]
    assert share == pytest.approx(1 / x.size)


class Pair(keras.Model):
    """A model whose training step gets data of its own form."""

    def __init__(self):
        super().__init__()
        self.net = keras.Sequential([keras.Input((2,)), layers.Dense(1, name="out")])
        self.built = True

    def call(self, x):
        return self.net(x["real"])

    def compute_loss(self, x=None, y=None, y_pred=None, *args, **kwargs):
        return ops.mean((y_pred - ops.cast(x["noise"], y_pred.dtype)) ** 2)


def test_data_of_a_model_with_a_loss_of_its_own(run):
    model = Pair()
    model.compile("sgd")
    noise, real = np.arange(SIZE)[:, None], np.ones((SIZE, 2), "float32")
    recorded = fit(model, run, x={"noise": noise, "real": real})
    rows = rows_of(recorded, Role.INPUT, Role.TARGET)
    assert list(rows) == ["input:noise", "input:real"]
    check(recorded, "input:noise", noise)


@pytest.mark.skipif(BACKEND != "tensorflow", reason="only TensorFlow has strings")
@pytest.mark.filterwarnings("error")
def test_strings_and_ragged_tensors_are_absent_with_a_reason(run):
    import tensorflow as tf

    text = layers.TextVectorization(max_tokens=9, output_sequence_length=3)
    text.adapt(["one two", "three"])
    words = keras.Sequential(
        [keras.Input((1,), dtype="string"), text, layers.Embedding(9, 2)]
    )
    last = layers.Dense(1, name="last")

    class Model(keras.Model):
        def call(self, x):
            strings, ragged = x
            mean = tf.reduce_mean(ragged, axis=1, keepdims=True)
            return last(ops.mean(words(strings), 1)) + mean

    model = Model()
    model.last = last
    model.compile("sgd", "mse", jit_compile=False)
    strings = tf.constant([["one"], ["two"]])
    ragged = tf.ragged.constant([[1.0], [2.0, 3.0]])
    data = tf.data.Dataset.from_tensors(((strings, ragged), tf.ones((2, 1))))
    recorded = fit(model, run, x=data)
    absent = {
        name: row.absent.get(Quantity.ACTIVATION)
        for name, (_, row) in rows_of(recorded, Role.INPUT, Role.TARGET).items()
    }
    assert absent == {
        "input:x/0": "it is of the type string",
        "input:x/1": "it is a RaggedTensor",
        "target:y": None,
    }
