"""A GAN with two optimizers, and reinforcement learning by many short fits."""

import keras
import numpy as np
import pytest
from keras import layers, ops
from rows import rows_of_layers

from keras_xavier.recording.layer_statistics import LayerStatistics
from keras_xavier.runs import open_run
from keras_xavier.statistics import Quantity

BACKEND = keras.backend.backend()
SIZE, BATCH, LATENT = 16, 4, 3
GENERATOR = np.random.default_rng(0)
REAL = GENERATOR.normal(size=(SIZE, 4)).astype("float32")


class Gan(keras.Model):
    """Two networks and two optimizers, without `call`, as in the guides of Keras."""

    def __init__(self):
        super().__init__()
        self.generator = keras.Sequential(
            [keras.Input((LATENT,)), layers.Dense(4, name="out")]
        )
        self.discriminator = keras.Sequential(
            [
                keras.Input((4,)),
                layers.Dense(5, "tanh", name="hidden"),
                layers.Dense(1, name="score"),
            ]
        )
        self.seeds = keras.random.SeedGenerator(1)
        if BACKEND != "tensorflow":
            # Otherwise Keras calls the model.
            self.built = True

    def compile(self, d_optimizer, g_optimizer):
        super().compile()
        self.d_optimizer, self.g_optimizer = d_optimizer, g_optimizer

    def losses_of(self, real):
        """Returns a function for the loss of each network, and its weights."""
        shape = (ops.shape(real)[0], LATENT)

        def d_loss():
            fake = self.generator(keras.random.normal(shape, seed=self.seeds))
            return ops.mean(ops.softplus(-self.discriminator(real))) + ops.mean(
                ops.softplus(self.discriminator(fake))
            )

        def g_loss():
            fake = self.generator(keras.random.normal(shape, seed=self.seeds))
            return ops.mean(ops.softplus(-self.discriminator(fake)))

        return {
            "d_loss": (d_loss, self.discriminator, self.d_optimizer),
            "g_loss": (g_loss, self.generator, self.g_optimizer),
        }


class TensorFlowGan(Gan):
    def train_step(self, real):
        import tensorflow as tf

        logs = {}
        for name, (loss_of, network, optimizer) in self.losses_of(real).items():
            with tf.GradientTape() as tape:
                logs[name] = loss_of()
            weights = network.trainable_weights
            optimizer.apply_gradients(
                zip(tape.gradient(logs[name], weights), weights, strict=True)
            )
        return logs


class TorchGan(Gan):
    def train_step(self, real):
        import torch

        logs = {}
        for name, (loss_of, network, optimizer) in self.losses_of(real).items():
            self.zero_grad()
            loss = loss_of()
            loss.backward()
            weights = list(network.trainable_weights)
            with torch.no_grad():
                optimizer.apply([weight.value.grad for weight in weights], weights)
            logs[name] = loss.detach()
        return logs


def train_gan(*callbacks):
    keras.utils.set_random_seed(1)
    model = {"tensorflow": TensorFlowGan, "torch": TorchGan}[BACKEND]()
    model.compile(keras.optimizers.Adam(0.01), keras.optimizers.Adam(0.02))
    model.fit(REAL, batch_size=BATCH, epochs=2, shuffle=False, verbose=0,
              callbacks=list(callbacks))  # fmt: skip
    return model


@pytest.mark.skipif(BACKEND == "jax", reason="Keras has one optimizer there")
def test_a_gan_with_two_optimizers(tmp_path):
    path = str(tmp_path / "run")
    model = train_gan(LayerStatistics(path, every=2))
    run = open_run(path)
    assert run.steps.tolist() == [0, 2, 4, 6, 7]
    rows = rows_of_layers(run)
    names = [run.layers[row].name for row in rows]
    owners = [name.partition(":")[0] for name in names]
    assert {*owners} == {
        "generator/out",
        "discriminator/hidden",
        "discriminator/score",
    }
    # The discriminator is called on real examples, and twice on generated ones.
    assert names.count("discriminator/hidden:3") == 1
    for quantity in (Quantity.WEIGHT_GRADIENT, Quantity.WEIGHT_UPDATE):
        spread = run.read_statistics(quantity, "std")[:, rows]
        for name in {*owners}:
            assert (spread[:, names.index(name)] > 0).all(), (name, quantity)
    assert {"d_loss", "g_loss"} <= run.metrics().keys()
    for one, other in zip(model.weights, train_gan().weights, strict=True):
        found, expected = map(ops.convert_to_numpy, (one, other))
        np.testing.assert_allclose(found, expected, atol=1e-5)


def play(*callbacks, episodes=12):
    """Learns a value of states from short fits and single batches."""
    keras.utils.set_random_seed(1)
    agent = keras.Sequential(
        [keras.Input((4,)), layers.Dense(3, "tanh"), layers.Dense(1)]
    )
    agent.compile("adam", "mse")
    for episode in range(episodes):
        states = REAL[episode % 4 :][:BATCH]
        values = agent.predict_on_batch(states)
        agent.fit(states, 0.9 * values + 1, verbose=0, callbacks=list(callbacks))
        if episode % 3 == 0:
            agent.train_on_batch(states, values)
    return agent


@pytest.mark.parametrize("source", ["batch", "probe"])
def test_reinforcement_learning_in_many_short_fits(tmp_path, source):
    path = str(tmp_path / "run")
    probe = (REAL, REAL[:, :1]) if source == "probe" else None
    callback = LayerStatistics(path, probe=probe, every=5, first_and_last=False)
    agent = play(callback)
    run = open_run(path)
    # 12 fits and 4 single batches; those are updates, but no callback sees them.
    assert int(agent.optimizer.iterations) == 16
    assert run.steps[0] == 0
    assert len(run.steps) == 4
    for one, other in zip(agent.weights, play().weights, strict=True):
        found, expected = map(ops.convert_to_numpy, (one, other))
        np.testing.assert_allclose(found, expected, atol=1e-6)
