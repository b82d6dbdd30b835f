import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from keras_xavier.figures import Table
from keras_xavier.figures.table import stack


def read(table):
    """The rows of a table that was written as CSV, the header first."""
    return list(csv.reader(io.StringIO(table.to_csv(), newline="")))


def names(*written):
    return Table({"layer": np.array(written, object)})


@given(arrays(np.float32, st.integers(0, 20), elements=st.floats(width=32)))
def test_single_precision_numbers_round_trip(values):
    header, *rows = read(Table({"value": values}))
    assert header == ["value"]
    found = np.array([np.float32(row[0]) for row in rows], np.float32)
    np.testing.assert_array_equal(found, values)


@given(arrays(np.float64, st.integers(0, 20), elements=st.floats()))
def test_double_precision_numbers_round_trip(values):
    found = np.array([float(row[0]) for row in read(Table({"value": values}))[1:]])
    np.testing.assert_array_equal(found, values)


@given(arrays(np.int64, st.integers(0, 20)))
def test_steps_round_trip(values):
    rows = read(Table({"step": values}))[1:]
    assert [int(row[0]) for row in rows] == values.tolist()


@given(st.lists(st.text(st.characters(blacklist_categories=["Cs"]))))
def test_names_round_trip_except_for_a_leading_apostrophe(written):
    found = [row[0] if row else "" for row in read(names(*written))[1:]]
    assert len(found) == len(written)
    for before, after in zip(written, found, strict=True):
        assert after in (before, f"'{before}")
        assert not after.startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_formulas_in_names_are_escaped(start):
    formula = f'{start}HYPERLINK("http://x","y")'
    assert read(names(formula))[1] == [f"'{formula}"]
    assert read(Table({formula: np.arange(1)}))[0] == [f"'{formula}"]


def test_negative_numbers_stay_numbers():
    table = Table({"value": np.array([-1.5, -0.0]), "step": np.array([-3, 2])})
    assert read(table)[1:] == [["-1.5", "-3"], ["-0.0", "2"]]


@pytest.mark.parametrize("name", ["a,b", 'a "b"', "a\nb", "a\r\nb", " a ", "ü·Δ"])
def test_names_may_contain_any_character(name):
    table = Table({"run": np.array([name], object), "step": np.array([1])})
    assert read(table) == [["run", "step"], [name, "1"]]
    assert read(Table({name: np.arange(1)}))[0] == [name]


def test_lines_end_with_crlf():
    assert names("a", "b").to_csv() == "layer\r\na\r\nb\r\n"


def test_a_table_is_as_long_as_its_columns():
    assert len(Table({"step": np.arange(3), "loss": np.zeros(3)})) == 3
    assert len(Table({})) == 0


def test_tables_are_concatenated():
    table = stack(
        [
            {"layer": "hidden_1", "step": np.array([0, 1]), "std": np.array([0.5, 1])},
            {"layer": "output", "step": np.array([0]), "std": np.array([2.0])},
        ]
    )
    assert read(table) == [
        ["layer", "step", "std"],
        ["hidden_1", "0", "0.5"],
        ["hidden_1", "1", "1.0"],
        ["output", "0", "2.0"],
    ]


def test_a_part_without_rows_adds_no_rows():
    table = stack(
        [
            {"layer": "hidden_1", "step": 3, "from": np.zeros(0)},
            {"layer": "output", "step": 3, "from": np.zeros(2)},
        ]
    )
    assert table.columns["layer"].tolist() == ["output"] * 2
    assert table.columns["step"].tolist() == [3, 3]
    assert len(stack([])) == 0
