"""Gradient clipping that leaves almost nothing of the gradient."""

import numpy as np
import pytest

from keras_xavier.statistics import Quantity, Statistic

WEIGHT = Quantity.WEIGHT, Statistic.STD
UPDATE = Quantity.WEIGHT_UPDATE, Statistic.STD
GRADIENT = Quantity.WEIGHT_GRADIENT, Statistic.STD
SIZE = 20**-0.5
"""Std of usual weights with a fan-in of 20."""
STUCK, LEARNS = np.linspace(3.0, 2.99, 11), np.geomspace(3.0, 0.2, 11)


@pytest.fixture
def clipped(write, find):
    """Diagnoses a run with a gradient of norm 1 and clipping."""

    def diagnosed(losses=STUCK, update=1e-7, kind="SGD", **settings):
        run = write(
            {WEIGHT: SIZE, UPDATE: SIZE * update, GRADIENT: 0.05},
            losses=losses,
            metrics={"gradient_norm": np.ones(11)},
            attributes={
                "optimizer": {"class": kind, "learning_rate": 0.05, **settings}
            },
        )
        return find(run, "clipping_too_strong"), find(run, "updates_too_small")

    return diagnosed


@pytest.mark.parametrize(
    "settings",
    [
        {"clipnorm": 1e-4},
        {"global_clipnorm": 1e-3},
        {"clipvalue": 1e-5},
        {"clipvalue": 0.0},
        {"clipnorm": 1e-8, "kind": "Adam"},
    ],
)
def test_clipping_is_the_cause_of_small_updates(clipped, settings):
    finding, symptom = clipped(**settings)
    name = next(iter(settings))
    assert f"{name}={settings[name]:g}" in finding.summary
    assert symptom in finding.consequences
    assert f"{name}=1.0" in finding.change.after


@pytest.mark.parametrize(
    "settings",
    [
        {"clipnorm": 1e-4, "losses": LEARNS},
        {"clipnorm": 1e-4, "update": 1e-3},
        {"clipnorm": 1.0},
        {"global_clipnorm": 0.5},
        {"clipnorm": 1e-4, "kind": "Adam"},
        {"clipnorm": "0.0001"},
        {},
    ],
    ids=["learns", "large", "mild", "mild, global", "Adam", "text", "none"],
)
def test_other_clipping_is_fine(clipped, settings):
    assert clipped(**settings)[0] is None
