"""What is to be seen, in the words of the command line."""

import argparse
import shlex
from dataclasses import dataclass
from typing import NoReturn

from keras_xavier.statistics import Quantity, Statistic

LINES = {"scale", "smoothing", "log-steps", "full-range"}
FIGURES: dict[str, set[str]] = {
    "overview": {"quantity", "statistic", "layers", "full-range"},
    "layer-curves": {"quantity", "band", "layers", "panels", "theory", *LINES},
    "saturation": {"layers", "panels", "smoothing", "log-steps"},
    "update-ratio": {"layers", "panels", *LINES},
    "histograms": {"quantity", "step", "layers", "panels", "scale", "full-range"},
    "histogram-map": {"quantity", "layers", "scale", "log-steps", "full-range"},
    "ridgelines": {
        *("quantity", "layers", "panels", "scale", "log-steps", "full-range")
    },
    "depth-profile": {"step", "layers", "scale", "theory"},
    "training-curves": LINES,
}
"""Pictures, and which settings each has."""
DEFAULT_FIGURE = "overview"


@dataclass(frozen=True)
class FigureSpec:
    """A picture with its settings; what is `None` stays as it is.

    Attributes:
        picture: A name of a figure that `keras-xavier figure` draws.
        quantity: What was measured, if the picture asks for it.
        statistic: What an overview tells of it.
        band: What is drawn of each layer over the steps.
        step: Where the step cursor is; a recorded step.
        theory: Whether what theory expects is shown.

    Raises:
        ValueError: If a setting does not go with the picture.

    Example:

    >>> print(Look("layer-curves", Quantity.ACTIVATION, step=300))
    --figure layer-curves --quantity activation --step 300
    """

    figure: str | None = None
    quantity: Quantity | None = None
    statistic: Statistic | None = None
    band: str | None = None
    step: int | None = None
    theory: bool | None = None

    def __post_init__(self) -> None:
        known = FIGURES.get(self.figure or "", set())
        for name in ("quantity", "statistic", "band", "theory"):
            if getattr(self, name) is not None and name not in known:
                allowed = ", ".join(one for one in FIGURES if name in FIGURES[one])
                raise ValueError(
                    f"`{name}` goes with --figure {allowed}. "
                    f"Received: figure={self.figure}"
                )

    def __str__(self) -> str:
        return shlex.join(self.words())

    def words(self) -> list[str]:
        """The options of `keras-xavier view`."""
        figure = ["--figure", self.figure] if self.figure else []
        return [*figure, *self._settings(), *self._step()]

    def view_command(self, *runs: str) -> str:
        """The command that shows it in the app."""
        return shlex.join(["keras-xavier", "view", *runs, *self.words()])

    def figure_command(self, run: str, output: str) -> str:
        """The command that draws it into a file."""
        figure = self.figure or DEFAULT_FIGURE
        words = ["keras-xavier", "figure", run, figure, "-o", output]
        # The others show all steps, and a cursor in the app.
        has_step = "step" in FIGURES[figure]
        step = self._step() if has_step else []
        return shlex.join([*words, *self._settings(), *step])

    def _settings(self) -> list[str]:
        given = (
            ("--quantity", self.quantity),
            ("--statistic", self.statistic),
            ("--band", self.band),
        )
        words = [word for name, value in given if value for word in (name, str(value))]
        return [*words, *(["--theory"] if self.theory else [])]

    def _step(self) -> list[str]:
        return [] if self.step is None else ["--step", str(self.step)]


def parse_spec(words: str) -> FigureSpec:
    """Reads the options of `keras-xavier view`.

    Args:
        words: Such as `"--figure depth-profile --step 0"`.

    Returns:
        What they ask to see.

    Raises:
        ValueError: If they ask for what there is not.

    Example:

    >>> parse_spec("--figure depth-profile --step 0 --theory").theory
    True
    """
    parser = _Parser(add_help=False, allow_abbrev=False)
    add_spec_options(parser)
    return spec_from_options(parser.parse_args(shlex.split(words)))


def spec_from_options(options: argparse.Namespace) -> FigureSpec:
    """What the options that `add_spec_options` adds ask to see."""
    return FigureSpec(
        figure=options.figure,
        quantity=Quantity(options.quantity) if options.quantity else None,
        statistic=Statistic(options.statistic) if options.statistic else None,
        band=options.band,
        step=options.step,
        theory=options.theory,
    )


def add_spec_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that tell which picture is shown, and what it shows."""
    parser.add_argument(
        "--figure",
        choices=FIGURES,
        metavar="NAME",
        help=f"show this picture: {', '.join(FIGURES)}",
    )
    add_figure_options(parser)


def add_figure_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that tell what a picture shows."""
    parser.add_argument(
        "--quantity",
        choices=[str(one) for one in Quantity],
        metavar="NAME",
        help=f"{', '.join(Quantity)} (default: activation)",
    )
    parser.add_argument(
        "--statistic",
        choices=[str(one) for one in Statistic],
        metavar="NAME",
        help=f"{', '.join(Statistic)} (default: std)",
    )
    parser.add_argument(
        "--band", choices=("std", "percentiles", "p98-and-std"), help="default: std"
    )
    parser.add_argument(
        "--step", type=int, metavar="N", help="a recorded step (default: the last one)"
    )
    parser.add_argument(
        "--theory",
        action="store_true",
        default=None,
        help="show what theory expects of the spread before training, in dots",
    )


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(message)
