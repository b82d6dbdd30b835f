"""Programs whose output, loss, targets or inputs do not fit together, diagnosed."""

import functools

import keras
import numpy as np
import pytest
from keras import layers, losses, ops

import keras_xavier as kx

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(320, 8)).astype("float32")
SERIES = RANDOM.normal(size=(320, 5, 2)).astype("float32")
REAL = X[:, 0] + X[:, 1] ** 2
CLASSES = np.digitize(REAL, [0.3, 1.5])
ONE_HOT = np.eye(3, dtype="float32")[CLASSES]
BITS = (X[:, 0] > 0).astype("float32")
SEVERAL = (X[:, :3] > 0).astype("float32")
SCC, BCE = "sparse_categorical_crossentropy", "binary_crossentropy"
FROM_LOGITS = functools.partial(losses.SparseCategoricalCrossentropy, from_logits=True)
ABOUT_DATA = {
    *("softmax_over_one_unit", "logits_as_probabilities", "probabilities_as_logits"),
    *("targets_out_of_range", "softmax_for_several_labels", "constant_targets"),
    *("regression_loss_for_classes", "inputs_not_scaled", "targets_not_scaled"),
}


def sequential(*parts, shape=(8,)):
    return keras.Sequential([keras.Input(shape), *parts])


def functional(build, shape=(8,)):
    inputs = keras.Input(shape)
    return keras.Model(inputs, build(inputs))


def dense(units, activation=None):
    return layers.Dense(units, activation=activation)


class Subclassed(keras.Model):
    def __init__(self, units, activation=None, scale=1.0, last=None):
        super().__init__()
        self.first, self.head = dense(8, "relu"), dense(units, activation)
        self.scale, self.last = scale, last

    def call(self, inputs):
        outputs = self.head(self.first(inputs * self.scale))
        return outputs if self.last is None else self.last(outputs)


def two_heads(loss):
    def build(inputs):
        return {"a": dense(3)(inputs), "b": dense(1, "sigmoid")(inputs)}

    return functional(build), X, {"a": CLASSES, "b": BITS}, {"a": loss, "b": BCE}


FAULTY = {
    "softmax_over_one_unit": [
        lambda: (sequential(dense(1), layers.Softmax()), X, BITS, BCE),
        lambda: (Subclassed(1, "softmax"), X, BITS, BCE),
        lambda: (
            functional(
                lambda z: dense(1)(
                    layers.Flatten()(layers.multiply([z, dense(1, "softmax")(z)]))
                ),
                (5, 2),
            ),
            *(SERIES, REAL, "mse"),
        ),
    ],
    "logits_as_probabilities": [
        lambda: two_heads(SCC),
        lambda: (Subclassed(1), X, BITS, losses.BinaryCrossentropy()),
        lambda: (
            functional(lambda z: layers.add([dense(1)(z), dense(1)(z)])),
            *(X, BITS, losses.binary_crossentropy),
        ),
    ],
    "probabilities_as_logits": [
        lambda: (
            sequential(keras.Sequential([dense(3, "softmax")])),
            *(X, CLASSES, FROM_LOGITS()),
        ),
        lambda: (
            *(sequential(dense(1), layers.Activation("sigmoid")), X, BITS),
            functools.partial(losses.binary_crossentropy, from_logits=True),
        ),
    ],
    "targets_out_of_range": [
        lambda: (sequential(layers.LSTM(1), shape=(5, 2)), SERIES, 5 * REAL, "mae"),
        lambda: (sequential(dense(1), layers.ReLU()), X, REAL - 3, losses.Huber()),
        lambda: (sequential(dense(1, "sigmoid")), X, 2 * BITS - 1, "hinge"),
    ],
    "softmax_for_several_labels": [
        lambda: (functional(lambda z: ops.softmax(dense(3)(z))), X, SEVERAL, "mse"),
    ],
    "constant_targets": [
        lambda: (sequential(dense(3, "softmax")), X, CLASSES // 255, SCC),
    ],
    "inputs_not_scaled": [
        lambda: (
            sequential(layers.LSTM(4), dense(1), shape=(5, 2)),
            *(300 * SERIES, REAL, "mse"),
        ),
        lambda: (Subclassed(1), 1000 * X, REAL, "mse"),
    ],
    "targets_not_scaled": [
        lambda: (sequential(dense(8, "tanh"), dense(1)), X, 1e6 + 2e5 * REAL, "mse"),
    ],
}
HEALTHY = [
    lambda: two_heads(FROM_LOGITS()),
    lambda: (Subclassed(3, last=ops.softmax), X, CLASSES, SCC),
    lambda: (Subclassed(1, scale=1e-3), 1000 * X, REAL, "mse"),
    lambda: (
        functional(lambda z: 100 * dense(1, "sigmoid")(z / 1000)),
        *(1000 * X, 50 + 10 * np.tanh(REAL), "mse"),
    ),
    lambda: (
        sequential(dense(1, lambda z: ops.sigmoid(z))),
        *(X, BITS, losses.BinaryFocalCrossentropy()),
    ),
    lambda: (
        sequential(
            *(layers.Embedding(500, 4), layers.GlobalAveragePooling1D()),
            *(dense(3, "softmax"),),
            shape=(6,),
        ),
        RANDOM.integers(0, 500, (320, 6)),
        *(ONE_HOT, losses.CategoricalCrossentropy(label_smoothing=0.1)),
    ),
    lambda: (sequential(dense(4, "relu"), dense(8, "sigmoid")), X > 0, X > 0, "mse"),
]


def diagnosed(model, x, y, loss, folder):
    # Compiling would take longer than these steps.
    model.compile("adam", loss, run_eagerly=True)
    record = kx.LayerStatistics(folder / "run")
    model.fit(x, y, batch_size=80, epochs=1, verbose=0, callbacks=[record])
    return kx.diagnose(kx.open_run(folder / "run"))


@pytest.mark.filterwarnings("ignore:You are using a softmax:UserWarning")
@pytest.mark.filterwarnings('ignore:"`.* received `from_logits=True`:UserWarning')
@pytest.mark.parametrize(
    ("name", "make"), [(name, make) for name, all_ in FAULTY.items() for make in all_]
)
def test_the_cause_of_a_fault(tmp_path, name, make):
    found = diagnosed(*make(), tmp_path)
    assert found[0].name == name
    assert {one.name for one in found} & ABOUT_DATA == {name}


@pytest.mark.parametrize("make", HEALTHY)
def test_healthy_programs(tmp_path, make):
    assert not {one.name for one in diagnosed(*make(), tmp_path)} & ABOUT_DATA
