"""Options for the hyperparameters of an experiment, made from its fields."""

import argparse
from dataclasses import fields

from keras_xavier.experiments.experiment import Experiment

HYPERPARAMETERS = tuple(field.name for field in fields(Experiment))


def add_experiment_options(
    parser: argparse.ArgumentParser, *, several: bool = False
) -> None:
    """Adds an option for each hyperparameter of an `Experiment`.

    Args:
        parser: `ArgumentParser`. Parser to extend.
        several: bool. Whether each option takes one or more values, as a list.
            Defaults to False.
    """
    for field in fields(Experiment):
        kind = type(field.default)
        choices = field.metadata["choices"] or None
        names = f": {', '.join(choices)}" if choices else ""
        parser.add_argument(
            f"--{field.name.replace('_', '-')}",
            type=kind,
            nargs="+" if several else None,
            choices=choices,
            default=[field.default] if several else field.default,
            metavar="NAME" if choices else "X" if kind is float else "N",
            help=f"{field.metadata['help']}{names} (default: {field.default})",
        )
