"""Programs that train a small model, and what is recorded of them."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

BACKEND = keras.backend.backend()
ALL = ("tensorflow", "jax", "torch")
SIZE, BATCH, EPOCHS = 12, 4, 2
GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(SIZE, 4)).astype("float32")
Y = GENERATOR.normal(size=(SIZE, 2)).astype("float32")
WORDS = GENERATOR.integers(0, 6, (SIZE, 5)).astype("int32")


@dataclass(frozen=True)
class Program:
    """A program that trains a model with some callbacks.

    Attributes:
        run: Function of callbacks that returns anything that training has produced.
        backends: Tuple of str. Backends on which the program runs by itself.
        batch: str. `"recorded"`, `"warned"`, or `"partly"` recorded and then warned,
            if batches are measured.
        probe: str or `None`. The same with a probe; `None` if that shows nothing new.
        x: Array. Inputs of the probe.
        steps: int. Minimum number of recorded steps of `batch`.
    """

    run: Callable
    backends: tuple = ALL
    batch: str = "recorded"
    probe: str | None = None
    x: object = None
    steps: int = 2


PROGRAMS: dict[str, Program] = {}


def program(**options):
    def add(function):
        PROGRAMS[function.__name__] = Program(function, **options)
        return function

    return add


def fit(model, *callbacks, x=X, y=Y, **options):
    options = {"batch_size": BATCH, "epochs": EPOCHS, "verbose": 0} | options
    history = model.fit(x, y, callbacks=list(callbacks), **options).history
    return results_of(model), history


def results_of(model):
    return {
        "variables": [keras.ops.convert_to_numpy(v.value) for v in model.variables],
        "updates": [iterations_of(one) for one in optimizers_of(model)],
    }


def optimizers_of(model):
    return [
        o for o in vars(model).values() if isinstance(o, keras.optimizers.Optimizer)
    ]


def iterations_of(optimizer):
    # With gradient accumulation, it is no variable.
    value = getattr(optimizer.iterations, "value", optimizer.iterations)
    return int(value.numpy() if BACKEND == "tensorflow" else value)


def dense(units=2, **options):
    return layers.Dense(units, **options)


def sequential(*inner, optimizer="sgd", loss="mse", shape=(4,), dtype=None, **options):
    model = keras.Sequential([keras.Input(shape, dtype=dtype), *inner])
    model.compile(optimizer, loss, **options)
    return model


class OwnStep(keras.Model):
    """A model whose training step minimizes its own objective."""

    def train_step(self, *arguments):
        return globals()[f"{BACKEND}_step"](self, *arguments)


def tensorflow_step(model, data):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        loss = model.objective(data)
    weights = model.trainable_weights
    model.optimizer.apply_gradients(
        zip(tape.gradient(loss, weights), weights, strict=True)
    )
    return {"loss": loss}


def torch_step(model, data):
    import torch

    model.zero_grad()
    loss = model.objective(data)
    loss.backward()
    weights = list(model.trainable_weights)
    with torch.no_grad():
        model.optimizer.apply([w.value.grad for w in weights], weights)
    return {"loss": loss.detach()}


def jax_step(model, state, data):
    import jax

    trainable, fixed, optimizer, metrics = state

    def loss_of(trainable, fixed):
        mapping = [
            *zip(model.trainable_variables, trainable, strict=True),
            *zip(model.non_trainable_variables, fixed, strict=True),
        ]
        with keras.StatelessScope(mapping) as scope:
            loss = model.objective(data)
        return loss, [scope.get_current_value(v) for v in model.non_trainable_variables]

    (loss, fixed), found = jax.value_and_grad(loss_of, has_aux=True)(trainable, fixed)
    trainable, optimizer = model.optimizer.stateless_apply(optimizer, found, trainable)
    return {"loss": loss}, (trainable, fixed, optimizer, metrics)
