"""keras-xavier reproduce: the paper's figures, table and claims."""

import argparse
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from keras_xavier.cli.output import DATA_DIR_HELP, Commands, say
from keras_xavier.experiments.experiment import DATASET_TITLES, DATASETS

if TYPE_CHECKING:
    from keras_xavier.paper.reproduction import Reproduction, Size

NEEDED = ("ray", "sklearn")


def add_reproduce(commands: Commands) -> None:
    reproduce_parser = commands.add_parser(
        "reproduce",
        help="make the paper's figures and its table, and check its claims",
        description="Train the networks of Glorot & Bengio (2010), make its figures "
        "and its table, and say for each of its claims whether it was seen. What is "
        "finished in the folder is not done again.",
    )
    reproduce_parser.add_argument(
        "--size",
        choices=("quick", "paper"),
        default="quick",
        help="quick: 200 units, up to 60,000 updates; paper: 1000 units, 5 million "
        "(default: quick)",
    )
    for name, what in (
        ("units", "width of the hidden layers"),
        ("updates", "updates of each network"),
        ("seeds", "networks of each kind"),
        ("pretraining_updates", "updates of the autoencoder of each hidden layer"),
        ("svm_examples", "examples that the support vector machine learns"),
    ):
        reproduce_parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=int,
            metavar="N",
            help=f"{what} (default: that of the size)",
        )
    reproduce_parser.add_argument(
        "--learning-rate",
        type=float,
        metavar="X",
        help="of all networks (default: what was chosen for each)",
    )
    reproduce_parser.add_argument(
        "--folder",
        type=Path,
        help="where to put runs, figures and the report (default: reproduction-SIZE)",
    )
    reproduce_parser.add_argument(
        "--datasets",
        nargs="+",
        choices=DATASETS,
        metavar="NAME",
        help=f"data sets: {', '.join(DATASETS)}; the first is always there (default: "
        "all that can be had)",
    )
    reproduce_parser.add_argument("--data-dir", metavar="FOLDER", help=DATA_DIR_HELP)
    reproduce_parser.add_argument(
        "--address", help="of a Ray cluster whose machines share the folder"
    )
    reproduce_parser.add_argument(
        "--check", action="store_true", help="exit with 1 if a claim was not seen"
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
    if any(find_spec(needed) is None for needed in NEEDED):
        # Not after data sets were downloaded.
        say(
            "keras-xavier: reproducing runs on Ray and scikit-learn; install them "
            "with: pip install 'keras-xavier[paper]'"
        )
        return 1
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
        return make(reproduction, options)
    except (RunError, DatasetError, ImportError, OSError) as failure:
        say(f"keras-xavier: {failure}")
        return 1


def overridden(size: "Size", options: argparse.Namespace) -> "Size":
    """A size with what the command line changes of it."""
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
    """Data sets beside Shapeset-3×2 that can be had.

    Args:
        names: Those that must be had; all that can be had when `None`.
        data_dir: Folder of tensorflow-datasets; its own default when `None`.

    Raises:
        DatasetError: If one of `names` cannot be had.
    """
    from keras_xavier.datasets import DatasetError

    found = []
    for name in DATASETS[1:]:
        if names is not None and name not in names:
            continue
        try:
            find(name, data_dir)
        except DatasetError as failure:
            if names is not None:
                raise
            say(f"Without {DATASET_TITLES[name]}: {failure}")
        else:
            found.append(name)
    return found


def find(name: str, data_dir: str | None) -> None:
    """Finds a data set, or downloads it, and says which of the two.

    Raises:
        DatasetError: If it cannot be had.
    """
    from keras_xavier.datasets import DatasetError, load

    title = DATASET_TITLES[name]
    say(f"Looking for {title} …")
    try:
        load(name, data_dir=data_dir, download=False)
    except DatasetError:
        say(f"Downloading {title}, which is not prepared here …")
        load(name, data_dir=data_dir)


def make(reproduction: "Reproduction", options: argparse.Namespace) -> int:
    from keras_xavier.cli.sweep import run_all
    from keras_xavier.datasets import load
    from keras_xavier.paper.report import HTML, MARKDOWN, write_report
    from keras_xavier.paper.reproduction import SHAPESET
    from keras_xavier.paper.svm import known_svm_error

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
    say(f"A support vector machine learns {examples:,} examples …")
    svm_error = known_svm_error(load(SHAPESET), examples, folder)
    say("Figures and claims …")
    verdicts = write_report(reproduction, svm_error)
    for claim, verdict in verdicts:
        mark = "seen    " if verdict.seen else "NOT SEEN"
        print(f"{mark}  {claim.name}: {verdict.found}")
    print(folder / MARKDOWN)
    print(folder / HTML)
    unseen = [claim.name for claim, verdict in verdicts if not verdict.seen]
    if unseen:
        say(f"Not seen: {', '.join(unseen)}")
    return 1 if unseen and options.check else 0
