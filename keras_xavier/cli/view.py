"""`keras-xavier view`, the desktop app; also `keras-xavier-view`."""

import argparse

import keras_xavier
from keras_xavier.cli.output import Commands, run_argument, say
from keras_xavier.extras import require
from keras_xavier.figure_spec import add_spec_options, spec_from_options


def add_view(commands: Commands) -> None:
    view_parser = commands.add_parser(
        "view",
        help="show runs in the desktop app",
        description="Show finished and live runs in the desktop app. "
        "`keras-xavier-view` is the same command.",
    )
    view_parser.add_argument(
        "paths",
        nargs="*",
        type=run_argument,
        metavar="RUN|FOLDER",
        help="runs and folders of runs (default: the folder `runs`)",
    )
    view_parser.add_argument(
        "--samples",
        action="store_true",
        help="open the sample runs; sample:NAME opens one of them",
    )
    view_parser.add_argument(
        "--fresh",
        action="store_true",
        help="start with default preferences and do not store them",
    )
    view_parser.add_argument(
        "--lesson", type=int, metavar="N", help="open this lesson as a guided tour"
    )
    add_spec_options(view_parser)
    # For keras-xavier-view, which has no parent parser with this option.
    view_parser.add_argument(
        "--version",
        action="version",
        version=f"keras-xavier {keras_xavier.__version__}",
    )
    view_parser.set_defaults(command=view, parser=view_parser)


def view(options: argparse.Namespace) -> int:
    if options.lesson is not None:
        check_lesson(options)
    try:
        spec = spec_from_options(options)
    except ValueError as mistake:
        options.parser.error(str(mistake))
    require("The app", gui=("qtpy", "matplotlib"))
    try:
        from keras_xavier_gui.application import view as view_runs
    except ImportError as missing:
        # QtPy without a binding, or a binding without a system library.
        say(
            f"keras-xavier: the app cannot start: {missing}. "
            "Install its packages with: pip install 'keras-xavier[gui]'"
        )
        return 1
    return view_runs(
        options.paths,
        fresh=options.fresh,
        samples=options.samples,
        spec=spec,
        lesson=options.lesson,
    )


def check_lesson(options: argparse.Namespace) -> None:
    from keras_xavier.lessons.reading import NUMBERS

    if options.lesson not in NUMBERS:
        allowed = ", ".join(map(str, NUMBERS))
        options.parser.error(
            f"--lesson must be one of {allowed}. Received: {options.lesson}"
        )
