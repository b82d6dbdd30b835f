"""The paper's multilayer perceptron."""

import keras
import numpy as np
import pytest

from keras_xavier import activations, initializers
from keras_xavier.models import mlp


def test_layers_widths_and_names():
    model = mlp((32, 32, 1), classes=9, layers=3, units=20, activation="softsign")
    dense = [layer for layer in model.layers if hasattr(layer, "kernel")]
    assert [layer.name for layer in dense] == [
        *("hidden_1", "hidden_2", "hidden_3", "output")
    ]
    assert [layer.kernel.shape for layer in dense] == [
        *((1024, 20), (20, 20), (20, 20), (20, 9))
    ]
    assert [layer.activation for layer in dense[:-1]] == [activations.softsign] * 3
    for layer in dense:
        assert isinstance(layer.kernel_initializer, initializers.NormalizedUniform)
        assert not np.any(layer.bias)


def test_the_output_is_a_distribution_over_classes():
    model = mlp((5,), classes=4, layers=1, units=8)
    outputs = np.asarray(model(np.random.default_rng(0).normal(size=(7, 5))))
    assert outputs.shape == (7, 4)
    np.testing.assert_allclose(outputs.sum(axis=1), 1, atol=1e-5)


def test_a_seed_determines_the_weights_and_differs_over_layers():
    def weights(seed):
        return mlp((6,), classes=6, layers=2, units=6, seed=seed).get_weights()

    for one, other in zip(weights(1), weights(1), strict=True):
        np.testing.assert_array_equal(one, other)
    kernels = [w for w in (*weights(1), *weights(2), *weights(None)) if w.ndim == 2]
    for i, one in enumerate(kernels):
        for other in kernels[i + 1 :]:
            assert (one != other).any()


@pytest.mark.parametrize("activation", activations.ACTIVATIONS)
def test_a_model_of_each_activation_survives_saving(activation, tmp_path):
    model = mlp((4,), classes=3, layers=2, units=5, activation=activation, seed=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    x = np.linspace(-1, 1, 8, dtype=np.float32).reshape(2, 4)
    np.testing.assert_array_equal(loaded(x), model(x))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"classes": 0}, "classes=0"),
        ({"layers": 0}, "layers=0"),
        ({"units": -3}, "units=-3"),
        ({"activation": "step"}, "softsign"),
        ({"initializer": "xavier"}, "normalized"),
    ],
)
def test_invalid_arguments_raise_an_error(arguments, message):
    with pytest.raises(ValueError, match=message):
        mlp((4,), **({"classes": 3} | arguments))
