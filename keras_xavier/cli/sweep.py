"""keras-xavier sweep: trains a grid of networks of the paper's kind."""

import argparse
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from keras_xavier.cli.output import DATA_DIR_HELP, Commands, say
from keras_xavier.experiments.experiment import (
    ACTIVATIONS,
    DATASETS,
    INITIALIZERS,
    Experiment,
    refuse_same_names,
)

if TYPE_CHECKING:
    from keras_xavier.experiments.sweep import Outcome

AXES = {
    "dataset": (str, DATASETS, "data to learn"),
    "activation": (str, ACTIVATIONS, "activation functions"),
    "initializer": (str, INITIALIZERS, "how weights are drawn"),
    "layers": (int, None, "numbers of hidden layers"),
    "units": (int, None, "units in each"),
    "learning_rate": (float, None, "step sizes"),
    "batch_size": (int, None, "examples in each update"),
    "updates": (int, None, "updates in all"),
    "pretraining_updates": (int, None, "updates of each layer's autoencoder, before"),
    "seed": (int, None, "of everything that is random"),
}
"""Settings of an experiment: their type, what is allowed, what they mean."""


def add_sweep(commands: Commands) -> None:
    default = Experiment()
    sweep_parser = commands.add_parser(
        "sweep",
        help="train networks with all combinations of settings",
        description="Train networks of the paper's kind with all combinations of the "
        "settings given, as many at once as there are processors. What is finished is "
        "not done again; what was broken off goes on.",
    )
    for name, (kind, choices, what) in AXES.items():
        names = f": {', '.join(choices)}" if choices else ""
        sweep_parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=kind,
            nargs="+",
            choices=choices,
            default=[getattr(default, name)],
            metavar="NAME" if choices else "X" if kind is float else "N",
            help=f"{what}{names} (default: {getattr(default, name)})",
        )
    sweep_parser.add_argument(
        "--folder", default="runs", help="where to record (default: %(default)s)"
    )
    sweep_parser.add_argument(
        "--address",
        help="of a Ray cluster whose machines share the folder, such as "
        "ray://head:10001 (default: this machine)",
    )
    sweep_parser.add_argument("--data-dir", metavar="FOLDER", help=DATA_DIR_HELP)
    sweep_parser.add_argument(
        "--choose",
        type=Path,
        metavar="FILE",
        help="write the learning rates with the lowest validation error as JSON, of "
        "all finished runs in the folder",
    )
    sweep_parser.set_defaults(command=sweep, parser=sweep_parser)


def sweep(options: argparse.Namespace) -> int:
    grid = itertools.product(*(dict.fromkeys(getattr(options, name)) for name in AXES))
    try:
        experiments = [
            Experiment(**dict(zip(AXES, values, strict=True))) for values in grid
        ]
        refuse_same_names(experiments)
    except ValueError as mistake:
        options.parser.error(str(mistake))
    from keras_xavier.runs import RunError

    try:
        outcomes = run_all(
            experiments, options.folder, options.address, options.data_dir
        )
    except (RunError, ImportError, OSError) as failure:
        say(f"keras-xavier: {failure}")
        return 1
    print_results(outcomes)
    if options.choose:
        choose(options.folder, options.choose)
    failed = [outcome for outcome in outcomes if outcome.failure]
    for outcome in failed:
        say(f"keras-xavier: {outcome.run}: {outcome.failure}")
    return 1 if failed else 0


def run_all(
    experiments: Sequence[Experiment],
    folder: str,
    address: str | None,
    data_dir: str | None,
) -> "list[Outcome]":
    from keras_xavier.experiments.sweep import cannot_go_on, sweep
    from keras_xavier.experiments.sweep_progress import SweepProgress

    for path in cannot_go_on(experiments, folder):
        say(f"{path} begins anew: it was broken off, and its network is not there")
    with SweepProgress(experiments, folder) as progress:
        return sweep(
            experiments, folder, address=address, data_dir=data_dir, watch=progress
        )


def print_results(outcomes: "Sequence[Outcome]") -> None:
    from keras_xavier.cli.train import describe
    from keras_xavier.runs import open_run

    for outcome in outcomes:
        if not outcome.failure:
            print(describe(open_run(outcome.run)))


def choose(folder: str, path: Path) -> None:
    from keras_xavier.paper import learning_rates
    from keras_xavier.runs import State, find_runs, open_run

    finished = [run for run in find_runs(folder) if run.state == State.FINISHED]
    choices = learning_rates.choose((open_run(run.path) for run in finished), tell=say)
    learning_rates.save(choices, path)
    say(f"{len(choices)} learning rates are in {path}")
