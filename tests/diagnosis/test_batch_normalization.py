"""Batch normalization whose moving statistics have not converged."""

import numpy as np
import pytest

TARGETS = np.random.default_rng(0).normal(size=300)
LEARNS = np.geomspace(1.0, 0.1, 11)
RISES = np.linspace(1.0, 3.0, 11)
NAME = "moving_statistics_not_converged"
FEW = (0, 1, 2, 4, 8, 16, 32, 64, 100, 110, 120)


@pytest.fixture
def normalized(program):
    def make(momentum=0.99, validation=RISES, losses=LEARNS, **options):
        settings = {} if momentum == 0.99 else {"momentum": momentum}
        layer = {
            **{"name": "normal", "class": "BatchNormalization"},
            **{"shape": [None, 20], "settings": settings},
        }
        return program(
            *(TARGETS, {"class": "mean_squared_error"}),
            before=[layer],
            losses=losses,
            metrics={"val_loss": validation},
            **options,
        )

    return make


@pytest.mark.parametrize(
    ("momentum", "seen"), [(0.99, FEW), (0.9999, None)], ids=["few updates", "slow"]
)
def test_a_validation_loss_of_initial_statistics_is_no_overfitting(
    normalized, find, momentum, seen
):
    run = normalized(momentum, seen=seen)
    finding = find(run, NAME)
    assert finding.layers == ("normal",)
    assert f"{momentum:g}" in finding.explanation
    assert "momentum=0.9)" in finding.change.after
    assert find(run, "overfitting") is None


@pytest.mark.parametrize(
    "options",
    [
        {"momentum": 0.9},
        {"validation": LEARNS, "seen": FEW},
        {"losses": np.full(11, 1.0), "seen": FEW},
        {"momentum": "0.99"},
    ],
    ids=["converged", "validation is fine", "learns nothing", "nonsense"],
)
def test_other_validation_losses_are_not_ascribed_to_it(normalized, find, options):
    assert find(normalized(**options), NAME) is None


def test_overfitting_is_found_after_the_statistics_have_converged(normalized, find):
    steps = tuple(range(0, 1100, 100))
    validation = np.r_[9, 9, 9, 0.5, 0.4, np.linspace(0.45, 0.8, 6)]
    finding = find(normalized(validation=validation, seen=steps), "overfitting")
    assert "from epoch 5 on" in finding.summary
    names = [number.name for number in finding.numbers]
    assert "median of the last three val_loss" in names
