import pytest

from keras_xavier.figures.records import UnrecordedStep, record_of


def test_records_are_found_by_their_step(record):
    run = record((5, 10, 20))
    assert [record_of(run, step) for step in (5, 10, 20)] == [0, 1, 2]
    assert record_of(run, None) == -1


@pytest.mark.parametrize(
    ("step", "nearest", "message"),
    [
        (12, (10, 20), "the nearest are 10 and 20. Choose one of run.steps"),
        (0, (5,), "the first one is 5"),
        (99, (20,), "the last one is 20"),
    ],
)
def test_the_error_for_an_unrecorded_step_names_the_nearest_steps(
    record, step, nearest, message
):
    with pytest.raises(UnrecordedStep, match=message) as raised:
        record_of(record((5, 10, 20)), step)
    assert raised.value.nearest == nearest
    assert f"Step {step} was not recorded in tanh; " in str(raised.value)
