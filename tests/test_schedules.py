"""When it is measured."""

import pytest

from keras_xavier.schedules import dense_early, make_schedule


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


def test_a_function_is_taken_as_it_is():
    assert due(make_schedule(lambda step: step in (3, 7)), 10) == [3, 7]


@pytest.mark.parametrize("every", [0, -1, 2.5, True, "batch", [1, 2]])
def test_nothing_else_is_a_schedule(every):
    with pytest.raises(ValueError, match=r"`every` should be.*Received"):
        make_schedule(every)
