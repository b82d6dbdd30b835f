"""Table 1."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_xavier.paper.results import as_markdown, p_value, results
from keras_xavier.paper.schemes import (
    SCHEMES,
    SIGMOID,
    SOFTSIGN,
    SOFTSIGN_N,
    TANH,
    TANH_N,
)

ERRORS = {SOFTSIGN: 0.163, SOFTSIGN_N: 0.161, TANH: 0.27, TANH_N: 0.156, SIGMOID: 0.8}
SHARES = st.floats(0, 1)


@pytest.fixture
def table(reproduction, write_run):
    for scheme in SCHEMES:
        for seed in range(2):
            error = ERRORS[scheme] + (0.001 if seed else -0.001)
            write_run(scheme, {}, errors=[0.9, error], seed=seed)
    return results(reproduction)


def test_our_errors_are_the_last_ones_of_all_seeds(table):
    found = {one.scheme: one for one in table}
    assert found[TANH].mean == pytest.approx(27)
    assert found[TANH].errors == pytest.approx((26.9, 27.1))
    assert found[TANH].paper == 27.15


def test_bold_is_what_does_not_differ_from_the_best(table):
    assert [one.scheme for one in table if one.is_best] == [
        SOFTSIGN,
        SOFTSIGN_N,
        TANH_N,
    ]
    row = next(line for line in as_markdown(table).splitlines() if "| Tanh N" in line)
    assert row.startswith(
        "| Shapeset-3×2 | Tanh N | 15.60 | **15.60** | 15.50 – 15.70 (2)"
    )


def test_the_table_says_in_the_same_line_where_less_was_computed(table):
    for line in as_markdown(table).splitlines()[2:]:
        assert line.endswith("| smaller: 10 units, 10,000 updates |")


@given(SHARES, SHARES)
def test_significance_is_symmetric_and_a_probability(one, other):
    p = p_value(one, other)
    assert 0 <= p <= 1
    assert p == p_value(other, one)
    assert p_value(one, one) == 1


def test_more_examples_make_the_same_difference_significant():
    assert p_value(0.16, 0.17, examples=1000) > 0.005 > p_value(0.16, 0.17, 100_000)
