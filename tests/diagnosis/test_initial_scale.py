"""Initial weights compared with theory."""

import numpy as np
import pytest

from keras_xavier.diagnosis import Severity
from keras_xavier.statistics import Layer, Quantity, Statistic

WEIGHT = Quantity.WEIGHT, Statistic.STD
NAME = "wrong_initial_scale"
UNITS = 20


def std(scale):
    """Std of weights whose variance times the fan-in is `scale`."""
    return np.sqrt(scale / UNITS)


def dense(hidden, activation="tanh", kind="Dense"):
    layers = (
        Layer(f"hidden_{i}", kind, activation, UNITS, 420) for i in range(1, hidden + 1)
    )
    return (*layers, Layer("output", kind, "softmax", UNITS, 420))


@pytest.mark.parametrize(
    ("scale", "hidden", "severity"),
    [
        (1.0, 20, None),
        (1 / 3, 3, None),
        (1 / 3, 6, Severity.WARNING),
        (1 / 3, 20, Severity.ERROR),
        (100.0, 3, Severity.WARNING),
    ],
)
def test_the_finding_depends_on_scale_and_depth(write, find, scale, hidden, severity):
    finding = find(write({WEIGHT: std(scale)}, layers=dense(hidden)), NAME)
    assert (finding and finding.severity) == severity
    if finding:
        assert finding.steps == (0, 0)
        numbers = {number.name: number.value for number in finding.numbers}
        assert numbers["n Var[W], median of the layers"] == pytest.approx(scale)
        assert numbers["n Var[W] at the edge of chaos"] == pytest.approx(1)


@pytest.mark.parametrize(("scale", "found"), [(2.0, False), (1 / 3, True)])
def test_each_activation_has_its_own_scale(write, find, scale, found):
    run = write({WEIGHT: std(scale)}, layers=dense(5, "relu"))
    assert bool(find(run, NAME)) == found


def test_networks_that_theory_does_not_cover_are_ignored(write, find):
    small = {WEIGHT: std(0.01)}
    for run in (
        write(small, layers=dense(6, kind="Conv2D")),
        write(small, layers=dense(6, activation="wiggle")),
        write(small, steps=(10, 20)),
        write(small, hyperparameters={"pretraining_updates": 10}),
    ):
        assert find(run, NAME) is None


def test_unrecorded_layers_divide_a_network(write, find):
    chain = ("hidden_1", "hidden_2", "hidden_3", "other", "hidden_4", "hidden_5")
    chain = (*chain, "hidden_6", "output")
    small = {WEIGHT: std(1 / 3)}
    assert find(write(small, layers=dense(6)), NAME)
    attributes = {"bias_variances": dict.fromkeys(chain, 0.0)}
    run = write(small, layers=dense(6), attributes=attributes)
    assert find(run, NAME) is None


@pytest.mark.parametrize(
    ("weight", "saturated", "is_found"),
    [(3.0, 0.8, True), (20**-0.5, 0.8, False), (3.0, 0.1, False)],
    ids=["large weights", "large inputs", "not saturated"],
)
def test_large_initial_weights_are_the_cause_of_saturation(
    write, find, weight, saturated, is_found
):
    run = write(
        {
            (Quantity.WEIGHT, Statistic.STD): weight,
            (Quantity.ACTIVATION, Statistic.SATURATED): saturated,
        }
    )
    finding = find(run, "wrong_initial_scale")
    is_named = finding is not None and "before the first update" in finding.summary
    assert is_named == is_found
    if is_found:
        assert "initial weights of hidden_1" in finding.summary
        assert [one.name for one in finding.consequences] == ["saturated_layer"]
    elif saturated > 0.5:
        symptom = find(run, "saturated_layer")
        assert symptom.remedy.startswith("Scale the inputs")


def test_saturation_during_training_is_no_fault_of_the_weights(write, find):
    share = np.zeros((11, 5))
    share[4:] = 0.8
    large = {(Quantity.WEIGHT, Statistic.STD): 3.0}
    run = write({**large, (Quantity.ACTIVATION, Statistic.SATURATED): share})
    finding = find(run, "saturated_layer")
    assert finding.remedy.startswith("Lower the learning rate")
