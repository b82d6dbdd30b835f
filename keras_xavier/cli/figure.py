"""keras-xavier figure: a picture of runs in a file."""

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_xavier.cli.output import Commands, say
from keras_xavier.figure_spec import FIGURES, add_figure_options

if TYPE_CHECKING:
    from keras_xavier.figures import Plot

NUMBERS = ".csv"
FORMATS = (NUMBERS, ".pdf", ".png", ".svg")
OF_HISTOGRAMS = ("histograms", "histogram-map", "ridgelines")
SCALES = {
    True: ("automatic", "linear", "log"),
    False: ("linear", "log", "symlog"),
}
"""Scales of values, by whether it is one of histograms."""
DOTS_PER_INCH = 150


def add_figure(commands: Commands) -> None:
    figure_parser = commands.add_parser(
        "figure",
        help="draw a picture of runs into a file",
        description="Draw a picture of a run, or of several, into a file.",
    )
    figure_parser.add_argument("runs", nargs="+", metavar="RUN", help="what to draw")
    figure_parser.add_argument(
        "name",
        choices=FIGURES,
        metavar="NAME",
        help=f"one of {', '.join(FIGURES)}",
    )
    figure_parser.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="FILE",
        help=f"where to draw it: {', '.join(FORMATS)}; {NUMBERS} for the numbers shown",
    )
    add_figure_options(figure_parser)
    figure_parser.add_argument(
        "--layers", nargs="+", metavar="LAYER", help="names (default: all)"
    )
    figure_parser.add_argument(
        "--panels",
        choices=("together", "layers", "runs", "stacked"),
        help="what shares a panel: everything, or what is of the same layer or run, "
        "side by side or stacked (default: each of several runs has its own)",
    )
    figure_parser.add_argument(
        "--scale",
        choices=sorted({*SCALES[True], *SCALES[False]}),
        help=f"of the axis of values; of histograms {', '.join(SCALES[True])}",
    )
    figure_parser.add_argument(
        "--smoothing",
        type=float,
        metavar="STEPS",
        help="steps over which lines are averaged (default: 0)",
    )
    figure_parser.add_argument(
        "--log-steps",
        action="store_true",
        default=None,
        help="spread the early steps",
    )
    figure_parser.add_argument(
        "--full-range",
        action="store_true",
        default=None,
        help="show the farthest outliers too, however flat the rest becomes",
    )
    figure_parser.set_defaults(command=figure, parser=figure_parser)


def figure(options: argparse.Namespace) -> int:
    given = check(options)
    target = Path(options.output)
    if target.suffix.lower() not in FORMATS:
        options.parser.error(
            f"--output should end with {', '.join(FORMATS)}. Received: {target}"
        )
    from keras_xavier.runs import RunError, open_run

    try:
        figure = draw(options.name)([open_run(run) for run in options.runs], **given)
        if target.suffix.lower() == NUMBERS:
            target.write_text(figure.table().to_csv(), "utf-8", newline="")
        else:
            figure.figure.savefig(target, dpi=DOTS_PER_INCH)
    except ValueError as mistake:
        options.parser.error(in_words(mistake))
    except (RunError, OSError) as failure:
        say(f"keras-xavier: {failure}")
        return 1
    print(target)
    return 0


def in_words(mistake: ValueError) -> str:
    """What is wrong, and which option puts it right."""
    from keras_xavier.figures.recorded_step import UnrecordedStep

    if isinstance(mistake, UnrecordedStep) and mistake.nearest:
        allowed = " or ".join(f"--step {step}" for step in mistake.nearest)
        return f"{mistake.found}. Choose {allowed}"
    return str(mistake)


def check(options: argparse.Namespace) -> dict[str, Any]:
    """The settings that were given; exits in words if these do not fit."""
    name = options.name
    settings = {one: one.replace("-", "_") for one in set().union(*FIGURES.values())}
    given = {
        one: value
        for one, key in settings.items()
        if (value := getattr(options, key)) is not None
    }
    known = FIGURES[name]
    if unused := given.keys() - known:
        allowed = ", ".join(f"--{one}" for one in sorted(known)) or "none"
        options.parser.error(f"{name} has no setting --{min(unused)}; it has {allowed}")
    scales = SCALES[name in OF_HISTOGRAMS]
    if (scale := given.get("scale")) and scale not in scales:
        options.parser.error(
            f"--scale of {name} should be one of {', '.join(scales)}. Received: {scale}"
        )
    smoothing = given.get("smoothing", 0.0)
    if not 0 <= smoothing < math.inf:
        options.parser.error(f"--smoothing must be 0 or more. Received: {smoothing}")
    return {settings[one]: value for one, value in given.items()}


def draw(name: str) -> "Callable[..., Plot]":
    """The function that draws a figure."""
    from keras_xavier.figures import of_runs

    found: Any = getattr(of_runs, name.replace("-", "_"))
    return found
