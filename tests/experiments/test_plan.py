"""The plan of a training run."""

from hypothesis import given
from hypothesis import strategies as st

from keras_xavier.experiments.training import (
    EPOCH,
    EVALUATIONS,
    STEPS_PER_EXECUTION,
    Leg,
    plan,
)


@given(st.integers(1, 200_000), st.data())
def test_a_plan_covers_exactly_the_remaining_updates(updates, data):
    done = data.draw(st.integers(0, updates - 1))
    legs = plan(done, updates)
    assert done + sum(leg.epoch * leg.epochs for leg in legs) == updates
    assert all(leg.epoch >= 1 and leg.epochs >= 1 for leg in legs)
    assert all(leg.epoch % leg.steps_per_execution == 0 for leg in legs)


@given(st.integers(1, 200_000), st.data())
def test_evaluations_do_not_depend_on_where_a_run_resumes(updates, data):
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


def test_long_runs_combine_updates_and_are_evaluated_once_per_epoch():
    first, rest = plan(0, 5_000_000)
    assert first == Leg(EPOCH, 1, 1)
    assert rest == Leg(EPOCH, 249, STEPS_PER_EXECUTION)


def test_short_runs_have_a_fixed_number_of_evaluations():
    assert sum(leg.epochs for leg in plan(0, 4000)) == EVALUATIONS
