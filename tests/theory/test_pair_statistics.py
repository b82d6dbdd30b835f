"""Predicted `unit_std` and `cosine`, compared with networks of width 1000."""

import numpy as np
import pytest

from keras_xavier import theory
from keras_xavier.statistics import Quantity, Statistic
from keras_xavier.theory.prediction import (
    PREDICTED,
    PREDICTED_STATISTICS,
    chain_depth_scales,
)

WIDTH = 1000
FORWARD = (Quantity.PREACTIVATION, Quantity.ACTIVATION)
GAINS = {"standard": 1 / 3, "normalized": 1.0, "he": 2.0}


def network(name, gain, kernels, bias_variance=0.0):
    random = np.random.default_rng(3)
    biases = random.normal(0, bias_variance**0.5, (len(kernels), WIDTH))
    return [
        (name, kernel * np.float32(gain**0.5), bias.astype("float32"))
        for kernel, bias in zip(kernels, biases, strict=True)
    ]


def errors(run, quantity, statistic):
    """Returns measured over predicted values minus 1, by layer."""
    measured = run.statistics(quantity, statistic).values[0]
    return measured / theory.predicted(run, quantity, statistic).values[0] - 1


def cosine_error(runs):
    """Returns the mean difference of the cosines in the last layer."""
    pairs = [
        (
            run.statistics("activation", "cosine").values[0, -1],
            theory.predicted(run, "activation", "cosine").values[0, -1],
        )
        for run in runs
    ]
    return np.mean(np.diff(pairs))


@pytest.fixture
def average_errors(kernels, inputs, write_network):
    """Returns a function that averages the errors in the last layer over networks.

    The layers of a network 1,000 units wide deviate at random: after 20 layers with
    He initialization, the std of a single rectifier network by 15%.
    """

    def average(name, gain, depth, bias_variance=0.0):
        parts = kernels[:depth], kernels[-1 : -1 - depth : -1]
        runs = [
            write_network(network(name, gain, part, bias_variance), inputs)
            for part in parts
        ]
        return {
            (quantity, statistic): np.mean(
                [errors(run, quantity, statistic)[-1] for run in runs]
            )
            for quantity in FORWARD
            for statistic in (Statistic.STD, Statistic.UNIT_STD)
        }, cosine_error(runs)

    return average


@pytest.mark.parametrize(
    ("name", "gain", "depth", "bias"),
    [
        ("tanh", 1 / 3, 5, 0.0),
        ("softsign", 1.0, 5, 0.0),
        ("sigmoid", 1 / 3, 5, 0.0),
        ("sigmoid", 2.0, 5, 0.0),
        ("tanh", 1.0, 20, 0.0),
        ("softsign", 1.0, 20, 0.0),
        ("sigmoid", 16.0, 20, 0.5),
    ],
)
def test_saturating_activations_are_within_5_percent(
    name, gain, depth, bias, average_errors
):
    found, cosine = average_errors(name, gain, depth, bias)
    for key, error in found.items():
        assert abs(error) < 0.05, key
    assert abs(cosine) < 0.08


@pytest.mark.parametrize(
    ("name", "gain", "depth", "bound"),
    [
        ("relu", 2.0, 5, 0.1),
        ("gelu", 2.0, 5, 0.1),
        ("silu", 2.0, 5, 0.1),
        ("selu", 1.0, 5, 0.1),
        ("softplus", 1.0, 5, 0.1),
        ("relu", 2.0, 20, 0.16),
        ("selu", 1.0, 20, 0.08),
        ("softplus", 1.0, 20, 0.18),
    ],
)
def test_other_activations_are_within_the_stated_bounds(
    name, gain, depth, bound, average_errors
):
    found, cosine = average_errors(name, gain, depth)
    for key, error in found.items():
        assert abs(error) < bound, key
    assert abs(cosine) < 0.08


def test_the_signal_of_a_standard_sigmoid_network_dies(kernels, inputs, write_network):
    """The pooled std stays level; the std within units falls 2,400-fold."""
    run = write_network(network("sigmoid", 1 / 3, kernels[:6]), inputs)
    std, unit_std = (
        theory.predicted(run, "activation", one).values[0]
        for one in ("std", "unit_std")
    )
    assert std[4] / std[1] == pytest.approx(1, abs=0.2)
    assert unit_std[0] / unit_std[4] > 1000
    ratio = np.divide(
        *(run.statistics("activation", one).values[0] for one in ("unit_std", "std"))
    )
    np.testing.assert_allclose(unit_std / std, ratio, rtol=0.05)


def test_examples_grow_alike_in_the_ordered_phase_and_apart_in_the_chaotic_phase(
    kernels, inputs, write_network
):
    for gain, above in ((0.5, True), (3.0, False)):
        layers = network("tanh", gain, kernels[:10], 0.1)
        cosine = theory.predicted(write_network(layers, inputs), "activation", "cosine")
        assert bool(cosine.values[0, -1] > cosine.values[0, 0]) is above


@pytest.mark.parametrize("spread", [0.0, 0.3])
def test_few_examples_of_different_norm(spread, kernels, inputs, write_network):
    random = np.random.default_rng(5)
    x = inputs[:10] * np.exp(spread * random.normal(size=(10, 1)))
    run = write_network(network("tanh", 1.0, kernels[:5]), x)
    for quantity in FORWARD:
        assert np.abs(errors(run, quantity, Statistic.UNIT_STD)).max() < 0.1


def test_depth_scales_of_a_run_whose_layers_are_alike(kernels, inputs, write_network):
    layers = network("tanh", 1 / 3, kernels[:3])
    found = chain_depth_scales(write_network(layers, inputs))
    expected = theory.depth_scales("tanh", weight_variance=1 / 3)
    assert found.variance == pytest.approx(expected.variance, rel=0.02)
    assert found.correlation == pytest.approx(expected.correlation, rel=0.02)
    layers += network("tanh", 1.0, kernels[3:4])
    assert chain_depth_scales(write_network(layers, inputs)) is None


def test_gradients_of_examples_become_less_alike(kernels, inputs, write_network):
    random = np.random.default_rng(6)
    common, own = random.normal(size=(1, WIDTH)), random.normal(size=inputs.shape)
    layers = network("tanh", 2.0, kernels[:6])
    run = write_network(layers, inputs, back=common + own)
    measured = run.statistics("preactivation_gradient", "cosine").values[0]
    expected = theory.predicted(run, "preactivation_gradient", "cosine").values[0]
    assert measured[0] < 0.6 * measured[-1]
    np.testing.assert_allclose(measured, expected, atol=0.03)


def test_other_rows_and_other_statistics_are_not_predicted(
    kernels, inputs, write_network
):
    back = np.random.default_rng(7).normal(size=inputs.shape)
    run = write_network(
        network("tanh", 1.0, kernels[:3]), inputs, back=back, other=True
    )
    for quantity in PREDICTED:
        for statistic in PREDICTED_STATISTICS:
            values = theory.predicted(run, quantity, statistic).values[0]
            assert np.isfinite(values).all()
    assert np.isnan(theory.predicted(run, "activation", "mean")).all()
    assert np.isnan(theory.predicted(run, "weight", "std")).all()
    with pytest.raises(ValueError, match="middle"):
        theory.predicted(run, "activation", "middle")
