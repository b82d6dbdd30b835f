"""The command keras-xavier.

Each command imports what it needs when it runs, so that help is immediate and
viewing needs no Keras. Results go to stdout, messages to stderr.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Literal, TypeAlias

import keras_xavier
from keras_xavier.paper.experiment import (
    ACTIVATIONS,
    DATASETS,
    INITIALIZERS,
    Experiment,
)

if TYPE_CHECKING:
    from keras_xavier.runs import Run, RunSummary

UNFOLDED_WIDTH = 1000
EXAMPLES = """\
examples:
  keras-xavier train --activation sigmoid --units 300 --updates 5000
  keras-xavier view runs
  keras-xavier runs --json
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command.

    Args:
        arguments: Words of the command line; those of the process by default.

    Returns:
        Exit status: 0, 1 for a failure, 2 for wrong use.
    """
    parser = make_parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return 0
    try:
        status: int = options.command(options)
    except KeyboardInterrupt:
        say("keras-xavier: broken off; what was recorded is kept")
        return 130
    return status


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="keras-xavier",
        description=keras_xavier.__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version",
        action="version",
        version=f"keras-xavier {keras_xavier.__version__}",
    )
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    add_train(commands)
    add_view(commands)
    add_runs(commands)
    return parser


Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


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
    train_parser.add_argument(
        "--data-dir", help="folder of data sets prepared for tensorflow-datasets"
    )
    existing = train_parser.add_mutually_exclusive_group()
    existing.add_argument(
        "--resume", action="store_true", help="go on with the run that is there"
    )
    existing.add_argument(
        "--overwrite", action="store_true", help="replace the run that is there"
    )
    train_parser.set_defaults(command=train, parser=train_parser)


def add_view(commands: Commands) -> None:
    view_parser = commands.add_parser(
        "view",
        help="show runs in the desktop app",
        description="Show runs in the desktop app, saved ones and those in training.",
    )
    view_parser.add_argument(
        "paths", nargs="*", metavar="RUN|FOLDER", help="runs, or folders of them"
    )
    view_parser.set_defaults(command=view)


def add_runs(commands: Commands) -> None:
    runs_parser = commands.add_parser(
        "runs",
        help="list runs",
        description="List the runs of a folder, with their state.",
    )
    runs_parser.add_argument(
        "folder", nargs="?", default="runs", help="where to look (default: runs)"
    )
    runs_parser.add_argument("--json", action="store_true", help="print JSON")
    runs_parser.set_defaults(command=runs)


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
    from keras_xavier.paper.startup import start_keras

    start_keras()
    from keras_xavier.datasets import DatasetError
    from keras_xavier.paper.progress import ProgressBar
    from keras_xavier.paper.training import train as train_experiment

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


def view(options: argparse.Namespace) -> int:
    try:
        from keras_xavier_gui.application import view as view_runs
    except ImportError as missing:
        say(
            f"keras-xavier: the desktop app cannot start: {missing}\n"
            'Its packages come with: pip install "keras-xavier[gui]"'
        )
        return 1
    status: int = view_runs(options.paths)
    return status


def runs(options: argparse.Namespace) -> int:
    from keras_xavier.runs import find_runs

    if not os.path.isdir(options.folder):
        say(f"keras-xavier: there is no folder {options.folder}")
        return 1
    found = find_runs(options.folder)
    if options.json:
        print(json.dumps([asdict(summary) for summary in found], indent=2))
    elif found:
        print_table(found)
    else:
        say(f"No runs in {options.folder}. Make one: keras-xavier train --help")
    return 0


def print_table(found: "Sequence[RunSummary]") -> None:
    import time

    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("run", overflow="fold")
    table.add_column("state", no_wrap=True)
    table.add_column("records", justify="right", no_wrap=True)
    table.add_column("last step", justify="right", no_wrap=True)
    table.add_column("updated", no_wrap=True)
    if any(run.reason for run in found):
        table.add_column("reason", overflow="fold")
    for run in found:
        updated = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.updated))
        table.add_row(
            run.path,
            run.state,
            str(run.records),
            "" if run.last_step is None else str(run.last_step),
            updated if run.updated else "",
            *([run.reason or ""] if len(table.columns) > 5 else []),
        )
    # Lines that go to another program are not folded.
    Console(width=None if sys.stdout.isatty() else UNFOLDED_WIDTH).print(table)


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)
