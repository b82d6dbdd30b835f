"""A program to be trained, with everything that identifies its run."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import keras

from keras_xavier.recording.json_values import describe
from keras_xavier.remedies.choosing import shown
from keras_xavier.remedies.examples import Examples
from keras_xavier.remedies.network import Network, Weights
from keras_xavier.remedies.program import Program
from keras_xavier.remedies.task import Task

EVALUATIONS = 20
COUNTER = re.compile(r"_\d+$")
QUOTED = re.compile(r"(?<=[\"'])[^\"']+(?=[\"'])")

Batches = Iterator[Any]
Train = Callable[[keras.Model, Batches], Any]
"""Trains a compiled model with batches of inputs, targets and perhaps weights."""


@dataclass(frozen=True)
class Plan:
    """How each program is trained.

    Attributes:
        updates: int. Number of updates; a multiple of `epoch`.
        batch_size: int.
        seed: int. Seed of initial weights, dropout, and the order of examples.
        validates: bool. Whether the loss of the held-out examples is recorded.
        measures_steps: bool. Whether the quality of the steps is recorded, which shows
            how much too high a learning rate is.
        train: Function or `None`. The custom training loop.
    """

    updates: int
    batch_size: int
    seed: int
    validates: bool = False
    measures_steps: bool = False
    train: Train | None = None

    @property
    def epoch(self) -> int:
        """Number of updates between two evaluations."""
        return max(1, self.updates // EVALUATIONS)

    @property
    def total(self) -> int:
        return self.updates // self.epoch * self.epoch


@dataclass(frozen=True)
class Trial:
    """A program to be trained.

    Attributes:
        title: str. The change; `"Original"` for the program without changes.
        program: `Program`.
        original: `Network` before the change.
        tasks: Tuple of `Task`, by output.
        training: `Examples`.
        held_out: `Examples`.
        weights: Initial weights of the original.
        plan: `Plan`.
        path: str. Path of its run.
    """

    title: str
    program: Program
    original: Network
    tasks: tuple[Task, ...]
    training: Examples
    held_out: Examples
    weights: Weights
    plan: Plan
    path: str

    @property
    def measure(self) -> str:
        return common([task.measure for task in self.tasks])

    @property
    def cost(self) -> str:
        return common([task.cost for task in self.tasks])

    def hyperparameters(self) -> dict[str, Any]:
        """Returns what identifies the trial, to store with its run."""
        return {
            "remedy": self.title,
            "updates": self.plan.total,
            "batch_size": self.plan.batch_size,
            "seed": self.plan.seed,
            "fingerprint": fingerprint(self),
        }


def common(names: list[str]) -> str:
    """Returns the name of a mean of several measures."""
    distinct = list(dict.fromkeys(names))
    return distinct[0] if len(distinct) == 1 else " and ".join(distinct)


def fingerprint(trial: Trial) -> str:
    """Returns a hash of all that a trial depends on, except for the code of loops."""
    program = trial.program
    found = hashlib.sha256()
    flags = replace(program, network=Network({}), optimizer={}, loss=None)
    losses = keras.tree.map_structure(lambda one: repr_of(shown(one)), program.loss)
    names = names_by_order([program.network.config, program.optimizer])
    for text in (
        json.dumps(describe_all(program.network.config)),
        json.dumps(describe_all(program.optimizer)),
        repr(losses),
        repr(flags),
        repr((trial.plan.validates, trial.plan.train is None)),
    ):
        numbered = QUOTED.sub(lambda one: names.get(one[0], one[0]), text)
        found.update(numbered.encode())
    arrays = keras.tree.flatten(
        [trial.training.x, trial.training.y, trial.held_out.x, trial.held_out.y]
    )
    for array in (*arrays, *trial.weights.values()):
        found.update(f"{array.shape} {array.dtype}".encode())
        plain = array.dtype.hasobject
        found.update(repr(array.tolist()).encode() if plain else array.tobytes())
    return found.hexdigest()[:16]


def names_by_order(config: Any) -> dict[str, str]:
    """Returns names without the counters of Keras, which grow with each model.

    A model that is built again has other counters, and is the same program.
    """
    names: dict[str, str] = {}

    def collect(part: Any) -> None:
        if isinstance(part, dict):
            if isinstance(name := part.get("name"), str) and name not in names:
                names[name] = f"{COUNTER.sub('', name)}#{len(names)}"
            part = [*part.values()]
        if isinstance(part, list | tuple):
            for one in part:
                collect(one)

    collect(config)
    return names


def repr_of(value: Any) -> str:
    """Returns a text for a value that is the same in the next process."""
    return repr(describe(value))


def describe_all(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): describe_all(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [describe_all(one) for one in value]
    return describe(value)
