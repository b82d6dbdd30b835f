"""NaN and Inf: where and when."""

import numpy as np
import pytest

from keras_xavier.diagnosis import Severity
from keras_xavier.statistics import Quantity, Statistic

SHARE = Statistic.NONFINITE
NAME = "nonfinite"


def from_record(record, *layers, until=11, share=0.25):
    values = np.zeros((11, 5))
    values[record:until, list(layers)] = share
    return values


@pytest.mark.parametrize(
    ("quantity", "layers", "first", "said"),
    [
        ("preactivation", (0, 1, 2), "hidden_1", "come with the inputs"),
        ("preactivation", (2, 3, 4), "hidden_3", "grown beyond what floats"),
        ("activation", (1, 2), "hidden_2", "grown beyond what floats"),
        ("preactivation_gradient", (0, 1, 2, 3, 4), "output", "it is the loss"),
        ("weight_gradient", (0, 1), "hidden_2", "it is the loss"),
        ("weight", (3,), "hidden_4", "An update since the record before"),
        ("weight_update", (1,), "hidden_2", "it is the optimizer"),
    ],
)
def test_the_first_in_the_order_of_computation_is_named(
    write, find, quantity, layers, first, said
):
    finding = find(write({(Quantity(quantity), SHARE): from_record(4, *layers)}), NAME)
    assert finding.severity is Severity.ERROR
    assert finding.layers[0] == first
    assert set(finding.layers) == {
        *(f"hidden_{i + 1}" for i in layers if i < 4),
        *(("output",) if 4 in layers else ()),
    }
    assert finding.steps == (8, 300)
    assert said in finding.explanation
    values = {number.name: number.value for number in finding.numbers}
    assert values["first seen at"] == 8
    assert values["still finite at"] == 4
    assert finding.numbers[0].value == pytest.approx(0.25)


def test_the_first_step_may_have_it(write, find):
    finding = find(write({(Quantity.PREACTIVATION, SHARE): from_record(0, 0)}), NAME)
    assert finding.steps[0] == 0
    assert "isfinite" in finding.command


def test_what_passes_is_a_note(write, find):
    gradient = from_record(4, 4, until=6)
    finding = find(write({(Quantity.WEIGHT_GRADIENT, SHARE): gradient}), NAME)
    assert finding.severity is Severity.NOTE
    assert finding.steps == (8, 16)


def test_finite_numbers_of_any_size_are_none(write, find):
    assert find(write({(Quantity.ACTIVATION, Statistic.STD): 1e30}), NAME) is None
