"""Pauses between the batches of one execution of a train function."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, islice
from typing import Any

import keras

from keras_xavier.probing.backend import load_backend

Pauses = Mapping[int, Sequence[Callable[[Any], None]]]
"""Functions to call after a number of batches, with the state of the training step on
JAX, and with `None` on other backends."""


def can_pause(model: keras.Model) -> bool:
    """Returns whether the train function of a model accepts a part of its batches.

    Those of Keras do: they read an iterator of Python up to its end.
    """
    kind = type(model)
    own = "make_train_function" in vars(model)
    return not own and kind.make_train_function is keras.Model.make_train_function


def merged_pauses(several: Iterable[Pauses]) -> Pauses:
    """Returns the pauses of several callers, in their order."""
    found: dict[int, list[Callable[[Any], None]]] = defaultdict(list)
    for pauses in several:
        for number, functions in pauses.items():
            found[number] += functions
    return dict(found)


def later(pauses: Pauses, batches: int) -> Pauses:
    """Returns the pauses that remain after a number of batches."""
    return {n - batches: found for n, found in pauses.items() if n > batches}


def pause(pauses: Pauses, batches: int, state: Any) -> None:
    """Calls the functions of the pause after a number of batches, if there is one."""
    for function in pauses.get(batches, ()):
        function(state)


def train_with_pauses(
    plain: Callable[..., Any], *arguments: Any, batches: int, pauses: Pauses
) -> Any:
    """Trains on the batches of one execution, with pauses between some of them.

    Args:
        plain: The train function of a model that `can_pause`.
        arguments: The arguments of the train function.
        batches: int. Maximum number of batches.
        pauses: `Pauses`.

    Returns:
        The result of the train function.
    """
    if not pauses:
        return plain(*arguments)
    *state, iterator = arguments
    end_of_data = load_backend().END_OF_DATA
    result, done = None, 0
    for number in sorted({*pauses, batches}):
        try:
            # A train function without data would count an update.
            first = next(iterator)
        except end_of_data:
            if not done:
                raise
            break
        result = plain(*state, chain([first], islice(iterator, number - done - 1)))
        done = number
        if state:
            state = [result[1]]
        pause(pauses, number, state[0] if state else None)
    return result
