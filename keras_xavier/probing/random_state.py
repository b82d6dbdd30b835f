"""Random numbers that are drawn neither by Keras nor by a backend."""

import random
from typing import Any

import numpy as np


def random_state() -> tuple[Any, Any]:
    """Returns the states of the global random numbers of Python and NumPy."""
    return random.getstate(), np.random.get_state()  # noqa: NPY002


def set_random_state(state: tuple[Any, Any]) -> None:
    random.setstate(state[0])
    np.random.set_state(state[1])  # noqa: NPY002
