"""The share of time that drawing may take."""

from hypothesis import given
from hypothesis import strategies as st

from keras_xavier.notebook.budget import Budget

SECONDS = st.floats(0.001, 10.0)


@given(SECONDS, st.integers(1, 30))
def test_tasks_of_the_expected_duration_stay_within_the_share(duration, count):
    budget, elapsed = Budget(0.02, cost=duration), 0.0
    for _ in range(count):
        elapsed += budget.wait(elapsed) + duration
        budget.spend(duration)
        assert budget.spent <= 0.02 * elapsed * (1 + 1e-9) + 1e-9


@given(st.lists(SECONDS, min_size=1, max_size=30), SECONDS)
def test_a_longer_task_is_made_up_for(durations, cost):
    budget, elapsed = Budget(0.02, cost=cost), 0.0
    for duration in durations:
        elapsed += budget.wait(elapsed)
        assert budget.spent <= 0.02 * elapsed * (1 + 1e-9)
        elapsed += duration
        budget.spend(duration)


def test_a_task_that_did_nothing_leaves_the_expected_cost():
    budget = Budget(0.5, cost=1.0)
    budget.spend(0.25, is_typical=False)
    assert budget.wait(0.0) == 2.5
