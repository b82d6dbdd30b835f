"""Units that all compute the same."""

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
    """Counts of activations if so many units are alike."""
    random = np.random.default_rng(1)
    counts = np.zeros((5, BIN_COUNT), np.uint32)
    values = random.multinomial(examples * UNITS // units, np.full(bins, 1 / bins), 5)
    counts[:, 100 : 100 + bins] = values * units
    return counts


def test_units_that_are_alike_are_seen_in_the_counts(write, find):
    finding = find(write(histograms={Quantity.ACTIVATION: counted(UNITS)}), NAME)
    assert finding.layers == tuple(f"hidden_{i}" for i in range(1, 5))
    assert "glorot_uniform" not in finding.remedy
    assert finding.numbers[:2] == (
        type(finding.numbers[0])("units in these layers", 80, "units"),
        type(finding.numbers[0])("of which differ", 4, "units"),
    )


@pytest.mark.parametrize("alike", [1, 2, 10])
def test_if_only_some_are_alike_it_is_silent(write, find, alike):
    run = write(histograms={Quantity.ACTIVATION: counted(alike)})
    assert find(run, NAME) is None


def test_weights_that_stay_one_number(write, find):
    finding = find(write({WEIGHT: 0.0}), NAME)
    assert finding.layers == tuple(f"hidden_{i}" for i in range(1, 5))


def test_weights_that_begin_at_zero_and_part_are_well(write, find):
    spread = np.full((11, 5), 0.1)
    spread[:2, 2] = 0
    assert find(write({WEIGHT: spread}), NAME) is None


def test_before_an_update_it_cannot_be_told(write, find):
    assert find(write({WEIGHT: 0.0}, steps=(0,)), NAME) is None


@given(
    st.lists(st.integers(0, 50), min_size=30, max_size=200),
    st.integers(2, 1000),
)
def test_multiples_are_found_in_any_counts(counts, units):
    multiples = units * np.array(counts, np.uint32)
    enough = (np.count_nonzero(multiples) - 1) * np.log2(units) >= 20
    assert is_multiple(multiples, units) == enough


@given(st.integers(2, 1000), st.integers(1, 10_000), st.integers(0, 1000))
def test_counts_by_chance_are_none(units, values, seed):
    random = np.random.default_rng(seed)
    counts = random.multinomial(values, random.dirichlet(np.ones(300)))
    assert not is_multiple(counts.astype(np.uint32), units)
