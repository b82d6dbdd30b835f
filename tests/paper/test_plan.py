"""How a training is divided."""

from hypothesis import given
from hypothesis import strategies as st

from keras_xavier.experiments.training import AT_A_TIME, EPOCH, EVALUATIONS, plan


@given(st.integers(1, 200_000), st.data())
def test_a_plan_does_what_is_left_and_no_more(updates, data):
    done = data.draw(st.integers(0, updates - 1))
    legs = plan(done, updates)
    assert done + sum(leg.epoch * leg.epochs for leg in legs) == updates
    assert all(leg.epoch >= 1 and leg.epochs >= 1 for leg in legs)
    assert all(leg.epoch % leg.at_a_time == 0 for leg in legs)


@given(st.integers(1, 200_000), st.data())
def test_evaluations_are_where_they_would_have_been(updates, data):
    def evaluations(done):
        ends = []
        for leg in plan(done, updates):
            for _ in range(leg.epochs):
                done += leg.epoch
                ends.append(done)
        return ends

    whole = evaluations(0)
    done = data.draw(st.integers(0, updates - 1))
    assert evaluations(done) == [end for end in whole if end > done]


def test_long_trainings_are_fast_and_evaluated_once_an_epoch():
    first, rest = plan(0, 5_000_000)
    assert (first.epoch, first.epochs, first.at_a_time) == (EPOCH, 1, 1)
    assert (rest.epoch, rest.epochs, rest.at_a_time) == (EPOCH, 249, AT_A_TIME)


def test_short_ones_are_evaluated_as_often():
    assert sum(leg.epochs for leg in plan(0, 4000)) == EVALUATIONS
