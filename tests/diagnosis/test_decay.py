"""Learning rates that fall too early, and warm-up that does not end."""

import numpy as np
import pytest

from keras_xavier.statistics import Quantity, Statistic

WEIGHT = Quantity.WEIGHT, Statistic.STD
GRADIENT = Quantity.WEIGHT_GRADIENT, Statistic.STD
UPDATE = Quantity.WEIGHT_UPDATE, Statistic.STD
SIZE = 20**-0.5
"""Std of usual weights with a fan-in of 20."""
STUCK, LEARNS = np.linspace(3.0, 2.9, 11), np.geomspace(3.0, 0.2, 11)
NAME = "learning_rate_decays_too_early"
FALLS = np.r_[np.full(6, 1e-3), np.full(5, 1e-8)][:, None]
COSINE = {
    "module": "keras.optimizers.schedules",
    "class_name": "CosineDecay",
    "config": {
        **{"initial_learning_rate": 0.001, "decay_steps": 20, "alpha": 0.0},
        **{"name": "CosineDecay", "warmup_target": None, "warmup_steps": 0},
    },
}


@pytest.fixture
def trained(write):
    def make(
        updates=FALLS, losses=STUCK, gradients=1.0, rate=COSINE, phases=(), **options
    ):
        return write(
            {
                WEIGHT: SIZE,
                UPDATE: SIZE * updates,
                GRADIENT: np.broadcast_to(gradients, 11)[:, None],
            },
            losses=losses,
            attributes={
                "optimizer": {"class": "Adam", "learning_rate": rate},
                "phases": list(phases),
            },
            **options,
        )

    return make


def test_a_schedule_that_ends_early_is_the_cause(trained, find):
    finding = find(trained(), NAME)
    assert "schedule CosineDecay: from step 32 on" in finding.summary
    assert finding.change.before == (
        "keras.optimizers.Adam(learning_rate=keras.optimizers.schedules.CosineDecay("
        "initial_learning_rate=0.001, decay_steps=20))"
    )
    assert finding.change.after == "keras.optimizers.Adam(learning_rate=0.001)"


def test_so_is_a_callback_that_lowers_the_rate(trained, find):
    finding = find(trained(rate=0.001), NAME)
    assert "Remove the callback" in finding.remedy
    assert finding.change is None


def test_it_explains_a_loss_that_stays(trained, find):
    finding = find(trained(losses=np.full(11, 3.0)), NAME)
    assert [one.name for one in finding.consequences] == ["loss_not_decreasing"]


@pytest.mark.parametrize(
    "options",
    [
        {"losses": LEARNS},
        {"updates": 1e-3},
        {"updates": np.r_[np.full(10, 1e-3), 1e-8][:, None]},
        {"gradients": np.r_[np.ones(6), np.full(5, 1e-6)]},
        {"phases": [{"step": 8, "iterations": 0, "reason": "compiled"}]},
    ],
    ids=["learns", "constant", "falls at the end", "converged", "phases"],
)
def test_other_rates_are_fine(trained, find, options):
    assert find(trained(**options), NAME) is None


@pytest.mark.parametrize(
    ("length", "is_found"), [(100_000, True), (100, False), ("many", False)]
)
def test_a_warm_up_that_does_not_end(trained, find, length, is_found):
    config = {
        **{"initial_learning_rate": 0.0, "decay_steps": 1000},
        **{"warmup_target": 0.001, "warmup_steps": length},
    }
    run = trained(updates=1e-7, rate={**COSINE, "config": config})
    finding = find(run, "learning_rate_too_low")
    assert bool(finding) == is_found
    if finding is not None:
        assert "300 of 100,000 updates" in finding.summary
        assert "warmup_steps=30" in finding.change.after
        names = [one.name for one in finding.consequences]
        assert "updates_too_small" in names
