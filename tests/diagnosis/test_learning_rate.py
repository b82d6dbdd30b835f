"""Learning rates that are too high, too low, or not positive."""

import numpy as np
import pytest

from keras_xavier.diagnosis import Severity
from keras_xavier.statistics import Quantity, Statistic

STEPS = (0, 1, 2, 4, 8, 16, 32, 64, 100, 200, 300)
WEIGHT = Quantity.WEIGHT, Statistic.STD
UPDATE = Quantity.WEIGHT_UPDATE, Statistic.STD
DEAD = Quantity.ACTIVATION, Statistic.DEAD
HIGH = "learning_rate_too_high"
LOW = "learning_rate_too_low"
NOT_POSITIVE = "learning_rate_not_positive"


def sgd(rate, kind="SGD"):
    return {"optimizer": {"class": kind, "learning_rate": rate}}


@pytest.mark.parametrize("rate", [-0.1, 0.0, 0])
def test_a_rate_that_is_not_positive(write, find, rate):
    finding = find(write({UPDATE: 0.0}, attributes=sgd(rate)), NOT_POSITIVE)
    assert finding.severity is Severity.ERROR
    assert f"learning_rate={0.1 if rate else 0.01}" in finding.change.after


@pytest.mark.parametrize("rate", [0.1, True, None, "fast", {"class": "CosineDecay"}])
def test_a_positive_rate_a_schedule_and_nonsense(write, find, rate):
    assert find(write(attributes=sgd(rate)), NOT_POSITIVE) is None


def test_a_rate_of_zero_that_the_program_changes(write, find):
    assert find(write({WEIGHT: 1.0, UPDATE: 1e-3}, attributes=sgd(0.0)), HIGH) is None
    assert find(write(attributes=sgd(0.0)), NOT_POSITIVE) is None


def dying():
    dead = np.zeros((11, 5))
    dead[4:, :3] = 0.8
    return dead


def test_units_that_large_first_updates_kill(write, find):
    run = write({WEIGHT: 1.0, UPDATE: 0.5, DEAD: dying()}, attributes=sgd(3.0))
    finding = find(run, HIGH)
    assert "80% of the units of a layer die" in finding.summary
    assert "from 3 to about 0.06" in finding.remedy
    assert "learning_rate=0.06" in finding.change.after


def test_units_that_die_with_small_updates(write, find):
    run = write({WEIGHT: 1.0, UPDATE: 1e-3, DEAD: dying()}, attributes=sgd(3.0))
    assert find(run, HIGH) is None


def test_large_updates_alone(write, find):
    losses = np.linspace(2, 1, 11)
    run = write({WEIGHT: 1.0, UPDATE: 0.09}, losses=losses, attributes=sgd(3.0))
    assert find(run, HIGH) is None


@pytest.mark.parametrize(("update", "is_found"), [(0.5, True), (1e-3, False)])
def test_an_oscillating_loss(write, find, update, is_found):
    losses = [2, 1, 1.5, 1, 1.5, 1, 1.5, 1, 1.5, 1, 1.2]
    run = write({WEIGHT: 1.0, UPDATE: update}, losses=losses, attributes=sgd(3.0))
    assert bool(find(run, HIGH)) == is_found


@pytest.mark.parametrize(("rises", "is_found"), [(8, True), (1, False)])
def test_updates_that_raise_the_loss_of_their_batch(write, find, rises, is_found):
    quality = {
        "loss_before": np.full(11, 1.0),
        "loss_after": np.where(np.arange(11) < rises, 1.5, 0.9),
        "step_sharpness": np.full(11, 4.0),
    }
    finding = find(write(metrics=quality, attributes=sgd(0.4)), HIGH)
    assert bool(finding) == is_found
    if finding:
        assert "from 0.4 to about 0.1" in finding.remedy


@pytest.mark.parametrize(("norm", "is_found"), [(10.0, True), (1.0, False)])
@pytest.mark.parametrize("kind", ["SGD", "Adam"])
def test_a_gradient_that_is_too_large_for_the_rate(write, find, kind, norm, is_found):
    values = {"gradient_norm": np.full(11, norm)}
    late = {"loss": (300, 2.0)}
    run = write(metrics=values, late=late, attributes=sgd(0.5, kind))
    finding = find(run, HIGH)
    assert bool(finding) == (is_found and kind == "SGD")
    if finding:
        # η‖g‖² / 2L = 0.5 · 100 / 4
        assert "from 0.5 to about 0.04" in finding.remedy


def test_a_loss_that_still_falls_at_its_first_pace(write, find):
    losses = np.interp(STEPS, [0, 300], [3.1, 3.05])
    run = write({WEIGHT: 1.0, UPDATE: 2e-5}, losses=losses, attributes=sgd(1e-4))
    finding = find(run, LOW)
    assert "from 0.0001 to about 0.005" in finding.remedy


@pytest.mark.parametrize(
    ("update", "losses"),
    [
        (1e-3, (3.1, 3.05)),
        (2e-5, (0.3, 0.29)),
        (2e-5, (3.1, 3.1)),
        (2e-5, (3.1, 0.1)),
    ],
    ids=["usual updates", "trained before", "no fall", "fast"],
)
def test_a_rate_that_is_not_too_low(write, find, update, losses):
    losses = np.interp(STEPS, [0, 300], losses)
    run = write({WEIGHT: 1.0, UPDATE: update}, losses=losses, attributes=sgd(1e-4))
    assert find(run, LOW) is None


def test_updates_of_tiny_initial_weights_are_not_too_large(write, find):
    """The ratio is large because the weights are small."""
    changes = {WEIGHT: 0.001, UPDATE: 5e-4, DEAD: dying()}
    assert find(write(changes, attributes=sgd(3.0)), HIGH) is None
