"""keras-xavier train: trains a network of the paper's kind."""

import argparse
import os
from dataclasses import fields
from typing import TYPE_CHECKING, Literal

from keras_xavier.cli.output import DATA_DIR_HELP, Commands, say
from keras_xavier.experiments.experiment import (
    ACTIVATIONS,
    DATASETS,
    INITIALIZERS,
    Experiment,
)

if TYPE_CHECKING:
    from keras_xavier.runs import Run


def add_train(commands: Commands) -> None:
    default = Experiment()
    train_parser = commands.add_parser(
        "train",
        help="train a network of the paper's kind and record it",
        description="Train a network of the paper's kind and record it as a run.",
    )
    for name, choices, what in (
        ("dataset", DATASETS, "data to learn"),
        ("activation", ACTIVATIONS, "activation function of the hidden layers"),
        ("initializer", INITIALIZERS, "how weights are drawn"),
    ):
        train_parser.add_argument(
            f"--{name}",
            choices=choices,
            default=getattr(default, name),
            metavar="NAME",
            help=f"{what}: {', '.join(choices)} (default: %(default)s)",
        )
    for name, kind, what in (
        ("layers", int, "hidden layers"),
        ("units", int, "units in each hidden layer"),
        ("learning_rate", float, "step size of stochastic gradient descent"),
        ("batch_size", int, "examples in each update"),
        ("updates", int, "updates in all"),
        (
            "pretraining_updates",
            int,
            "updates of a denoising autoencoder for each hidden layer, before",
        ),
        ("seed", int, "of everything that is random"),
    ):
        train_parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=kind,
            default=getattr(default, name),
            metavar="X" if kind is float else "N",
            help=f"{what} (default: %(default)s)",
        )
    train_parser.add_argument(
        "--run", help="where to record, such as runs/tanh (default: named by settings)"
    )
    train_parser.add_argument(
        "--every",
        type=int,
        metavar="N",
        help="updates between records (default: dense at first, then every 100)",
    )
    train_parser.add_argument("--data-dir", metavar="FOLDER", help=DATA_DIR_HELP)
    existing = train_parser.add_mutually_exclusive_group()
    existing.add_argument(
        "--resume", action="store_true", help="go on with the run that is there"
    )
    existing.add_argument(
        "--overwrite", action="store_true", help="replace the run that is there"
    )
    train_parser.set_defaults(command=train, parser=train_parser)


def train(options: argparse.Namespace) -> int:
    from keras_xavier.runs import RunError, run_exists

    try:
        experiment = Experiment(
            **{field.name: getattr(options, field.name) for field in fields(Experiment)}
        )
    except ValueError as mistake:
        options.parser.error(str(mistake))
    if options.every is not None and options.every < 1:
        options.parser.error(f"--every must be 1 or more. Received: {options.every}")
    run = options.run or os.path.join("runs", experiment.run_name())
    if "://" in run:
        options.parser.error(f"--run must be a path on this machine. Received: {run}")
    exists = run_exists(run)
    if exists and not (options.resume or options.overwrite):
        options.parser.error(
            f"{run} is there already: choose --resume to go on with it, --overwrite "
            "to replace it, or another --run"
        )
    if options.resume and not exists:
        options.parser.error(f"--resume needs a run, and there is none at {run}")

    say("Starting TensorFlow …")
    from keras_xavier.experiments.keras_startup import SMALL_WIDTH, start_keras

    start_keras(one_processor=experiment.units <= SMALL_WIDTH)
    from keras_xavier.datasets import DatasetError
    from keras_xavier.experiments.progress import ProgressBar
    from keras_xavier.experiments.training import train as train_experiment

    mode: Literal["create", "overwrite", "resume"] = "create"
    if options.resume or options.overwrite:
        mode = "resume" if options.resume else "overwrite"
    try:
        result = train_experiment(
            experiment,
            run,
            every=options.every,
            mode=mode,
            data_dir=options.data_dir,
            callbacks=[ProgressBar(experiment.updates)],
        )
    except (RunError, DatasetError) as failure:
        say(f"keras-xavier: {failure}")
        return 1
    print(describe(result))
    return 0


def describe(run: "Run") -> str:
    """The run and how well it does, in one line."""
    last = {
        name: values[-1] for name, (_, values) in run.metrics().items() if len(values)
    }
    figures = [
        f"{label} error {last[name]:.2%}"
        for name, label in (("val_error", "validation"), ("test_error", "test"))
        if name in last
    ]
    return "  ".join([run.path, f"{run.steps[-1]} updates", *figures])
