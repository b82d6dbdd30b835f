"""Table 1: test errors and their significance."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_xavier.paper.results import as_markdown, explanation, p_value, results
from keras_xavier.paper.schemes import (
    SCHEMES,
    SIGMOID,
    SOFTSIGN,
    SOFTSIGN_N,
    TANH,
    TANH_N,
)
from keras_xavier.paper.test_error_curves import error_curve, last_errors

ERRORS = {SOFTSIGN: 0.163, SOFTSIGN_N: 0.161, TANH: 0.27, TANH_N: 0.156, SIGMOID: 0.8}
ERROR_LISTS = st.lists(st.floats(0, 1), min_size=1, max_size=4).map(np.array)


@pytest.fixture
def table(reproduction, write_run):
    for scheme in SCHEMES:
        for seed in range(2):
            error = ERRORS[scheme] + (0.001 if seed else -0.001)
            write_run(scheme, {}, errors=[0.9, error], seed=seed)
    return results(reproduction)


def test_errors_are_the_last_errors_of_all_seeds(table):
    found = {one.scheme: one for one in table}
    assert found[TANH].mean == pytest.approx(27)
    assert found[TANH].errors == pytest.approx((26.9, 27.1))
    assert found[TANH].paper == 27.15


def test_errors_that_do_not_differ_from_the_best_are_bold(table):
    assert [one.scheme for one in table if one.is_best] == [
        SOFTSIGN,
        SOFTSIGN_N,
        TANH_N,
    ]
    row = next(line for line in as_markdown(table).splitlines() if "| Tanh N" in line)
    assert row.startswith(
        "| Shapeset-3×2 | Tanh N | 15.60 | **15.60** | 15.50 – 15.70 (2)"
    )


def test_each_row_states_the_smaller_size_of_our_networks(table):
    for line in as_markdown(table).splitlines()[2:]:
        assert line.endswith("| smaller: 10 units, 10,000 updates |")


def test_updates_come_from_the_runs(table, reproduction):
    longer = dict.fromkeys(reproduction.size.updates, 50_000)
    size = replace(reproduction.size, updates=longer)
    assert {one.updates for one in results(replace(reproduction, size=size))} == {
        10_000
    }


def test_errors_are_compared_at_common_evaluations(reproduction, write_run):
    write_run(TANH, {}, errors=[0.9, 0.3], seed=0)
    write_run(TANH, {}, errors=[0.8, 0.4, 0.2, 0.1], seed=1, until=20_000)
    runs = reproduction.runs(TANH)
    steps, _ = error_curve(runs)
    assert steps.tolist() == [5000, 10_000]
    assert last_errors(runs).tolist() == [0.3, 0.4]


@given(ERROR_LISTS, ERROR_LISTS)
def test_significance_is_symmetric_and_a_probability(one, other):
    p = p_value(one, other)
    assert 0 <= p <= 1
    assert p == p_value(other, one)
    assert p_value(one, one) == 1


def test_significance_with_one_seed_is_that_of_the_examples():
    # The χ² test of these counts, without correction, gives 0.0568.
    assert p_value(np.array([0.16]), np.array([0.17])) == pytest.approx(
        0.0568, abs=1e-3
    )


def test_variance_over_seeds_reduces_significance():
    best = np.array([0.16, 0.16])
    assert p_value(best, np.array([0.2, 0.2])) < 0.005
    assert p_value(best, np.array([0.15, 0.25])) > 0.005


def test_a_difference_without_variance_is_certain():
    assert p_value(np.zeros(2), np.ones(2)) == 0


@pytest.mark.parametrize(
    ("seeds", "what"), [(1, "unknown and omitted"), (3, "rough estimate")]
)
def test_the_explanation_depends_on_the_number_of_seeds(seeds, what):
    assert what in explanation(seeds)
