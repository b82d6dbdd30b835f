"""Units that all compute the same function."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_xavier.diagnosis.symmetry import is_multiple
from keras_xavier.histogram_bins import BIN_COUNT
from keras_xavier.statistics import Quantity, Statistic

NAME = "symmetry_not_broken"
WEIGHT = Quantity.WEIGHT, Statistic.STD
UNITS = 20


def counted(units, examples=300, bins=60):
    """Counts of activations if groups of `units` units are equal."""
    random = np.random.default_rng(1)
    counts = np.zeros((5, BIN_COUNT), np.uint32)
    values = random.multinomial(examples * UNITS // units, np.full(bins, 1 / bins), 5)
    counts[:, 100 : 100 + bins] = values * units
    return counts


def test_equal_units_are_found_from_the_counts(write, find):
    finding = find(write(histograms={Quantity.ACTIVATION: counted(UNITS)}), NAME)
    assert finding.layers == tuple(f"hidden_{i}" for i in range(1, 5))
    assert "glorot_uniform" not in finding.remedy
    assert finding.numbers[:2] == (
        type(finding.numbers[0])("total", 80, "units"),
        type(finding.numbers[0])("distinct", 4, "units"),
    )


@pytest.mark.parametrize("equal", [1, 2, 10])
def test_partly_equal_units_are_ignored(write, find, equal):
    run = write(histograms={Quantity.ACTIVATION: counted(equal)})
    assert find(run, NAME) is None


def test_constant_weights(write, find):
    finding = find(write({WEIGHT: 0.0}), NAME)
    assert finding.layers == tuple(f"hidden_{i}" for i in range(1, 5))


def test_weights_that_start_at_zero_and_diverge_are_fine(write, find):
    spread = np.full((11, 5), 0.1)
    spread[:2, 2] = 0
    assert find(write({WEIGHT: spread}), NAME) is None


def test_one_record_is_not_enough(write, find):
    assert find(write({WEIGHT: 0.0}, steps=(0,)), NAME) is None


@given(
    st.lists(st.integers(0, 50), min_size=30, max_size=200),
    st.integers(2, 1000),
)
def test_multiples_are_found(counts, units):
    multiples = units * np.array(counts, np.uint32)
    enough = (np.count_nonzero(multiples) - 1) * np.log2(units) >= 20
    assert is_multiple(multiples, units) == enough


@given(st.integers(2, 1000), st.integers(1, 10_000), st.integers(0, 1000))
def test_random_counts_are_not_multiples(units, values, seed):
    random = np.random.default_rng(seed)
    counts = random.multinomial(values, random.dirichlet(np.ones(300)))
    assert not is_multiple(counts.astype(np.uint32), units)
