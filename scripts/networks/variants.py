"""Variants of the healthy programs, as many as are asked for."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from networks.program import Program

INITIALIZERS: Mapping[str, str] = {
    **dict.fromkeys(("relu", "leaky_relu", "elu", "gelu", "silu"), "he_normal"),
    **dict.fromkeys(("tanh", "softsign"), "glorot_uniform"),
    "selu": "lecun_normal",
}
"""Activation functions of hidden layers with initializers that suit them."""
RATES: Mapping[str, tuple[float, float]] = {
    "adam": (5e-4, 5e-3),
    "nadam": (5e-4, 5e-3),
    "adamw": (5e-4, 5e-3),
    "rmsprop": (3e-4, 2e-3),
    "sgd": (0.01, 0.05),
    "momentum": (1e-3, 1e-2),
}
"""Usual optimizers with the range of their usual learning rates."""
RECURRENT = ("GRU", "LSTM", "recurrent")


def variant(program: Program, seed: int, number: int) -> Program:
    """Draws other settings for a healthy program.

    Args:
        program: `Program`, healthy.
        seed: int.
        number: int. 0 is the program itself.

    Returns:
        `Program` of the same name.
    """
    if not number:
        return program
    name = [ord(letter) for letter in program.name]
    random = np.random.default_rng([seed, number, *name])
    optimizer = str(random.choice([*RATES]))
    low, high = np.log(RATES[optimizer])
    activation = str(random.choice([*INITIALIZERS]))
    initializer = INITIALIZERS[activation]
    changes: dict[str, Any] = {
        "optimizer": optimizer,
        "rate": float(f"{np.exp(random.uniform(low, high)):.2g}"),
        "batch_size": int(random.choice([8, 16, 32, 64])),
        "epochs": int(program.epochs * random.uniform(1, 2)),
        "dropout": float(random.choice([0, 0, 0.1, 0.3])),
        "l2": float(random.choice([0, 0, 1e-5, 1e-4])),
        "depth": program.depth + int(random.integers(2)),
    }
    if not any(kind in program.name for kind in RECURRENT):
        changes |= {"activation": activation, "initializer": lambda: initializer}
    return replace(program, **changes)
