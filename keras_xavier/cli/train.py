"""keras-xavier train: trains one network and records it."""

import argparse
import os
from typing import TYPE_CHECKING, Literal

from keras_xavier.cli.experiment_options import (
    HYPERPARAMETERS,
    add_experiment_options,
)
from keras_xavier.cli.output import DATA_DIR_HELP, Commands, say, show
from keras_xavier.experiments.experiment import Experiment, checkpoint_path
from keras_xavier.extras import require

if TYPE_CHECKING:
    from keras_xavier.runs import Run

DESCRIPTION = """\
Train a fully connected network with plain stochastic gradient descent, as in Glorot &
Bengio (2010), and record it as a run. Press Ctrl-C once to stop after the current
update; the run can be resumed.

Training takes about 10 minutes on one core with the default options (20,000 updates,
1,000 units), and about 15 seconds with --units 100.
"""


def add_train(commands: Commands) -> None:
    train_parser = commands.add_parser(
        "train",
        help="train a network and record it as a run",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_experiment_options(train_parser)
    train_parser.add_argument(
        "--run",
        help="path of the run, such as runs/tanh (default: named after the "
        "hyperparameters, in runs)",
    )
    train_parser.add_argument(
        "--every",
        type=int,
        metavar="N",
        help="updates between records (default: frequent at first, then every 100)",
    )
    train_parser.add_argument(
        "--step-quality",
        action="store_true",
        help="record the loss before and after steps, alpha and sharpness",
    )
    train_parser.add_argument("--data-dir", metavar="FOLDER", help=DATA_DIR_HELP)
    existing = train_parser.add_mutually_exclusive_group()
    existing.add_argument("--resume", action="store_true", help="resume the run")
    existing.add_argument(
        "--resume-or-create",
        action="store_true",
        help="resume the run if it exists, for jobs that may be restarted",
    )
    existing.add_argument(
        "--overwrite", action="store_true", help="replace an existing run"
    )
    train_parser.set_defaults(command=train, parser=train_parser)


def train(options: argparse.Namespace) -> int:
    from keras_xavier.runs import RunError, open_run, run_exists, run_path

    try:
        experiment = Experiment(
            **{name: getattr(options, name) for name in HYPERPARAMETERS}
        )
    except ValueError as mistake:
        options.parser.error(str(mistake))
    if options.every is not None and options.every < 1:
        options.parser.error(f"--every must be 1 or more. Received: {options.every}")
    run = options.run or os.path.join("runs", experiment.run_name())
    if "://" in run:
        options.parser.error(f"--run must be a local path. Received: {run}")
    run = run_path(run)
    exists = run_exists(run)
    if options.resume_or_create and exists:
        # Without its network, a run can only start over.
        options.resume = checkpoint_path(run).exists()
        options.overwrite = not options.resume
    if exists and not (options.resume or options.overwrite):
        options.parser.error(
            f"{run} already exists. Use --resume to continue it, --overwrite to "
            "replace it, or another --run"
        )
    if options.resume and not exists:
        options.parser.error(f"--resume requires an existing run; found none at {run}")

    require("Training", tensorflow="tensorflow")
    say("Starting TensorFlow …")
    from keras_xavier.experiments.keras_startup import SMALL_WIDTH, start_keras

    start_keras(one_processor=experiment.units <= SMALL_WIDTH)
    from keras_xavier.datasets import DatasetError
    from keras_xavier.experiments.progress import ProgressBar
    from keras_xavier.experiments.training import saved_updates
    from keras_xavier.experiments.training import train as train_experiment

    done = saved_updates(checkpoint_path(run))
    if options.resume_or_create and exists and done >= experiment.updates:
        say(f"keras-xavier: {run} already has its {done:,} updates")
        show(describe(open_run(run)))
        return 0
    mode: Literal["create", "overwrite", "resume"] = "create"
    if options.resume or options.overwrite:
        mode = "resume" if options.resume else "overwrite"
    try:
        result = train_experiment(
            experiment,
            run,
            every=options.every,
            step_quality=options.step_quality,
            mode=mode,
            data_dir=options.data_dir,
            callbacks=[ProgressBar(experiment.updates)],
        )
    except (RunError, DatasetError) as failure:
        say(f"keras-xavier: {failure}")
        return 1
    show(describe(result))
    return 0


def describe(run: "Run") -> str:
    """Summarizes a run in one line: path, updates and last errors."""
    last = {
        name: values[-1] for name, (_, values) in run.metrics().items() if len(values)
    }
    errors = [
        f"{label} error {last[name]:.2%}"
        for name, label in (("val_error", "validation"), ("test_error", "test"))
        if name in last
    ]
    return "  ".join([run.path, f"{run.steps[-1]} updates", *errors])
