"""Remarks on where theory does not apply."""

import numpy as np
import pytest

from keras_xavier import theory

WIDTH = 100


@pytest.fixture
def network():
    """Returns a function that draws a network."""

    def draw(activation="tanh", widths=(WIDTH,) * 4, mean=0.0):
        random = np.random.default_rng(0)
        return [
            (activation, random.normal(mean, n**-0.5, (n, m)), np.zeros(m))
            for n, m in zip((WIDTH, *widths), widths, strict=False)
        ]

    return draw


@pytest.fixture
def x():
    return np.random.default_rng(1).normal(size=(30, WIDTH))


def is_predicted(run, statistic="std"):
    return bool(np.isfinite(theory.predicted(run, "activation", statistic)).any())


def test_a_network_that_theory_describes_has_no_remark(network, x, write_network):
    run = write_network(network(), x)
    assert is_predicted(run)
    for statistic in ("std", "unit_std", "cosine"):
        assert theory.theory_remark(run, "activation", statistic) == ""


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        (
            {"weight_variances": {"dense_1": 0.03}},
            "the weights of dense_1 are not initial weights: std 0.0994, init",
        ),
        ({"not_predicted": "it covers plain chains"}, "it covers plain chains"),
        ({"bias_variances": None}, "it covers chains of dense layers"),
        ({"step": 7}, "it applies before training, and the run begins at step 7"),
    ],
)
def test_weights_that_are_not_initial_are_not_predicted(
    attributes, reason, network, x, write_network
):
    run = write_network(network(), x, **attributes)
    for statistic in ("std", "unit_std", "cosine"):
        assert not is_predicted(run, statistic)
        remark = theory.theory_remark(run, "activation", statistic)
        assert remark.startswith(f"theory: {reason}")


def test_initial_weights_are_recognized(network, x, write_network):
    variances = {f"dense_{i}": 1 / WIDTH for i in range(4)}
    run = write_network(network(), x, weight_variances=variances)
    assert is_predicted(run)
    assert theory.theory_remark(run, "activation") == ""


def test_weights_whose_mean_is_not_0_are_not_predicted(network, x, write_network):
    run = write_network(network(mean=0.05), x)
    assert not is_predicted(run)
    assert "weights with mean 0; dense_0" in theory.theory_remark(run, "activation")


def test_an_unknown_activation_is_named(network, x, write_network):
    layers = network()
    run = write_network([layers[0], ("sine", *layers[1][1:]), *layers[2:]], x)
    assert theory.theory_remark(run, "activation") == ""
    odd = write_network(network("gelu"), x, rename={"gelu": "wiggle"})
    remark = theory.theory_remark(odd, "activation")
    assert remark == "theory: it does not know wiggle, the activation of dense_0"


def test_a_narrow_layer_has_a_remark(network, x, write_network):
    narrow = network("linear", widths=(WIDTH, 5, WIDTH, WIDTH))
    run = write_network(narrow, x)
    assert is_predicted(run)
    remark = theory.theory_remark(run, "activation")
    assert remark == "theory: it assumes wide layers; expect deviations of 33%"


@pytest.mark.parametrize(
    ("quantity", "statistic", "reason"),
    [
        ("weight", "std", "does not predict the weight"),
        ("weight_gradient", "std", "does not predict the weight gradient"),
        ("activation", "mean", "does not predict the mean"),
    ],
)
def test_what_theory_does_not_predict(
    quantity, statistic, reason, network, x, write_network
):
    run = write_network(network(), x)
    assert reason in theory.theory_remark(run, quantity, statistic)
