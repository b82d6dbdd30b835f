"""Schedules of records."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_xavier.recording.schedules import DueRecords, dense_early, make_schedule


def due(schedule, last):
    return [step for step in range(last + 1) if schedule(step)]


def test_the_default_is_dense_early():
    expected = [0, 1, 2, 4, 8, 16, 32, 64, *range(100, 1001, 100)]
    assert due(dense_early, 1000) == expected
    assert make_schedule(None) is dense_early


@pytest.mark.parametrize("every", [1, 3, 250])
def test_a_number_is_an_interval(every):
    assert due(make_schedule(every), 1000) == list(range(0, 1001, every))


def test_no_step_is_due_for_an_epoch():
    assert due(make_schedule("epoch"), 1000) == []


def test_a_function_is_a_schedule():
    assert due(make_schedule(lambda step: step in (3, 7)), 10) == [3, 7]


@pytest.mark.parametrize("every", [0, -1, 2.5, True, "batch", [1, 2]])
def test_invalid_schedules_raise_an_error(every):
    with pytest.raises(ValueError, match=r"`every` must be.*Received"):
        make_schedule(every)


@given(
    every=st.integers(1, 20),
    strides=st.lists(st.integers(1, 30), min_size=1, max_size=30),
)
def test_a_record_is_due_once_each_time_due_steps_are_passed(every, strides):
    records = DueRecords(make_schedule(every))
    assert records.is_due(0)
    records.taken(0)
    before = 0
    for stride in strides:
        step = before + stride
        expected = step // every > before // every
        # Bounds may be queried in advance, at any distance.
        assert records.may_be_due(step + stride) >= expected
        assert records.is_due(step) == expected
        if expected:
            records.taken(step)
        before = step


def test_a_due_record_stays_due_until_it_is_taken():
    records = DueRecords(make_schedule(4))
    records.taken(0)
    assert [records.is_due(step) for step in range(1, 8)] == [False] * 3 + [True] * 4
    records.taken(7)
    assert not records.is_due(7)
    records.request()
    assert records.is_due(7)


def test_a_schedule_that_raises_is_called_for_the_next_step():
    def schedule(step):
        if step == 2:
            raise KeyError(step)
        return step > 2

    records = DueRecords(schedule)
    records.taken(1)
    with pytest.raises(KeyError):
        records.is_due(2)
    assert records.is_due(3)
