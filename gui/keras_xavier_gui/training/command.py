"""The command line of an experiment, as one would type it in a terminal. No Qt."""

import shlex
from collections.abc import Sequence
from dataclasses import fields

from keras_xavier.paper.experiment import Experiment


def train_arguments(experiment: Experiment, run: str) -> list[str]:
    """The words after `keras-xavier`; settings with their default are left out.

    Args:
        experiment: What to train.
        run: Where to record it.

    Example:

    >>> train_arguments(Experiment(activation="softsign"), "/tmp/mine")
    ['train', '--activation', 'softsign', '--run', '/tmp/mine']
    """
    default = Experiment()
    words = ["train"]
    for field in fields(Experiment):
        value = getattr(experiment, field.name)
        if value != getattr(default, field.name):
            words += [f"--{field.name.replace('_', '-')}", str(value)]
    return [*words, "--run", run]


def command_line(arguments: Sequence[str]) -> str:
    """The whole command, quoted for a shell to copy it into."""
    return shlex.join(["keras-xavier", *arguments])
