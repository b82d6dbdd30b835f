"""Recording does not change training."""

import keras
import numpy as np
import pytest
from keras import layers
from rows import rows_of_layers
from small_fit import (
    BACKEND,
    both_sources,
    compiled,
    fit,
    make_model,
    statistics,
)

from keras_xavier.recording.layer_statistics import LayerStatistics
from keras_xavier.runs import open_run


@compiled
@both_sources
def test_steps_are_traced_once_for_a_model(run, source):
    class Counts(layers.Layer):
        calls = 0

        def call(self, x):
            type(self).calls += 1
            return x

    model = make_model(inner=[Counts()])
    callback = statistics(run, source, every=2)
    fit(model, callback, epochs=1)
    traced = Counts.calls
    fit(model, callback, epochs=3)
    assert Counts.calls == traced
    assert len(open_run(run).steps) > 8


def train_measured_and_not(run, source, **options):
    """Returns variables of model and optimizer after training with and without."""
    variables = []
    for callbacks in [], [statistics(run, source)]:
        # Dropout draws its seed when it is created.
        keras.utils.set_random_seed(1)
        inner = [layers.BatchNormalization(), layers.Dropout(0.3)]
        model = make_model(inner=inner, optimizer="adam", **options)
        fit(model, *callbacks, epochs=3, shuffle=True)
        found = [*model.variables, *model.optimizer.variables]
        variables.append([variable.numpy() for variable in found])
    return zip(*variables, strict=True)


@pytest.fixture
def without_remapping():
    """Prevents TensorFlow from fusing operations.

    Additional outputs of a recorded step prevent fusion, and fused operations round in
    another way.
    """
    if BACKEND != "tensorflow":
        yield
        return
    import tensorflow as tf

    tf.config.optimizer.set_experimental_options({"remapping": False})
    yield
    tf.config.optimizer.set_experimental_options({"remapping": True})


@both_sources
@pytest.mark.parametrize(
    "options", [{}, {"jit_compile": True}, {"built": False}], ids=str
)
def test_training_is_not_changed(run, source, options, without_remapping):
    if options.get("jit_compile") and BACKEND == "torch":
        pytest.skip("torch.compile needs a compiler of C++")
    # XLA fuses operations on TensorFlow regardless of this option.
    fused = BACKEND == "tensorflow" and source == "batch" and "jit_compile" in options
    for plain, measured in train_measured_and_not(run, source, **options):
        if fused:
            np.testing.assert_allclose(measured, plain, atol=1e-6)
        else:
            np.testing.assert_array_equal(measured, plain)


@pytest.mark.skipif(
    keras.backend.backend() == "torch", reason="Keras refuses it on PyTorch"
)
def test_the_last_execution_may_have_one_batch(tmp_path):
    def train(*callbacks):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(2)])
        model.compile("sgd", "mse", steps_per_execution=2)
        x = np.random.default_rng(0).normal(size=(30, 4))
        model.fit(
            x, x[:, :2], batch_size=10, epochs=2, verbose=0, callbacks=list(callbacks)
        )
        return model

    plain = train()
    measured = train(LayerStatistics(str(tmp_path / "run"), every=1))
    assert int(measured.optimizer.iterations) == int(plain.optimizer.iterations) == 6
    for expected, found in zip(
        plain.get_weights(), measured.get_weights(), strict=True
    ):
        np.testing.assert_allclose(found, expected, atol=1e-6)
    assert open_run(tmp_path / "run").steps.tolist() == [0, 2, 3, 5]


@pytest.mark.skipif(
    keras.backend.backend() != "jax", reason="other backends differentiate otherwise"
)
def test_a_model_differentiated_in_forward_mode_is_recorded(tmp_path):
    import jax

    def loss(y, predictions):
        # Forward mode, which the markers of gradients do not support.
        _, tangent = jax.jvp(lambda p: (p - y) ** 2, (predictions,), (predictions,))
        return keras.ops.mean(tangent, axis=-1)

    class Forward(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(2, "tanh")

        def call(self, x):
            _, tangent = jax.jvp(self.dense, (x,), (x,))
            return tangent

    model = Forward()
    model.compile("sgd", loss)
    x = np.ones((8, 4), "float32")
    callback = LayerStatistics(str(tmp_path / "run"))
    model.fit(x, x[:, :2], verbose=0, callbacks=[callback])
    assert int(model.optimizer.iterations) == 1
    stored = open_run(tmp_path / "run")
    first, *_ = rows_of_layers(stored)
    assert stored.read_statistics("weight_gradient", "std")[0, first] > 0
    assert set(stored.layers[first].absent) == {"preactivation_gradient"}
