"""The command line that trains an experiment. No Qt."""

import shlex
from collections.abc import Sequence
from dataclasses import fields

from keras_xavier.experiments.experiment import Experiment

GENERATED = "shapeset3x2"
"""The dataset that is generated and requires no files."""


def train_arguments(experiment: Experiment, run: str, data_dir: str = "") -> list[str]:
    """Returns the words after `keras-xavier`, without default values.

    Args:
        experiment: Experiment to train.
        run: Path of its run.
        data_dir: Folder of prepared datasets; empty for the default folder. Ignored
            for generated data.

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


def experiment_of(command: str) -> Experiment | None:
    """Returns the experiment that a command trains; `None` if it trains none.

    Example:

    >>> experiment_of("keras-xavier train --activation softsign").activation
    'softsign'
    """
    program, *words = shlex.split(command) or [""]
    if [program, *words[:1]] != ["keras-xavier", "train"]:
        return None
    default, values = Experiment(), {}
    for flag, text in zip(words[1::2], words[2::2], strict=False):
        name = flag.removeprefix("--").replace("-", "_")
        if hasattr(default, name):
            values[name] = text
    try:
        kinds = {name: type(getattr(default, name)) for name in values}
        return Experiment(**{name: kinds[name](text) for name, text in values.items()})
    except ValueError:
        return None


def short_name(experiment: Experiment) -> str:
    """Returns a name for the run, short enough for the list of runs.

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
    """Returns the whole command, quoted for a shell."""
    return shlex.join(["keras-xavier", *arguments])
