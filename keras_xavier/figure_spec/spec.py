"""A figure with its options, for the command line, lessons, findings and views."""

import argparse
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from keras_xavier.figure_spec.definitions import DEFAULT_FIGURE, FIGURES
from keras_xavier.figure_spec.options import (
    STEP,
    AxisScale,
    Band,
    Facet,
    Option,
    QuantityPair,
)
from keras_xavier.statistics import Quantity, Statistic


@dataclass(frozen=True)
class FigureSpec:
    """A figure and its options.

    Args:
        figure: str. Name of a figure, such as `"layer-curves"`. Defaults to None:
            the current figure.
        quantity: `Quantity`. Quantity to draw. Defaults to None: no change.
        statistic: `Statistic`. Statistic of an overview. Defaults to None: no change.
        band: `Band`. Statistics that layer curves draw. Defaults to None: no change.
        step: int. Recorded step to draw or to mark. Defaults to None: no change.
        theory: bool. Whether to draw the prediction of theory. Defaults to None: no
            change.
        quantities: `QuantityPair`. Quantities of a depth profile. Defaults to None: no
            change.
        layer: str. Layer of a layer card. Defaults to None: no change.
        layers: Tuple of str. Layers to draw. Defaults to None: no change.
        panels: `Facet`. Panels of a figure. Defaults to None: no change.
        scale: `AxisScale`. Scale of the axis of values. Defaults to None: no change.
        smoothing: float. Steps over which lines are averaged. Defaults to None: no
            change.
        log_steps: bool. Whether the axis of steps is logarithmic. Defaults to None: no
            change.
        full_range: bool. Whether to include outliers. Defaults to None: no change.
        with_output: bool. Whether to draw output layers. Defaults to None: no change.

    Raises:
        ValueError: If the figure does not have an option.

    Example:

    >>> print(FigureSpec("layer-curves", Quantity.ACTIVATION, step=300))
    --figure layer-curves --quantity activation --step 300
    """

    figure: str | None = None
    quantity: Quantity | None = None
    statistic: Statistic | None = None
    band: Band | str | None = None
    step: int | None = None
    theory: bool | None = None
    quantities: QuantityPair | None = None
    layer: str | None = None
    layers: tuple[str, ...] | None = None
    panels: Facet | None = None
    scale: AxisScale | None = None
    smoothing: float | None = None
    log_steps: bool | None = None
    full_range: bool | None = None
    with_output: bool | None = None

    def __post_init__(self) -> None:
        definition = FIGURES.get(self.figure or "")
        for option in spec_options():
            is_given = getattr(self, option.name) is not None
            if is_given and not (definition and definition.option(option.name)):
                allowed = [
                    one.name for one in FIGURES.values() if one.option(option.name)
                ]
                raise ValueError(
                    f"`{option.name}` requires --figure {', '.join(allowed)}. "
                    f"Received: figure={self.figure}"
                )
            if is_given and definition and (own := definition.option(option.name)):
                own.parse(getattr(self, option.name))

    def __str__(self) -> str:
        return shlex.join(self.words())

    def words(self) -> list[str]:
        """Arguments of `keras-xavier view`."""
        figure = ["--figure", self.figure] if self.figure else []
        return [*figure, *self._options(), *self._step()]

    def view_command(self, *runs: str) -> str:
        """Returns the command that shows the figure in the app."""
        return shlex.join(["keras-xavier", "view", *runs, *self.words()])

    def figure_command(self, run: str, output: str) -> str:
        """Returns the command that draws the figure into a file."""
        name = self.figure or DEFAULT_FIGURE
        words = ["keras-xavier", "figure", run, name, "-o", output]
        # The other figures draw all steps; the app marks one with a cursor.
        step = self._step() if FIGURES[name].option("step") else []
        return shlex.join([*words, *self._options(), *step])

    def subject(self) -> dict[str, Any]:
        """Returns the given options that select the content, by name."""
        values = {one.name: getattr(self, one.name) for one in subject_options()}
        return {name: value for name, value in values.items() if value is not None}

    def with_defaults(self) -> "FigureSpec":
        """Returns the spec with the defaults of options that are not given.

        An app that shows it looks the same each time.

        Example:

        >>> print(FigureSpec("overview").with_defaults())
        --figure overview --quantity activation --statistic unit_std
        """
        definition = FIGURES.get(self.figure or "")
        if definition is None:
            return self
        defaults = {
            one.name: own.default
            for one in subject_options()
            if (own := definition.option(one.name)) is not None
        }
        return replace(self, **{**defaults, **self.subject()})

    def _options(self) -> Iterator[str]:
        for option in spec_options():
            value = getattr(self, option.name)
            if value is True:
                yield option.flag
            elif isinstance(value, tuple):
                yield from (option.flag, *value)
            elif value:
                text = f"{value:g}" if isinstance(value, float) else str(value)
                yield from (option.flag, text)

    def _step(self) -> list[str]:
        return [] if self.step is None else ["--step", str(self.step)]


def all_options() -> dict[str, Option]:
    """Returns the options of all figures by name, with the choices of all figures.

    If figures differ in the default of an option, it is `None` here.
    """
    found: dict[str, Option] = {}
    for definition in FIGURES.values():
        for option in definition.options:
            known = found.setdefault(option.name, option)
            choices = {**known.choices, **option.choices}
            default = known.default if known.default == option.default else None
            found[option.name] = replace(known, choices=choices, default=default)
    return found


def spec_options() -> list[Option]:
    """Returns the options that a `FigureSpec` has in addition to the step."""
    fields = FigureSpec.__dataclass_fields__
    names = fields.keys() - {STEP.name}
    return [one for one in all_options().values() if one.name in names]


def subject_options() -> list[Option]:
    """Returns the options of a `FigureSpec` that select the content."""
    return [one for one in spec_options() if one.is_subject]


def parse_spec(words: str) -> FigureSpec:
    """Parses the arguments of `keras-xavier view` that name a figure.

    Args:
        words: str. Arguments, such as `"--figure depth-profile --step 0"`.

    Returns:
        A `FigureSpec`.

    Raises:
        ValueError: If a figure or an option is unknown.

    Example:

    >>> parse_spec("--figure depth-profile --step 0 --theory").theory
    True
    """
    parser = _Parser(add_help=False, allow_abbrev=False)
    add_spec_options(parser)
    return spec_from_options(parser.parse_args(shlex.split(words)))


def spec_from_options(options: argparse.Namespace) -> FigureSpec:
    """Builds the `FigureSpec` from the options that `add_spec_options` adds."""
    given = {one.name: getattr(options, one.name) for one in spec_options()}
    return FigureSpec(
        figure=options.figure,
        step=options.step,
        **{
            one.name: None
            if (value := given[one.name]) is None
            else convert(one, value)
            for one in spec_options()
        },
    )


def convert(option: Option, value: Any) -> Any:
    """Converts a value of the command line for a `FigureSpec`, which is hashable."""
    return tuple(value) if option.type is list else option.type(value)


def add_spec_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that name a figure and select its content."""
    parser.add_argument(
        "--figure",
        choices=FIGURES,
        metavar="NAME",
        help=f"show this figure: {', '.join(FIGURES)}",
    )
    for option in (*spec_options(), STEP):
        add_option(parser, option)


def add_option(parser: argparse.ArgumentParser, option: Option) -> None:
    """Adds an option of figures to a command; its value is `None` if it is omitted."""
    if option.type is bool:
        parser.add_argument(
            option.flag, action="store_true", default=None, help=option.help
        )
    elif option.type is list:
        parser.add_argument(
            option.flag, nargs="+", metavar=option.metavar, help=option.help
        )
    elif option.choices:
        names = [str(one) for one in option.choices]
        default = option.default or "depends on the figure"
        parser.add_argument(
            option.flag,
            choices=names,
            metavar="NAME",
            help=f"{option.help}: {', '.join(names)} (default: {default})",
        )
    else:
        parser.add_argument(
            option.flag, type=option.type, metavar=option.metavar, help=option.help
        )


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(message)
