"""Functions that read data for the rules."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_xavier.diagnosis.reading import (
    Stretch,
    lasting,
    listed,
    read,
    reading_once,
)
from keras_xavier.statistics import Quantity, Statistic


@pytest.mark.parametrize(
    ("condition", "least", "expected"),
    [
        ([], 3, None),
        ([0, 0, 0], 1, None),
        ([1], 3, Stretch(0, 0, over=False)),
        ([1, 1], 3, Stretch(0, 1, over=False)),
        ([1, 1, 0, 1], 2, Stretch(0, 1, over=True)),
        ([1, 1, 1, 0, 1, 1, 1], 3, Stretch(4, 6, over=False)),
        ([0, 1, 1, 0], 3, None),
    ],
)
def test_stretches_of_records(condition, least, expected):
    assert lasting(np.array(condition, bool), least) == expected


def test_unknown_records_are_skipped():
    condition = np.array([True, False, True, False, False])
    known = np.array([True, False, True, False, False])
    assert lasting(condition, 2, known) == Stretch(0, 2, over=False)
    assert lasting(condition, 1, np.zeros(5, bool)) is None


@given(st.lists(st.booleans(), min_size=1), st.integers(1, 5))
def test_a_stretch_meets_the_condition_and_is_long_enough(condition, least):
    found = lasting(np.array(condition), least)
    if found:
        assert all(condition[found.first : found.last + 1])
        assert found.last - found.first + 1 >= min(least, len(condition))
        assert found.over == (found.last < len(condition) - 1)
        assert not (found.over and condition[found.last + 1])


def test_each_quantity_is_read_once(write, monkeypatch):
    run = write()
    calls = []
    several = type(run).read_several
    monkeypatch.setattr(
        type(run), "read_several", lambda *a, **k: calls.append(1) or several(*a, **k)
    )
    with reading_once(run):
        for statistic in (Statistic.MEAN, Statistic.STD):
            assert read(run, Quantity.WEIGHT, statistic).shape == (11, 5)
    assert len(calls) == 1
    read(run, Quantity.WEIGHT, Statistic.STD)
    assert len(calls) == 2


def test_names_are_listed_in_a_sentence():
    assert listed(("a",)) == "a"
    assert listed(("a", "b")) == "a and b"
    assert listed(tuple("abcdef")) == "a, b, c and 3 more"
    assert listed(("a\nb",)) == "a\ufffdb"
