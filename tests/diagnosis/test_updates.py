"""Updates that are too large or too small relative to the weights."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keras_xavier.diagnosis import Severity
from keras_xavier.diagnosis.updates import FROZEN
from keras_xavier.statistics import Quantity, Statistic

WEIGHT = Quantity.WEIGHT, Statistic.STD
UPDATE = Quantity.WEIGHT_UPDATE, Statistic.STD
BOTH = "updates_too_large", "updates_too_small"


def test_a_thousandth_is_fine(write, find):
    run = write({WEIGHT: 1.0, UPDATE: 1e-3})
    assert [find(run, name) for name in BOTH] == [None, None]


def test_a_fifth_is_too_large(write, find):
    finding = find(write({WEIGHT: 1.0, UPDATE: [0.2, 0, 0, 0.3, 0]}), BOTH[0])
    assert finding.layers == ("hidden_1", "hidden_4")
    assert finding.severity is Severity.WARNING
    assert finding.steps == (16, 300)
    assert finding.numbers[0].value == pytest.approx(0.3)


def test_the_first_updates_may_be_large(write, find):
    updates = np.full((11, 5), 1e-3)
    updates[:5] = 0.5
    assert find(write({WEIGHT: 1.0, UPDATE: updates}), BOTH[0]) is None


def test_a_first_update_larger_than_the_weights_is_an_error(write, find):
    updates = np.full((11, 5), 1e-3)
    updates[0] = 2.0
    finding = find(write({WEIGHT: 1.0, UPDATE: updates}), BOTH[0])
    assert finding.severity is Severity.ERROR


def test_weights_that_start_at_zero_are_ignored(write, find):
    weights = np.full((11, 5), 1.0)
    weights[0] = 0
    run = write({WEIGHT: weights, UPDATE: 1e-3})
    assert [find(run, name) for name in BOTH] == [None, None]


def test_negligible_updates(write, find):
    finding = find(write({WEIGHT: 1.0, UPDATE: 1e-7}), BOTH[1])
    assert finding.severity is Severity.ERROR
    assert len(finding.layers) == 5
    assert finding.numbers[1].value == pytest.approx(300 * 1e-7, rel=1e-3)
    assert "learning rate is too low" in finding.explanation


def test_negligible_updates_of_some_layers_are_due_to_the_gradient(write, find):
    finding = find(write({WEIGHT: 1.0, UPDATE: [0, 1e-3, 1e-3, 1e-3, 1e-3]}), BOTH[1])
    assert finding.layers == ("hidden_1",)
    assert finding.severity is Severity.WARNING
    assert "the gradient does not reach these layers" in finding.explanation


def test_frozen_layers_keep_their_weights_on_purpose(write, find):
    first, *others = write().layers
    frozen = replace(first, absent={Quantity.WEIGHT_GRADIENT: FROZEN})
    updates = {WEIGHT: 1.0, UPDATE: [0, 1e-3, 1e-3, 1e-3, 1e-3]}
    assert find(write(updates, layers=(frozen, *others)), BOTH[1]) is None


def test_a_converged_network_may_stop_moving(write, find):
    updates = np.full((11, 5), 1e-8)
    updates[:3] = 1e-3
    assert find(write({WEIGHT: 1.0, UPDATE: updates}), BOTH[1]) is None


def test_many_small_steps_add_up(write, find):
    steps = [0, 100, 5000]
    assert find(write({WEIGHT: 1.0, UPDATE: 5e-6}, steps=steps), BOTH[1]) is None


def test_a_run_that_has_just_started_is_ignored(write, find):
    run = write({WEIGHT: 1.0, UPDATE: 0.0}, steps=(0, 1, 2, 4))
    assert find(run, BOTH[1]) is None


@settings(
    max_examples=10,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
@given(exponent=st.integers(-10, 10), ratio=st.sampled_from([1e-8, 1e-3, 0.5]))
def test_findings_do_not_depend_on_the_scale_of_the_weights(
    write, find, exponent, ratio
):
    run = write({WEIGHT: 10.0**exponent, UPDATE: ratio * 10.0**exponent})
    found = [bool(find(run, name)) for name in BOTH]
    assert found == [ratio > 0.1, ratio < 1e-5]
