"""The command line of an experiment, as one would type it in a terminal. No Qt."""

import shlex
from collections.abc import Sequence
from dataclasses import fields

from keras_xavier.experiments.experiment import Experiment

GENERATED = "shapeset3x2"
"""The data set that needs no files."""


def train_arguments(experiment: Experiment, run: str, data_dir: str = "") -> list[str]:
    """The words after `keras-xavier`; settings with their default are left out.

    Args:
        experiment: What to train.
        run: Where to record it.
        data_dir: Folder of prepared data sets, if it is not the usual one; what needs
            no files is trained without.

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
    if data_dir and experiment.dataset != GENERATED:
        words += ["--data-dir", data_dir]
    return [*words, "--run", run]


def short_name(experiment: Experiment) -> str:
    """A name for its run that fits into the list of runs.

    Example:

    >>> short_name(Experiment(activation="softsign", seed=3))
    'softsign-normalized-5x1000-seed3'
    """
    default = Experiment()
    parts = [
        experiment.activation,
        experiment.initializer,
        f"{experiment.layers}x{experiment.units}",
    ]
    if experiment.dataset != default.dataset:
        parts.insert(0, experiment.dataset)
    if experiment.learning_rate != default.learning_rate:
        parts.append(f"rate{experiment.learning_rate}")
    if experiment.seed != default.seed:
        parts.append(f"seed{experiment.seed}")
    return "-".join(parts)


def command_line(arguments: Sequence[str]) -> str:
    """The whole command, quoted for a shell to copy it into."""
    return shlex.join(["keras-xavier", *arguments])
