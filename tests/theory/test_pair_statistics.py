"""Predicted `unit_std` and `cosine`, compared with networks of width 1000."""

import numpy as np
import pytest

from keras_xavier import theory
from keras_xavier.statistics import Quantity, Statistic
from keras_xavier.theory.prediction import PREDICTED, PREDICTED_STATISTICS

WIDTH = 1000
FORWARD = (Quantity.PREACTIVATION, Quantity.ACTIVATION)
GAINS = {"standard": 1 / 3, "normalized": 1.0, "he": 2.0}


def network(name, gain, kernels, bias_variance=0.0):
    random = np.random.default_rng(3)
    return [
        (name, kernel * gain**0.5, random.normal(0, bias_variance**0.5, WIDTH))
        for kernel in kernels
    ]


def errors(run, quantity, statistic):
    """Returns measured over predicted values minus 1, by layer."""
    measured = run.statistics(quantity, statistic).values[0]
    return measured / theory.predicted(run, quantity, statistic).values[0] - 1


@pytest.mark.parametrize("initializer", GAINS)
@pytest.mark.parametrize("name", ["tanh", "sigmoid", "softsign"])
def test_five_layers_are_within_5_percent(
    name, initializer, kernels, inputs, write_network
):
    run = write_network(network(name, GAINS[initializer], kernels[:5]), inputs)
    for quantity in FORWARD:
        for statistic in PREDICTED_STATISTICS:
            assert np.abs(errors(run, quantity, statistic)).max() < 0.05
    for statistic in (Statistic.STD, Statistic.UNIT_STD):
        found = errors(run, Quantity.PREACTIVATION_GRADIENT, statistic)
        assert np.abs(found).max() < 0.05


@pytest.mark.parametrize(
    ("name", "gain", "bias"),
    [
        ("tanh", 1.0, 0.0),
        ("tanh", 2.0, 0.1),
        ("softsign", 1.0, 0.0),
        ("sigmoid", 2.0, 0.0),
        ("sigmoid", 16.0, 0.5),
    ],
)
def test_twenty_layers_are_within_5_percent(
    name, gain, bias, kernels, inputs, write_network
):
    run = write_network(network(name, gain, kernels, bias), inputs)
    for quantity in FORWARD:
        for statistic in (Statistic.STD, Statistic.UNIT_STD):
            assert np.abs(errors(run, quantity, statistic)).max() < 0.05
        measured = run.statistics(quantity, "cosine").values[0]
        predicted = theory.predicted(run, quantity, "cosine").values[0]
        np.testing.assert_allclose(measured, predicted, atol=0.05)


@pytest.mark.parametrize(
    ("name", "gain", "bias", "depth", "bound"),
    [
        *((name, 2.0, 0.0, 5, 0.1) for name in ("relu", "gelu", "silu", "elu")),
        *((name, 1.0, 0.0, 5, 0.1) for name in ("selu", "softplus", "scaled_tanh")),
        ("relu", 2.0, 0.0, 20, 0.25),
        ("selu", 1.0, 0.0, 20, 0.1),
        ("softplus", 1.0, 0.0, 20, 0.1),
    ],
)
def test_other_activations_are_within_the_stated_bounds(
    name, gain, bias, depth, bound, kernels, inputs, write_network
):
    """Single networks of rectifiers deviate, because random errors add up."""
    run = write_network(network(name, gain, kernels[:depth], bias), inputs)
    for quantity in FORWARD:
        std = errors(run, quantity, Statistic.STD)
        unit_std = errors(run, quantity, Statistic.UNIT_STD)
        assert np.abs(std).max() < bound
        assert np.abs(unit_std).max() < bound


def test_the_signal_of_a_standard_sigmoid_network_dies(
    kernels, inputs, write_network
):
    """The pooled std stays level; the std within units falls 1,300-fold."""
    run = write_network(network("sigmoid", 1 / 3, kernels[:6]), inputs)
    std, unit_std = (
        theory.predicted(run, "activation", one).values[0] for one in ("std", "unit_std")
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
        assert np.abs(errors(run, quantity, Statistic.UNIT_STD)).max() < 0.05


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
    run = write_network(network("tanh", 1.0, kernels[:3]), inputs, other=True)
    for quantity in PREDICTED:
        for statistic in PREDICTED_STATISTICS:
            values = theory.predicted(run, quantity, statistic).values[0]
            assert np.isfinite(values).tolist() == [False, True, True, True]
    assert np.isnan(theory.predicted(run, "activation", "mean")).all()
    assert np.isnan(theory.predicted(run, "weight", "std")).all()
    with pytest.raises(ValueError, match="middle"):
        theory.predicted(run, "activation", "middle")
