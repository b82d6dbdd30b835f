"""Units that all compute the same function."""

import numpy as np
import pytest

from keras_xavier.statistics import Quantity, Statistic

NAME = "symmetry_not_broken"
WEIGHT = Quantity.WEIGHT, Statistic.STD
UNITS = 20
HIDDEN = tuple(f"hidden_{i}" for i in range(1, 5))


def groups(equal):
    """Moments of units of which groups of `equal` units are equal."""
    random = np.random.default_rng(1)
    shape = 5, UNITS // equal
    return {
        Statistic.MEAN: np.repeat(random.normal(0, 0.05, shape), equal, axis=1),
        Statistic.STD: np.repeat(random.uniform(0.05, 0.1, shape), equal, axis=1),
    }


def test_equal_units_are_found(write, find):
    finding = find(write(units=groups(UNITS)), NAME)
    assert finding.layers == HIDDEN
    assert "glorot_uniform" not in finding.remedy
    assert finding.numbers[:2] == (
        type(finding.numbers[0])("total", 80, "units"),
        type(finding.numbers[0])("distinct", 4, "units"),
    )


@pytest.mark.parametrize("equal", [1, 2, 10])
def test_partly_equal_units_are_ignored(write, find, equal):
    assert find(write(units=groups(equal)), NAME) is None


def test_units_that_differ_in_the_end_are_ignored(write, find):
    moments = {name: np.tile(one, (11, 1, 1)) for name, one in groups(UNITS).items()}
    for name, one in groups(1).items():
        moments[name][-1] = one
    assert find(write(units=moments), NAME) is None


def test_equal_examples_are_no_equal_units(write, find):
    """In a deep sigmoid network, all examples look alike, and the units differ."""
    means = np.random.default_rng(1).normal(0.5, 0.1, (5, UNITS))
    run = write(units={Statistic.MEAN: means, Statistic.STD: 4e-7})
    assert find(run, NAME) is None


def test_units_without_a_response_cannot_be_compared(write, find):
    run = write(units={Statistic.MEAN: 0.5, Statistic.STD: 0.0})
    assert find(run, NAME) is None


def test_constant_weights(write, find):
    finding = find(write({WEIGHT: 0.0}), NAME)
    assert finding.layers == HIDDEN


def test_weights_that_start_at_zero_and_diverge_are_fine(write, find):
    spread = np.full((11, 5), 0.1)
    spread[:2, 2] = 0
    assert find(write({WEIGHT: spread}), NAME) is None


def test_one_record_is_not_enough(write, find):
    assert find(write({WEIGHT: 0.0}, steps=(0,)), NAME) is None
