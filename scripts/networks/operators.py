"""Operators that put a fault into a program, as in mutation testing."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from networks.data import Data, loaded, split
from networks.program import Program, Tensor

Break = Callable[[Program], Program]


def changed(**changes: Any) -> Break:
    return lambda program: replace(program, **changes)


def data_changed(change: Callable[[Data, np.random.Generator], Data]) -> Break:
    def apply(program: Program) -> Program:
        def load(seed: int) -> Data:
            return change(program.data(seed), np.random.default_rng(seed + 100))

        return replace(program, data=load)

    return apply


def unscaled_table(name: str) -> Break:
    return changed(data=lambda seed: split(*loaded(name), seed))


def scaled_inputs(factor: float, offset: float = 0.0) -> Break:
    def change(data: Data, _: np.random.Generator) -> Data:
        x, test_x = (factor * one + offset for one in (data.x, data.test_x))
        return replace(data, x=x.astype("float32"), test_x=test_x.astype("float32"))

    return data_changed(change)


def scaled_targets(factor: float, offset: float) -> Break:
    def change(data: Data, _: np.random.Generator) -> Data:
        y, test_y = (factor * one + offset for one in (data.y, data.test_y))
        return replace(data, y=y, test_y=test_y)

    return data_changed(change)


def shuffled_labels(data: Data, random: np.random.Generator) -> Data:
    return replace(data, y=random.permutation(data.y))


def equal_labels(data: Data, _: np.random.Generator) -> Data:
    return replace(data, y=np.zeros_like(data.y))


def one_class(data: Data, random: np.random.Generator) -> Data:
    """Keeps 1 of 50 examples of class 0, and repeats the others."""
    others = np.flatnonzero(data.y != 0)
    rare = np.flatnonzero(data.y == 0)[: max(len(others) // 50, 1)]
    kept = random.permutation(np.concatenate([others, rare]))
    return replace(data, x=data.x[kept], y=data.y[kept])


def nan_inputs(data: Data, random: np.random.Generator) -> Data:
    x = data.x.copy()
    x.reshape(len(x), -1)[random.integers(len(x)), 0] = np.nan
    return replace(data, x=x)


def nan_targets(data: Data, random: np.random.Generator) -> Data:
    y = data.y.copy()
    y[random.integers(len(y))] = np.nan
    return replace(data, y=y)


def few_noisy_examples(data: Data, random: np.random.Generator) -> Data:
    """Keeps 60 examples, and replaces two of five labels."""
    y = data.y[:60].copy()
    wrong = random.random(60) < 0.4
    y[wrong] = random.permutation(data.y)[:60][wrong]
    return replace(data, x=data.x[:60], y=y)


def one_hot(data: Data, _: np.random.Generator) -> Data:
    identity = np.eye(int(data.y.max()) + 1, dtype="float32")
    return replace(data, y=identity[data.y], test_y=identity[data.test_y])


def squared_error(program: Program) -> Program:
    """Compares a column of class numbers with the outputs of all classes."""

    def column(data: Data, _: np.random.Generator) -> Data:
        return replace(data, y=data.y[:, None], test_y=data.test_y[:, None])

    columns = data_changed(column)(program)
    return replace(columns, loss=keras.losses.MeanSquaredError)


def with_logarithm(program: Program) -> Program:
    """Computes the cross entropy from the logarithm of a linear output."""

    def negative_logarithm(targets: Tensor, outputs: Tensor) -> Tensor:
        return -keras.ops.mean(keras.ops.sum(targets * keras.ops.log(outputs), axis=-1))

    hot = data_changed(one_hot)(program)
    return replace(hot, output=None, loss=lambda: negative_logarithm)


def summed(program: Program) -> Program:
    """Sums the loss over the batch, at twice the learning rate."""
    kind = type(program.loss())
    return replace(program, loss=lambda: kind(reduction="sum"), rate=program.rate * 2)


def from_logits(program: Program) -> Program:
    kind = type(program.loss())
    return replace(program, loss=lambda: kind(from_logits=True))


def rate_times(factor: float) -> Break:
    return lambda program: replace(program, rate=factor * program.rate)


def random_normal(std: float) -> Callable[[], Any]:
    return lambda: keras.initializers.RandomNormal(stddev=std)


def filled(value: float) -> Callable[[], Any]:
    return lambda: keras.initializers.Constant(value)


def large_recurrence() -> Any:
    return keras.initializers.Orthogonal(gain=4.0)


def rounded(outputs: Tensor) -> Tensor:
    return keras.ops.stop_gradient(keras.ops.round(outputs))
