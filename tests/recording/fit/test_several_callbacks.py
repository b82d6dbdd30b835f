"""Several LayerStatistics in a fit, and custom training steps."""

import keras
import numpy as np
import pytest
from small_fit import (
    BACKEND,
    fit,
    make_model,
    read,
    statistics,
)

from keras_xavier.runs import open_run


@pytest.mark.parametrize("sources", [("probe", "probe"), ("probe", "batch")])
def test_two_runs_can_be_recorded_in_one_fit(tmp_path, sources):
    runs = [str(tmp_path / name) for name in ("one", "other")]
    fit(make_model(), *map(statistics, runs, sources))
    for path, source in zip(runs, sources, strict=True):
        alone = str(tmp_path / f"{source}_alone")
        fit(make_model(), statistics(alone, source, mode="overwrite"))
        found, expected = open_run(path), open_run(alone)
        assert found.steps.tolist() == expected.steps.tolist()
        np.testing.assert_allclose(
            found.read_statistics("weight_gradient", "std"),
            expected.read_statistics("weight_gradient", "std"),
            rtol=1e-4,
        )


def test_batches_cannot_be_recorded_twice_in_one_fit(tmp_path):
    model = make_model()
    runs = [str(tmp_path / name) for name in ("one", "other")]
    with pytest.raises(ValueError, match=r"Only one LayerStatistics.*a `probe`"):
        fit(model, *map(statistics, runs))
    assert int(model.optimizer.iterations) == 0
    fit(model, statistics(runs[0]))
    assert len(open_run(runs[0]).steps) == 8


class OwnStep(keras.Sequential):
    """A model with a training step that doubles the loss."""

    def train_step(self, *arguments):
        return getattr(self, f"{BACKEND}_step")(*arguments)

    def doubled(self, x, y, predictions):
        return 2 * self.compute_loss(x, y, predictions)

    def tensorflow_step(self, data):
        import tensorflow as tf

        x, y = data
        with tf.GradientTape() as tape:
            loss = self.doubled(x, y, self(x, training=True))
        found = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(found, self.trainable_weights, strict=True))
        return {"loss": loss}

    def torch_step(self, data):
        import torch

        x, y = data
        self.zero_grad()
        loss = self.doubled(x, y, self(x, training=True))
        loss.backward()
        with torch.no_grad():
            self.optimizer.apply([w.value.grad for w in self.trainable_weights])
        return {"loss": loss.detach()}

    def jax_step(self, state, data):
        import jax

        x, y = data

        def loss_of(trainable, fixed):
            predictions, fixed = self.stateless_call(trainable, fixed, x, training=True)
            return self.doubled(x, y, predictions), fixed

        trainable, fixed, optimizer, metrics = state
        value_and_gradients = jax.value_and_grad(loss_of, has_aux=True)
        (loss, fixed), found = value_and_gradients(trainable, fixed)
        trainable, optimizer = self.optimizer.stateless_apply(
            optimizer, found, trainable
        )
        return {"loss": loss}, (trainable, fixed, optimizer, metrics)


def test_custom_training_steps_are_recorded(run, plain_run):
    model = make_model(model=OwnStep)
    fit(model, statistics(run), epochs=1)
    assert open_run(run).steps.tolist() == [0, 1, 2, 3]
    assert open_run(run).metrics().keys() == {"loss", "gradient_norm"}
    for quantity in ("weight_gradient", "weight_update", "preactivation_gradient"):
        np.testing.assert_allclose(
            read(run, quantity, "std"), 2 * read(plain_run, quantity, "std"), rtol=1e-4
        )
    np.testing.assert_allclose(
        read(run, "activation", "std"), read(plain_run, "activation", "std"), rtol=1e-5
    )
