"""Vanishing and exploding activations and gradients."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keras_xavier.diagnosis import Severity
from keras_xavier.diagnosis.depth import (
    change,
    vanishing_or_exploding_gradient,
    vanishing_or_exploding_signal,
)
from keras_xavier.statistics import Layer, Quantity, Role, Statistic

ACTIVATION = Quantity.ACTIVATION, Statistic.UNIT_STD
POOLED = Quantity.ACTIVATION, Statistic.STD
GRADIENT = Quantity.PREACTIVATION_GRADIENT, Statistic.STD
RULES = vanishing_or_exploding_signal, vanishing_or_exploding_gradient
DOWN = 0.1 ** np.arange(5)
CASES = [
    ("vanishing_signal", ACTIVATION, DOWN),
    ("exploding_signal", ACTIVATION, 1 / DOWN),
    ("vanishing_gradient", GRADIENT, DOWN[::-1]),
    ("exploding_gradient", GRADIENT, 1 / DOWN[::-1]),
]


@pytest.mark.parametrize(("name", "what", "sizes"), CASES)
def test_a_factor_of_ten_per_layer_is_found(write, find, name, what, sizes):
    finding = find(write({what: sizes}), name)
    assert finding.severity in (Severity.WARNING, Severity.ERROR)
    assert finding.steps == (0, 300)
    assert finding.layers[0] == "hidden_1"
    assert finding.figure.figure == "depth-profile"
    assert finding.numbers[2].value == pytest.approx(0.1 if "van" in name else 10)


@pytest.mark.parametrize(("name", "what", "sizes"), CASES)
def test_a_factor_of_two_per_layer_is_not_found(write, find, name, what, sizes):
    milder = sizes ** np.log10(2)
    assert find(write({what: milder}), name) is None


@pytest.mark.parametrize(("name", "what", "sizes"), CASES)
def test_a_past_problem_is_a_note(write, find, name, what, sizes):
    values = np.ones((11, 5))
    values[:4] = sizes
    finding = find(write({what: values}), name)
    assert finding.severity is Severity.NOTE
    assert finding.steps == (0, 4)


@pytest.mark.parametrize(("name", "what", "sizes"), CASES)
def test_a_single_record_is_ignored(write, find, name, what, sizes):
    values = np.ones((11, 5))
    values[4] = sizes
    assert find(write({what: values}), name) is None


@pytest.mark.parametrize(("name", "what", "sizes"), CASES)
def test_later_nan_does_not_hide_the_problem(write, find, name, what, sizes):
    values = np.full((11, 5), np.nan)
    values[0] = sizes
    assert find(write({what: values}), name).steps == (0, 0)


def test_the_std_between_units_does_not_hide_the_death_of_the_signal(write, find):
    run = write({ACTIVATION: 0.133 * 0.14 ** np.arange(5), POOLED: 0.1})
    assert find(run, "vanishing_signal").numbers[2].value == pytest.approx(0.14)


@pytest.mark.parametrize("unknown", [np.nan, 0.0])
def test_the_pooled_std_stands_in_for_an_unknown_std_within_units(write, find, unknown):
    """Earlier runs do not have it, and it is 0 for a single example."""
    assert find(write({ACTIVATION: unknown, POOLED: DOWN}), "vanishing_signal")


def test_rows_that_are_no_layers_are_ignored(write, find):
    hidden = [Layer(f"dense_{i}", "Dense", "tanh", 20, 420, -1, 1) for i in range(3)]
    table = (
        Layer("input:x", "Input", None, 20, 0, role=Role.INPUT),
        *hidden,
        Layer("dense_3", "Dense", "softmax", 20, 420),
        Layer("rnn/step_1", "SimpleRNN", None, 20, 0, role=Role.TIME_STEP),
    )
    run = write(
        {ACTIVATION: [1e6, 1, 1, 1, 1, 1], GRADIENT: [1, 1, 1, 1, 1, 1e6]}, layers=table
    )
    for name, _, _ in CASES:
        assert find(run, name) is None


def test_gradients_are_compared_by_norm(write, find):
    """A layer that averages over positions has more and smaller values."""
    sizes = np.array([0.001, 1, 1, 1, 1])
    run = write({GRADIENT: sizes})
    assert find(run, "vanishing_gradient")
    counts = np.zeros((5, run.read_histogram("weight", 0).shape[-1]), np.uint32)
    counts[:, 300] = [1_000_000, 1, 1, 1, 1]
    run = write({GRADIENT: sizes}, histograms={Quantity.PREACTIVATION_GRADIENT: counts})
    assert find(run, "vanishing_gradient") is None


def test_embeddings_are_ignored(write, find):
    embedding = Layer("embedding", "Embedding", None, 20, 400)
    hidden = [Layer(f"dense_{i}", "Dense", "relu", 20, 420, 0.0) for i in range(3)]
    output = Layer("output", "Dense", "softmax", 20, 420)
    run = write({ACTIVATION: [0.001, 1, 1, 1, 1]}, layers=(embedding, *hidden, output))
    assert find(run, "exploding_signal") is None


def test_a_dead_layer_is_an_error(write, find):
    run = write({ACTIVATION: [1, 1, 0, 0, 0], GRADIENT: [0, 0, 0, 1, 1]})
    assert find(run, "vanishing_signal").severity is Severity.ERROR
    assert find(run, "vanishing_gradient").severity is Severity.ERROR


@pytest.mark.parametrize(("name", "what", "sizes"), CASES)
@settings(
    max_examples=10,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
@given(exponent=st.integers(-8, 8))
def test_findings_do_not_depend_on_the_scale_of_data_and_loss(
    write, find, name, what, sizes, exponent
):
    finding = find(write({what: 10.0**exponent * sizes}), name, RULES)
    assert finding.numbers[2].value == pytest.approx(0.1 if "van" in name else 10)


@given(
    sizes=st.lists(st.floats(1e-6, 1e6), min_size=2, max_size=12),
    scale=st.floats(1e-3, 1e3),
)
def test_ratios_are_scale_free_and_invert(sizes, scale):
    layers, ones = list(range(len(sizes))), np.ones(len(sizes))

    def changed(sizes):
        return change(sizes[None], layers, ones, Statistic.UNIT_STD)

    one = changed(np.array(sizes))
    other = changed(scale * np.array(sizes))
    inverse = changed(1 / np.array(sizes))
    np.testing.assert_allclose(one.faded, other.faded)
    np.testing.assert_allclose(one.faded, 1 / inverse.grown)
    assert one.grown <= one.faded
