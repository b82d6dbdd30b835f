"""NaN and infinite values, and their origin."""

import numpy as np
import pytest

from keras_xavier.diagnosis import Severity
from keras_xavier.statistics import Layer, Quantity, Role, Statistic

SHARE = Statistic.NONFINITE
NAME = "nonfinite_values"


def from_record(record, *layers, until=11, share=0.25):
    values = np.zeros((11, 5))
    values[record:until, list(layers)] = share
    return values


@pytest.mark.parametrize(
    ("quantity", "layers", "first", "cause"),
    [
        ("preactivation", (0, 1, 2), "hidden_1", "come from the inputs"),
        ("preactivation", (2, 3, 4), "hidden_3", "so the layer produces them"),
        ("activation", (1, 2), "hidden_2", "so the layer produces them"),
        (
            "preactivation_gradient",
            (0, 1, 2, 3, 4),
            "output",
            "so the loss or its slope",
        ),
        ("weight_gradient", (0, 1), "hidden_2", "so the products overflow"),
        ("weight", (3,), "hidden_4", "An update since the previous record"),
        ("weight_update", (1,), "hidden_2", "the optimizer produces"),
    ],
)
def test_the_first_layer_in_the_order_of_computation_is_named(
    write, find, quantity, layers, first, cause
):
    name = "nonfinite_loss" if "loss" in cause else NAME
    finding = find(write({(Quantity(quantity), SHARE): from_record(4, *layers)}), name)
    assert finding.severity is Severity.ERROR
    assert finding.layers[0] == first
    assert set(finding.layers) == {
        *(f"hidden_{i + 1}" for i in layers if i < 4),
        *(("output",) if 4 in layers else ()),
    }
    assert finding.steps == (8, 300)
    assert cause in finding.explanation
    values = {number.name: number.value for number in finding.numbers}
    assert values["first nonfinite at"] == 8
    assert values["last finite at"] == 4
    assert finding.numbers[0].value == pytest.approx(0.25)


def test_nonfinite_values_at_the_first_step(write, find):
    finding = find(write({(Quantity.PREACTIVATION, SHARE): from_record(0, 0)}), NAME)
    assert finding.steps[0] == 0
    assert "isfinite(x)" in finding.remedy


def test_a_past_problem_is_a_note(write, find):
    gradient = from_record(4, 4, until=6)
    run = write({(Quantity.WEIGHT_GRADIENT, SHARE): gradient})
    finding = find(run, "nonfinite_loss")
    assert finding.severity is Severity.NOTE
    assert finding.steps == (8, 16)


def test_large_finite_numbers_are_fine(write, find):
    assert find(write({(Quantity.ACTIVATION, Statistic.STD): 1e30}), NAME) is None


@pytest.mark.parametrize(
    ("role", "cause", "array"),
    [
        (Role.INPUT, "receives them as inputs", "x"),
        (Role.TARGET, "receives them as targets", "y"),
    ],
)
def test_nonfinite_data_are_named(write, find, role, cause, array):
    row = Layer("data:x", "Input", None, 20, 0, role=role)
    hidden = [Layer(f"dense_{i}", "Dense", "tanh", 20, 420, -1, 1) for i in range(4)]
    layers = (row, *hidden) if role is Role.INPUT else (*hidden, row)
    place = layers.index(row)
    backward = {
        (Quantity.PREACTIVATION_GRADIENT, SHARE): from_record(0, 0, 1, 2, 3, 4),
        (Quantity.ACTIVATION, SHARE): from_record(0, place),
    }
    finding = find(write(backward, layers=layers), NAME)
    assert finding.layers[0] == "data:x"
    assert cause in finding.explanation
    assert f"isfinite({array})" in finding.remedy


def test_a_first_layer_behind_finite_inputs_produces_its_nonfinite_values(write, find):
    row = Layer("input:x", "Input", None, 20, 0, role=Role.INPUT)
    hidden = [Layer(f"dense_{i}", "Dense", "tanh", 20, 420, -1, 1) for i in range(4)]
    run = write(
        {(Quantity.PREACTIVATION, SHARE): from_record(0, 1)}, layers=(row, *hidden)
    )
    assert "so the layer produces them" in find(run, NAME).explanation
