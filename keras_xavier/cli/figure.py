"""keras-xavier figure: draws runs into a file."""

import argparse
from pathlib import Path
from typing import Any

from keras_xavier.cli.output import Commands, open_readable, run_argument, say, show
from keras_xavier.figure_spec import FIGURES, add_option, all_options

NUMBERS = ".csv"
FORMATS = (NUMBERS, ".pdf", ".png", ".svg")
DOTS_PER_INCH = 150


def add_figure(commands: Commands) -> None:
    figure_parser = commands.add_parser(
        "figure",
        help="draw a figure of runs into a file",
        description="Draw a figure of one or more runs into a file.",
    )
    figure_parser.add_argument(
        "runs",
        nargs="+",
        type=run_argument,
        metavar="RUN",
        help="runs to draw; sample:NAME is a sample run, such as "
        "sample:sigmoid-standard",
    )
    figure_parser.add_argument(
        "name",
        choices=FIGURES,
        metavar="NAME",
        help=f"name of the figure: {', '.join(FIGURES)}",
    )
    figure_parser.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="FILE",
        help=f"file to write: {', '.join(FORMATS)}; {NUMBERS} for the numbers shown",
    )
    for option in all_options().values():
        add_option(figure_parser, option)
    figure_parser.set_defaults(command=figure, parser=figure_parser)


def figure(options: argparse.Namespace) -> int:
    given = check(options)
    target = Path(options.output)
    if target.suffix.lower() not in FORMATS:
        options.parser.error(
            f"--output must end with {', '.join(FORMATS)}. Received: {target}"
        )
    from keras_xavier.figures.functions import make_plot
    from keras_xavier.runs import RunError

    try:
        plot = make_plot(
            options.name, [open_readable(run) for run in options.runs], **given
        )
        if target.suffix.lower() == NUMBERS:
            target.write_text(plot.table().to_csv(), "utf-8", newline="")
        else:
            plot.figure.savefig(target, dpi=DOTS_PER_INCH)
    except ValueError as error:
        options.parser.error(message_of(error))
    except (RunError, OSError) as failure:
        say(f"keras-xavier: {failure}")
        return 1
    show(target)
    return 0


def message_of(error: ValueError) -> str:
    """Returns the message of an error; if a step is unrecorded, with recorded steps."""
    from keras_xavier.figures.records import UnrecordedStep

    if isinstance(error, UnrecordedStep) and error.nearest:
        allowed = " or ".join(f"--step {step}" for step in error.nearest)
        return f"{error.found}. Choose {allowed}"
    return str(error)


def check(options: argparse.Namespace) -> dict[str, Any]:
    """Returns the given options; exits if one is invalid for the figure."""
    definition = FIGURES[options.name]
    given = {
        name: value
        for name in all_options()
        if (value := getattr(options, name)) is not None
    }
    for name, value in given.items():
        if option := definition.option(name):
            try:
                option.parse(value, f"{option.flag} of {definition.name}")
            except ValueError as error:
                options.parser.error(str(error))
        else:
            allowed = ", ".join(one.flag for one in definition.options) or "none"
            flag = all_options()[name].flag
            options.parser.error(
                f"{definition.name} has no option {flag}. Allowed: {allowed}"
            )
    return given
