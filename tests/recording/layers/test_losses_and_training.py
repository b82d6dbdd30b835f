"""Dropout, additional losses and frozen layers."""

import keras
import pytest
from keras import layers, ops
from one_update import (
    around,
    train,
)

from keras_xavier.statistics import STATISTICS, Quantity


def test_dropout_is_active_in_training_steps_only(run, source):
    model = around((6,), layers.Dense(50, name="it"), layers.Dropout(0.5, name="drop"))
    trained = train(model, run, source, layers=["it", "drop", "last"])
    share = trained.measured("drop", "activation")[STATISTICS.index("zero")]
    if source == "probe":
        assert share == 0
    else:
        assert 0.3 < share < 0.7
        trained.check_weights("it", model.get_layer("it").kernel)
        trained.check_gradient("it", model.get_layer("it").bias)


class ActivityLoss(layers.Layer):
    def call(self, x):
        self.add_loss(3 * ops.mean(x**2))
        return x


class Tripled(keras.Model):
    def compute_loss(self, *args, **kwargs):
        return 3 * super().compute_loss(*args, **kwargs)


class Counted(keras.Model):
    """A model with a custom training step that equals the default."""

    def train_step(self, *args):
        result = super().train_step(*args)
        logs = result[0] if isinstance(result, tuple) else result
        logs["one"] = ops.ones(())
        return result


@pytest.mark.parametrize("kind", ["add_loss", "compute_loss", "train_step"])
def test_gradients_are_of_the_total_loss(kind, run, source):
    layer = layers.Dense(8, "tanh", name="it")
    more = [ActivityLoss()] if kind == "add_loss" else []
    model = around((6,), layer, *more)
    if kind != "add_loss":
        model = {"compute_loss": Tripled, "train_step": Counted}[kind](
            model.input, model.output
        )
    trained = train(model, run, source)
    assert trained.names == ["it", "last"]
    trained.check_absent("it", {})
    trained.check_weights("it", layer.kernel)
    trained.check_gradient("it", layer.bias)
    if kind == "train_step":
        assert trained.run.metrics()["one"][1].tolist() == [1]


def test_a_frozen_layer_has_a_gradient_only_on_a_probe(run, source):
    first = layers.Dense(6, name="first")
    frozen = layers.Dense(4, "tanh", name="frozen", trainable=False)
    trained = train(around((6,), first, frozen), run, source)
    assert trained["frozen"].parameters == 0
    frozen_gradient = {Quantity.WEIGHT_GRADIENT: "training leaves it as it is"}
    trained.check_absent("frozen", frozen_gradient if source == "batch" else {})
    trained.check_weights("frozen", frozen.kernel)
    trained.check_gradient("first", first.bias)
    assert trained.measured("frozen", "preactivation_gradient")[1] > 0
