"""A loss that is summed over the batch."""

import numpy as np
import pytest

from keras_xavier.statistics import Quantity, Statistic

TARGETS = np.random.default_rng(0).normal(size=300)
SUM = {"class": "MeanSquaredError", "reduction": "sum"}
SGD = {"class": "SGD", "learning_rate": 0.1}
NAME = "loss_summed"


@pytest.fixture
def found(program, find):
    """Diagnoses a program with updates of some size."""

    def diagnosed(loss=SUM, optimizer=SGD, update=5.0):
        changes = {
            (Quantity.WEIGHT, Statistic.STD): 1.0,
            (Quantity.WEIGHT_UPDATE, Statistic.STD): update,
        }
        run = program(
            *(TARGETS, loss),
            losses=np.linspace(9, 1, 11),
            changes=changes,
            attributes={"optimizer": optimizer},
        )
        return find(run, NAME)

    return diagnosed


def test_a_summed_loss_explains_updates_that_are_too_large(found):
    finding = found()
    assert "summed over the 300 examples" in finding.summary
    assert "acts like 30 with a mean loss" in finding.explanation
    assert [one.name for one in finding.consequences] == ["updates_too_large"]
    assert 'reduction="sum"' in finding.change.before
    assert "loss=keras.losses.MeanSquaredError()" in finding.change.after


@pytest.mark.parametrize(
    "options",
    [
        {"update": 0.001},
        {"optimizer": {"class": "Adam", "learning_rate": 0.1}},
        {"optimizer": {**SGD, "global_clipnorm": 1.0}},
        {"loss": "mean_squared_error"},
        {"loss": {**SUM, "reduction": "sum_over_batch_size"}},
    ],
    ids=["small updates", "Adam", "clipped", "by name", "mean"],
)
def test_other_losses_and_optimizers_are_not_to_blame(found, options):
    assert found(**options) is None
