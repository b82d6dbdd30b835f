"""keras-xavier view: the desktop app."""

import argparse

from keras_xavier.cli.figure import FIGURES, add_subject
from keras_xavier.cli.output import Commands, say
from keras_xavier.statistics import Quantity, Statistic


def add_view(commands: Commands) -> None:
    view_parser = commands.add_parser(
        "view",
        help="show runs in the desktop app",
        description="Show runs in the desktop app, saved ones and those in training.",
    )
    view_parser.add_argument(
        "paths", nargs="*", metavar="RUN|FOLDER", help="runs, or folders of them"
    )
    view_parser.add_argument(
        "--samples",
        action="store_true",
        help="show the sample runs that come with the app",
    )
    view_parser.add_argument(
        "--fresh",
        action="store_true",
        help="start without the settings of earlier times, and keep none",
    )
    view_parser.add_argument(
        "--picture",
        choices=FIGURES,
        metavar="NAME",
        help=f"show this picture: {', '.join(FIGURES)}",
    )
    add_subject(view_parser)
    view_parser.set_defaults(command=view, parser=view_parser)


def view(options: argparse.Namespace) -> int:
    check(options)
    try:
        from keras_xavier_gui.application import view as view_runs
        from keras_xavier_gui.look import Look
    except ImportError as missing:
        say(
            f"keras-xavier: the desktop app cannot start: {missing}\n"
            'Its packages come with: pip install "keras-xavier[gui]"'
        )
        return 1
    look = Look(
        picture=options.picture,
        quantity=Quantity(options.quantity) if options.quantity else None,
        statistic=Statistic(options.statistic) if options.statistic else None,
        band=options.band,
        step=options.step,
    )
    status: int = view_runs(
        options.paths, fresh=options.fresh, samples=options.samples, look=look
    )
    return status


def check(options: argparse.Namespace) -> None:
    """Exits, in words, if the settings do not fit the picture."""
    known = FIGURES.get(options.picture, set())
    for name in ("quantity", "statistic", "band"):
        if getattr(options, name) is not None and name not in known:
            allowed = ", ".join(one for one in FIGURES if name in FIGURES[one])
            options.parser.error(f"--{name} goes with --picture {allowed}")
