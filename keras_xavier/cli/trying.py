"""keras-xavier diagnose --try: tries remedies on networks of keras-xavier train."""

import argparse
from typing import TYPE_CHECKING

from keras_xavier.cli.output import DATA_DIR_HELP, say
from keras_xavier.extras import require

if TYPE_CHECKING:
    from keras_xavier.runs import Run

UPDATES = 1000
VALIDATED = 500


def add_trying(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `--try`."""
    parser.add_argument(
        "--try",
        dest="try_remedies",
        action="store_true",
        help="train the network with each remedy beside the original, and compare "
        "them; for networks of keras-xavier train and of the lessons",
    )
    parser.add_argument("--data-dir", metavar="FOLDER", help=DATA_DIR_HELP)


def try_on_experiment(run: "Run", options: argparse.Namespace) -> int:
    """Tries remedies on the network of a run, and prints the report.

    Returns:
        int. 0, or 2 if the network cannot be trained.
    """
    from keras_xavier.experiments.experiment import Experiment

    try:
        experiment = Experiment.from_run(run)
    except ValueError:
        say(
            f"keras-xavier: {run.path} was not recorded by keras-xavier train. Try "
            "remedies of your own model in Python: "
            "kx.try_remedies(run, model, (x, y))"
        )
        return 2
    require("Training", tensorflow="tensorflow")
    from keras_xavier.experiments.keras_startup import SMALL_WIDTH, start_keras

    start_keras(one_processor=experiment.units <= SMALL_WIDTH)
    from keras_xavier.datasets import DatasetError, load
    from keras_xavier.datasets.dataset import scale
    from keras_xavier.experiments.training import build
    from keras_xavier.remedies import try_remedies
    from keras_xavier.runs import RunError

    updates = min(experiment.updates, UPDATES)
    count = updates * experiment.batch_size
    try:
        dataset = load(experiment.dataset, data_dir=options.data_dir)
        images, labels = dataset.draw(experiment.seed, 0, count)
        x = scale(images).reshape(count, *dataset.input_shape)
        report = try_remedies(
            run,
            build(experiment, dataset),
            (x, labels),
            validation_data=tuple(one[:VALIDATED] for one in dataset.validation),
            updates=updates,
            batch_size=experiment.batch_size,
            seed=experiment.seed,
        )
    except (DatasetError, RunError) as failure:
        say(f"keras-xavier: {failure}")
        return 2
    print(report)
    return 0
