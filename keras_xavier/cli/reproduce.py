"""keras-xavier reproduce: reproduces Glorot & Bengio (2010)."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from keras_xavier.cli.output import DATA_DIR_HELP, Commands, say, show
from keras_xavier.experiments.experiment import DATASET_TITLES, DATASETS
from keras_xavier.extras import require

if TYPE_CHECKING:
    from keras_xavier.paper.reproduction import Reproduction, Size

PACKAGES = ("tensorflow", "ray", "sklearn", "scipy", "matplotlib")
DESCRIPTION = """\
Reproduce Glorot & Bengio (2010): train the networks, draw the figures, compute table 1,
check each claim, and write a report. Finished runs are skipped, so you can interrupt
and resume at any time.

--size quick takes 15 to 20 minutes on two cores for Shapeset-3×2 alone, and up to 45
minutes with MNIST and CIFAR-10. --size paper takes about 40 hours on one core for each
of 47 networks.
"""


def add_reproduce(commands: Commands) -> None:
    reproduce_parser = commands.add_parser(
        "reproduce",
        help="reproduce the figures, table and claims of the paper",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    reproduce_parser.add_argument(
        "--size",
        choices=("quick", "paper"),
        default="quick",
        help="quick: 200 units, up to 60,000 updates; paper: 1,000 units, 5 million "
        "updates (default: quick)",
    )
    for name, what in (
        ("units", "units in each hidden layer"),
        ("updates", "updates of each network"),
        ("seeds", "networks of each scheme"),
        ("pretraining_updates", "updates of the autoencoder for each hidden layer"),
        ("svm_examples", "training examples of the support vector machine"),
    ):
        reproduce_parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=int,
            metavar="N",
            help=f"{what} (default: from --size)",
        )
    reproduce_parser.add_argument(
        "--learning-rate",
        type=float,
        metavar="X",
        help="learning rate of all networks (default: chosen for each)",
    )
    reproduce_parser.add_argument(
        "--folder",
        type=Path,
        help="folder of runs, figures and report (default: reproduction-SIZE)",
    )
    reproduce_parser.add_argument(
        "--datasets",
        nargs="+",
        choices=DATASETS,
        metavar="NAME",
        help=f"data sets: {', '.join(DATASETS)}; the first is always included "
        "(default: all available)",
    )
    reproduce_parser.add_argument("--data-dir", metavar="FOLDER", help=DATA_DIR_HELP)
    reproduce_parser.add_argument(
        "--address", help="address of a Ray cluster whose machines share the folder"
    )
    reproduce_parser.add_argument(
        "--check",
        action="store_true",
        help="exit with status 1 if a claim was not reproduced",
    )
    reproduce_parser.set_defaults(command=reproduce, parser=reproduce_parser)


def reproduce(options: argparse.Namespace) -> int:
    from keras_xavier.experiments.experiment import Experiment
    from keras_xavier.paper.reproduction import SHAPESET, SIZES, Reproduction

    size = overridden(SIZES[options.size], options)
    rate = options.learning_rate
    given_rate = {} if rate is None else {"learning_rate": rate}
    try:
        Experiment(
            units=size.units,
            updates=size.updates[SHAPESET],
            pretraining_updates=size.pretraining_updates,
            **given_rate,
        )
    except ValueError as mistake:
        options.parser.error(str(mistake))
    for name in ("seeds", "pretraining_updates", "svm_examples"):
        if getattr(size, name) < 1:
            options.parser.error(
                f"--{name.replace('_', '-')} must be 1 or more. "
                f"Received: {getattr(size, name)}"
            )
    # Checked first, before data sets are downloaded.
    require("The reproduction", paper=PACKAGES)
    say("Starting TensorFlow …")
    from keras_xavier.experiments.keras_startup import start_keras

    start_keras()
    from keras_xavier.datasets import DatasetError
    from keras_xavier.runs import RunError

    try:
        reproduction = Reproduction(
            options.folder or Path(f"reproduction-{options.size}"),
            size,
            datasets=(SHAPESET, *available(options.datasets, options.data_dir)),
            learning_rate=rate,
        )
        return run_reproduction(reproduction, options)
    except (RunError, DatasetError, ImportError, OSError) as failure:
        say(f"keras-xavier: {failure}")
        return 1


def overridden(size: "Size", options: argparse.Namespace) -> "Size":
    """Overrides a size with the options of the command line."""
    names = ("units", "seeds", "pretraining_updates", "svm_examples")
    given = {
        name: getattr(options, name)
        for name in names
        if getattr(options, name) is not None
    }
    if options.updates is not None:
        given["updates"] = dict.fromkeys(size.updates, options.updates)
    return replace(size, **given)


def available(names: list[str] | None, data_dir: str | None) -> list[str]:
    """Lists the available data sets besides Shapeset-3×2.

    Args:
        names: List of str. Required data sets. Defaults to None: none is required.
        data_dir: str. Folder of tensorflow-datasets. Defaults to None: its default.

    Raises:
        DatasetError: If a required data set is not available.
    """
    from keras_xavier.datasets import DatasetError

    found = []
    for name in DATASETS[1:]:
        if names is not None and name not in names:
            continue
        try:
            load_or_download(name, data_dir)
        except DatasetError as failure:
            if names is not None:
                raise
            say(f"Skipping {DATASET_TITLES[name]}: {failure}")
        else:
            found.append(name)
    return found


def load_or_download(name: str, data_dir: str | None) -> None:
    """Loads a data set, and downloads it if it is not prepared.

    Raises:
        DatasetError: If it is not available.
    """
    from keras_xavier.datasets import DatasetError, load

    title = DATASET_TITLES[name]
    say(f"Loading {title} …")
    try:
        load(name, data_dir=data_dir, download=False)
    except DatasetError:
        say(f"Downloading {title} …")
        load(name, data_dir=data_dir)


def run_reproduction(reproduction: "Reproduction", options: argparse.Namespace) -> int:
    from keras_xavier.cli.sweep import run_all
    from keras_xavier.datasets import load
    from keras_xavier.paper.report import HTML, MARKDOWN, write_report
    from keras_xavier.paper.reproduction import SHAPESET
    from keras_xavier.paper.svm import cached_svm_error

    folder = reproduction.folder
    folder.mkdir(parents=True, exist_ok=True)
    outcomes = run_all(
        reproduction.experiments(),
        str(reproduction.runs_folder),
        options.address,
        options.data_dir,
    )
    if failed := [outcome for outcome in outcomes if outcome.failure]:
        for outcome in failed:
            say(f"keras-xavier: {outcome.run}: {outcome.failure}")
        return 1
    examples = reproduction.size.svm_examples
    say(f"Training a support vector machine on {examples:,} examples …")
    svm_error = cached_svm_error(load(SHAPESET), examples, folder)
    say("Drawing figures and checking claims …")
    verdicts = write_report(reproduction, svm_error)
    for claim, verdict in verdicts:
        mark = "reproduced    " if verdict.reproduced else "NOT REPRODUCED"
        print(f"{mark}  {claim.name}: {verdict.found}")
    show(folder / MARKDOWN)
    show(folder / HTML)
    missing = [claim.name for claim, verdict in verdicts if not verdict.reproduced]
    if missing:
        say(f"Not reproduced: {', '.join(missing)}")
    return 1 if missing and options.check else 0
