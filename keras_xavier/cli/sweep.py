"""keras-xavier sweep: trains a grid of networks in parallel."""

import argparse
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from keras_xavier.cli.experiment_options import (
    HYPERPARAMETERS,
    add_experiment_options,
)
from keras_xavier.cli.output import DATA_DIR_HELP, Commands, say, show
from keras_xavier.experiments.experiment import Experiment, check_unique_names
from keras_xavier.extras import require

if TYPE_CHECKING:
    from keras_xavier.experiments.sweep import Outcome

DESCRIPTION = """\
Train a network for each combination of the given hyperparameters, one on each
processor. Finished runs are skipped and interrupted runs are resumed, so you can
interrupt and repeat the command at any time.

Each run takes as long as keras-xavier train does on one core: about 10 minutes with
the default options, 15 seconds with --units 100.
"""


def add_sweep(commands: Commands) -> None:
    sweep_parser = commands.add_parser(
        "sweep",
        help="train networks for all combinations of hyperparameters",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_experiment_options(sweep_parser, several=True)
    sweep_parser.add_argument(
        "--folder", default="runs", help="folder of the runs (default: %(default)s)"
    )
    sweep_parser.add_argument(
        "--address",
        help="address of a Ray cluster whose machines share the folder, such as "
        "ray://head:10001 (default: this machine)",
    )
    sweep_parser.add_argument("--data-dir", metavar="FOLDER", help=DATA_DIR_HELP)
    sweep_parser.add_argument(
        "--choose",
        type=Path,
        metavar="FILE",
        help="choose the learning rates with the lowest validation error among all "
        "finished runs in the folder, and write them as JSON",
    )
    sweep_parser.set_defaults(command=sweep, parser=sweep_parser)


def sweep(options: argparse.Namespace) -> int:
    axes = (dict.fromkeys(getattr(options, name)) for name in HYPERPARAMETERS)
    try:
        experiments = [
            Experiment(**dict(zip(HYPERPARAMETERS, values, strict=True)))
            for values in itertools.product(*axes)
        ]
        check_unique_names(experiments)
    except ValueError as mistake:
        options.parser.error(str(mistake))
    require("A sweep", sweep=("ray", "tensorflow"))
    from keras_xavier.runs import RunError
    from keras_xavier.runs.store import expand_path

    folder = expand_path(options.folder)
    try:
        outcomes = run_all(experiments, folder, options.address, options.data_dir)
    except (RunError, ImportError, OSError) as failure:
        say(f"keras-xavier: {failure}")
        return 1
    print_results(outcomes)
    if options.choose:
        choose(folder, options.choose)
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
    """Trains experiments and shows their progress."""
    from keras_xavier.experiments.sweep import not_resumable, sweep
    from keras_xavier.experiments.sweep_progress import SweepProgress

    for path in not_resumable(experiments, folder):
        say(f"{path} starts over: it was interrupted and its network is missing")
    with SweepProgress(experiments, folder) as progress:
        return sweep(
            experiments, folder, address=address, data_dir=data_dir, watch=progress
        )


def print_results(outcomes: "Sequence[Outcome]") -> None:
    from keras_xavier.cli.train import describe
    from keras_xavier.runs import open_run

    for outcome in outcomes:
        if not outcome.failure:
            show(describe(open_run(outcome.run)))


def choose(folder: str, path: Path) -> None:
    from keras_xavier.paper import learning_rates
    from keras_xavier.runs import State, find_runs, open_run

    finished = [run for run in find_runs(folder) if run.state == State.FINISHED]
    choices = learning_rates.choose(
        (open_run(run.path) for run in finished), notify=say
    )
    learning_rates.save(choices, path)
    say(f"Wrote {len(choices)} learning rates to {path}")
