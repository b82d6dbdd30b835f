"""Initializers: distributions, seeds and serialization."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_xavier import initializers, theory
from keras_xavier.initializers import (
    INITIALIZERS,
    LSUV,
    Critical,
    NormalizedUniform,
    lsuv,
)

DENSE = (400, 300)
KERNELS = [DENSE, (7, 20, 60), (3, 5, 12, 40), (2, 3, 3, 8, 30)]
"""A dense kernel, and convolutions in one, two and three dimensions."""

named = pytest.mark.parametrize("name", INITIALIZERS)


def fans(shape):
    field = int(np.prod(shape[:-2]))
    return shape[-2] * field, shape[-1] * field


EXPECTED_VARIANCE = {
    "standard": lambda inputs, outputs: 1 / (3 * inputs),
    "normalized": lambda inputs, outputs: 2 / (inputs + outputs),
    "lecun_normal": lambda inputs, outputs: 1 / inputs,
    "lecun_uniform": lambda inputs, outputs: 1 / inputs,
    "he_normal": lambda inputs, outputs: 2 / inputs,
    "he_uniform": lambda inputs, outputs: 2 / inputs,
}


@pytest.mark.parametrize("shape", KERNELS)
@pytest.mark.parametrize("name", EXPECTED_VARIANCE)
def test_mean_and_variance(name, shape):
    values = np.asarray(initializers.get(name, seed=3)(shape))
    assert values.shape == shape
    variance = EXPECTED_VARIANCE[name](*fans(shape))
    assert values.var() == pytest.approx(variance, rel=0.06)
    assert abs(values.mean()) < 5 * np.sqrt(variance / values.size)


@pytest.mark.parametrize("shape", KERNELS)
def test_the_bounds_of_standard_are_the_inverse_root_of_the_fan_in(shape):
    values = np.asarray(initializers.get("standard", seed=0)(shape))
    bound = 1 / np.sqrt(fans(shape)[0])
    assert np.abs(values).max() <= bound
    assert np.abs(values).max() > 0.99 * bound


@pytest.mark.parametrize("shape", KERNELS)
def test_normalized_equals_glorot_uniform(shape):
    ours = NormalizedUniform(seed=11)(shape)
    theirs = keras.initializers.GlorotUniform(seed=11)(shape)
    np.testing.assert_array_equal(ours, theirs)
    inputs, outputs = fans(shape)
    assert np.abs(ours).max() <= np.sqrt(6 / (inputs + outputs))


@pytest.mark.parametrize("shape", KERNELS)
@pytest.mark.parametrize("name", ["orthogonal", "lsuv"])
def test_orthogonal_kernels_have_singular_values_of_one(name, shape):
    matrix = np.asarray(initializers.get(name, seed=0)(shape)).reshape(-1, shape[-1])
    singular = np.linalg.svd(matrix, compute_uv=False)
    np.testing.assert_allclose(singular, 1, atol=1e-4)


@pytest.mark.parametrize("shape", [(400, 300), (300, 400)])
@pytest.mark.parametrize("orthogonal", [False, True])
@pytest.mark.parametrize(("name", "gain"), [("tanh", 1.0), ("relu", 2.0)])
def test_critical_kernels_have_the_variance_of_theory(name, gain, orthogonal, shape):
    kernel = Critical(name, orthogonal=orthogonal, seed=0)(shape)
    assert np.var(kernel) * shape[0] == pytest.approx(gain, rel=0.02)
    singular = np.linalg.svd(np.asarray(kernel), compute_uv=False)
    assert bool(singular.std() < 1e-4) is orthogonal


def test_critical_biases_have_the_variance_of_theory():
    biases = np.asarray(Critical("gelu", seed=0)((50_000,)))
    assert biases.var() == pytest.approx(
        theory.edge_of_chaos("gelu").bias_variance, rel=0.02
    )
    assert not np.asarray(Critical("tanh", seed=0)((50,))).any()
    kernel = np.asarray(Critical("gelu", seed=0)((4, 50)))
    assert abs(np.corrcoef(kernel[0], biases[:50])[0, 1]) < 0.5


def std(variable):
    return float(np.std(keras.ops.convert_to_numpy(variable)))


OURS = ("standard", "normalized", "critical")
ours = pytest.mark.parametrize("name", OURS)


def make(name, **settings):
    if name == "critical":
        return Critical("gelu", seed=1, **settings)
    return initializers.INITIALIZERS[name](seed=1, **settings)


def expected_std(name, fan_in, fan_out):
    critical = theory.edge_of_chaos("gelu").weight_variance / fan_in
    variances = {"critical": critical, "standard": 1 / (3 * fan_in)}
    return variances.get(name, 2 / (fan_in + fan_out)) ** 0.5


@ours
@pytest.mark.parametrize(
    ("equation", "output", "shape", "fans"),
    [
        ("ab,bc->ac", 300, (None, 200), (200, 300)),
        ("abc,cde->abde", (None, 4, 80), (None, 5, 200), (200, 320)),
        ("abde,dec->abc", (None, 300), (None, 5, 4, 60), (240, 300)),
    ],
)
def test_einsum_layers_have_the_fans_of_their_axes(name, equation, output, shape, fans):
    layer = keras.layers.EinsumDense(
        equation, output, kernel_initializer=make(name), bias_axes=None
    )
    layer.build(shape)
    assert std(layer.kernel) == pytest.approx(expected_std(name, *fans), rel=0.03)
    config = keras.layers.EinsumDense.from_config(layer.get_config())
    assert type(config.kernel_initializer) is type(make(name))


@ours
def test_attention_and_its_biases(name):
    bias = {"bias": True} if name == "critical" else {}
    layer = keras.layers.MultiHeadAttention(
        8, 32, kernel_initializer=make(name), bias_initializer=make(name, **bias)
    )
    layer.build((None, 5, 256), (None, 5, 256))
    weights = {weight.path.split("/", 1)[1]: weight for weight in layer.weights}
    for part in ("query", "key", "value", "attention_output"):
        expected = expected_std(name, 256, 256)
        assert std(weights[f"{part}/kernel"]) == pytest.approx(expected, rel=0.03)
    if name == "critical":
        variance = theory.edge_of_chaos("gelu").bias_variance
        assert std(weights["query/bias"]) == pytest.approx(variance**0.5, rel=0.15)


@ours
@pytest.mark.parametrize(
    ("make_layer", "shape", "axes", "fans"),
    [
        (
            lambda one: keras.layers.DepthwiseConv2D(3, depthwise_initializer=one),
            (None, 8, 8, 200),
            ((0, 1), (0, 1, 3)),
            (9, 9),
        ),
        (
            lambda one: keras.layers.Conv2DTranspose(60, 3, kernel_initializer=one),
            (None, 8, 8, 20),
            ((0, 1, 3), (0, 1, 2)),
            (180, 540),
        ),
        (
            lambda one: keras.layers.Embedding(100, 50, embeddings_initializer=one),
            (None, 8),
            ((), (1,)),
            (1, 50),
        ),
    ],
    ids=["depthwise", "transposed", "embedding"],
)
def test_axes_can_be_stated_where_the_shape_misleads(
    name, make_layer, shape, axes, fans
):
    layer = make_layer(make(name, input_axes=axes[0], output_axes=axes[1]))
    layer.build(shape)
    found = std(layer.weights[0])
    assert found == pytest.approx(expected_std(name, *fans), rel=0.06)
    again = type(layer).from_config(layer.get_config())
    again.build(shape)
    assert std(again.weights[0]) == pytest.approx(found)


@ours
@pytest.mark.parametrize(
    "make_layer",
    [
        lambda one: keras.layers.SeparableConv2D(
            8, 3, depthwise_initializer=one, pointwise_initializer=one
        ),
        lambda one: keras.layers.Conv2DTranspose(
            8, 3, kernel_initializer=one, bias_initializer=one
        ),
        lambda one: keras.layers.DepthwiseConv2D(3, depthwise_initializer=one),
    ],
)
def test_other_layers_accept_the_initializers(name, make_layer):
    layer = make_layer(make(name))
    layer.build((None, 8, 8, 4))
    assert all(np.isfinite(weight).all() for weight in layer.get_weights())


@ours
def test_recurrent_kernels_and_embeddings(name):
    one = make(name)
    model = keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Embedding(100, 50, embeddings_initializer=one),
            keras.layers.LSTM(60, kernel_initializer=one, recurrent_initializer=one),
        ]
    )
    _, kernel, recurrent, _ = model.weights
    assert std(kernel) == pytest.approx(expected_std(name, 50, 240), rel=0.05)
    assert std(recurrent) == pytest.approx(expected_std(name, 60, 240), rel=0.05)


@ours
@pytest.mark.parametrize("shape", [(), (7,), (3, 7), (2, 3, 7)])
def test_biases_of_any_rank(name, shape):
    bias = {"bias": True} if name == "critical" else {}
    values = keras.ops.convert_to_numpy(make(name, **bias)(shape))
    assert values.shape == shape
    assert np.isfinite(values).all()


def test_critical_distinguishes_biases_from_kernels():
    point = theory.edge_of_chaos("gelu")
    biases, kernel = (
        Critical("gelu", seed=0, bias=bias)((100, 300)) for bias in (True, None)
    )
    assert std(biases) == pytest.approx(point.bias_variance**0.5, rel=0.03)
    assert std(kernel) == pytest.approx((point.weight_variance / 100) ** 0.5, rel=0.03)
    scale = Critical("gelu", seed=0, input_axes=(), output_axes=(0,))((5000,))
    assert std(scale) == pytest.approx(point.weight_variance**0.5, rel=0.03)


@pytest.mark.parametrize(
    ("equation", "output", "shape"),
    [
        ("abc,cde->abde", (None, 4, 16), (None, 5, 64)),
        ("abde,dec->abc", (None, 64), (None, 5, 4, 16)),
    ],
)
def test_orthogonal_critical_kernels_map_all_inputs_to_all_outputs(
    equation, output, shape
):
    layer = keras.layers.EinsumDense(
        equation,
        output,
        kernel_initializer=Critical("tanh", orthogonal=True, seed=0),
    )
    layer.build(shape)
    matrix = keras.ops.convert_to_numpy(layer.kernel).reshape(64, 64)
    np.testing.assert_allclose(np.linalg.svd(matrix, compute_uv=False), 1, atol=1e-4)


def test_the_signal_of_gelu_needs_biases():
    """Critical on kernels alone lets it vanish, as its documentation says."""
    z = np.random.default_rng(0).normal(size=(20, 400))
    found = {}
    for biased in (True, False):
        s = z
        for seed in range(30):
            critical = Critical("gelu", seed=seed)
            kernel = keras.ops.convert_to_numpy(critical((400, 400)))
            bias = keras.ops.convert_to_numpy(critical((400,))) if biased else 0
            s = theory.nonlinearities.NONLINEARITIES["gelu"].function(s) @ kernel + bias
        found[biased] = s.std()
    assert found[False] < 0.05 < 0.7 < found[True] < 3


def test_critical_raises_an_error_for_an_unknown_activation():
    with pytest.raises(ValueError, match=r"tanh.*Received: activation='swash'"):
        Critical("swash")


def test_the_gain_scales_an_orthogonal_kernel():
    gained = initializers.Orthogonal(gain=1.7, seed=0)((30, 20))
    singular = np.linalg.svd(np.asarray(gained), compute_uv=False)
    np.testing.assert_allclose(singular, 1.7, atol=1e-4)


@named
def test_an_integer_seed_repeats_and_a_generator_does_not(name):
    shape = (20, 10)
    fixed = initializers.get(name, seed=5)
    np.testing.assert_array_equal(fixed(shape), fixed(shape))
    np.testing.assert_array_equal(fixed(shape), initializers.get(name, seed=5)(shape))
    assert (fixed(shape) != initializers.get(name, seed=6)(shape)).numpy().any()
    moving = initializers.get(name, seed=keras.random.SeedGenerator(5))
    assert (moving(shape) != moving(shape)).numpy().any()
    assert initializers.get(name)(shape).shape == shape


@named
def test_a_clone_draws_the_same_values(name):
    initializer = initializers.get(name, seed=5)
    clone = type(initializer).from_config(initializer.get_config())
    np.testing.assert_array_equal(clone((9, 4)), initializer((9, 4)))


@named
def test_a_saved_model_keeps_its_initializers(name, tmp_path):
    model = keras.Sequential(
        [
            keras.Input((8, 8, 2)),
            keras.layers.Conv2D(
                3, 3, kernel_initializer=initializers.get(name, seed=1)
            ),
            keras.layers.Flatten(),
            keras.layers.Dense(4, kernel_initializer=initializers.get(name, seed=2)),
        ]
    )
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for layer, original in zip(loaded.layers, model.layers, strict=True):
        if hasattr(layer, "kernel"):
            assert type(layer.kernel_initializer) is INITIALIZERS[name]
            np.testing.assert_array_equal(
                layer.kernel_initializer(layer.kernel.shape), original.kernel
            )


def test_the_error_for_an_unknown_name_lists_the_known_names():
    with pytest.raises(ValueError, match=r"normalized.*Received: name='xavier'"):
        initializers.get("xavier")


def preactivations(model, x):
    """Returns the preactivations of all layers with kernels."""
    found = []
    for layer in model.layers:
        if hasattr(layer, "kernel"):
            linear = type(layer).from_config(layer.get_config() | {"activation": None})
            linear.build(x.shape)
            linear.set_weights(layer.get_weights())
            found.append(np.asarray(linear(x)))
        x = layer(x)
    return found


@settings(max_examples=5, deadline=None)
@given(st.sampled_from(["tanh", "relu", "sigmoid"]), st.integers(0, 2**31 - 1))
def test_lsuv_gives_every_layer_unit_variance(activation, seed):
    model = keras.Sequential(
        [
            keras.Input((8, 8, 2)),
            keras.layers.Conv2D(
                5, 3, activation=activation, kernel_initializer=LSUV(seed=seed)
            ),
            keras.layers.Flatten(),
            keras.layers.Dense(
                30, activation=activation, kernel_initializer=LSUV(seed=seed)
            ),
            keras.layers.Dense(
                4, activation="softmax", kernel_initializer=LSUV(seed=seed)
            ),
        ]
    )
    x = keras.random.normal((200, 8, 8, 2), stddev=3, seed=seed)
    lsuv(model, x)
    for values in preactivations(model, x):
        assert values.var() == pytest.approx(1, abs=5e-3)
    assert model.layers[-1].activation is keras.activations.softmax


def test_lsuv_raises_an_error_without_layers_or_variance():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4)])
    with pytest.raises(ValueError, match="kernel_initializer is LSUV"):
        lsuv(model, np.ones((5, 3), np.float32))
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(4, kernel_initializer=LSUV())]
    )
    with pytest.raises(ValueError, match="different examples"):
        lsuv(model, np.zeros((5, 3), np.float32))
