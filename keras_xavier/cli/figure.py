"""keras-xavier figure: a picture of runs in a file."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_xavier.cli.output import Commands, say
from keras_xavier.statistics import Quantity, Statistic

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = (".pdf", ".png", ".svg")
FIGURES: dict[str, set[str]] = {
    "overview": {"quantity", "statistic", "layers"},
    "over-time": {"quantity", "band", "layers"},
    "histograms": {"quantity", "step", "layers"},
    "profile": {"step"},
    "training-curves": set(),
}
"""Which settings each has."""
OF_SEVERAL_RUNS = ("profile", "training-curves")
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
        help=f"where to draw it: {', '.join(FORMATS)}",
    )
    figure_parser.add_argument(
        "--quantity",
        choices=[str(one) for one in Quantity],
        metavar="NAME",
        help=f"{', '.join(Quantity)} (default: activation)",
    )
    figure_parser.add_argument(
        "--statistic",
        choices=[str(one) for one in Statistic],
        metavar="NAME",
        help=f"{', '.join(Statistic)} (default: std)",
    )
    figure_parser.add_argument(
        "--band", choices=("std", "percentiles"), help="default: std"
    )
    figure_parser.add_argument(
        "--step", type=int, metavar="N", help="a recorded step (default: the last one)"
    )
    figure_parser.add_argument(
        "--layers", nargs="+", metavar="LAYER", help="names (default: all)"
    )
    figure_parser.set_defaults(command=figure, parser=figure_parser)


def figure(options: argparse.Namespace) -> int:
    given = {
        name: value
        for name in sorted(set().union(*FIGURES.values()))
        if (value := getattr(options, name)) is not None
    }
    known = FIGURES[options.name]
    if unused := given.keys() - known:
        allowed = ", ".join(f"--{one}" for one in sorted(known)) or "none"
        options.parser.error(
            f"{options.name} has no setting --{min(unused)}; it has {allowed}"
        )
    if len(options.runs) > 1 and options.name not in OF_SEVERAL_RUNS:
        options.parser.error(
            f"{options.name} is of one run; of several there are "
            f"{', '.join(OF_SEVERAL_RUNS)}"
        )
    target = Path(options.output)
    if target.suffix.lower() not in FORMATS:
        options.parser.error(
            f"--output should end with {', '.join(FORMATS)}. Received: {target}"
        )
    from keras_xavier.runs import RunError, open_run

    try:
        opened = [open_run(run) for run in options.runs]
        drawn = draw(options.name)(
            opened if options.name in OF_SEVERAL_RUNS else opened[0], **given
        )
        drawn.savefig(target, dpi=DOTS_PER_INCH)
    except ValueError as mistake:
        options.parser.error(str(mistake))
    except (RunError, OSError) as failure:
        say(f"keras-xavier: {failure}")
        return 1
    print(target)
    return 0


def draw(name: str) -> "Callable[..., Figure]":
    """The function that draws a figure."""
    from keras_xavier import figures

    found: Any = getattr(figures, name.replace("-", "_"))
    return found
