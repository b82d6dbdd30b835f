"""The definition of a figure: its names, texts, options and example."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from keras_xavier.figure_spec.options import LAYERS, Option


@dataclass(frozen=True)
class Example:
    """A figure of the gallery.

    Attributes:
        runs: Tuple of str. Names of the runs to draw.
        caption: str. Caption of the figure.
        options: Mapping of str to any value. Options of the figure. Defaults to none.
    """

    runs: tuple[str, ...]
    caption: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class FigureDefinition:
    """A kind of figure.

    Attributes:
        name: str. Name on the command line and in files, such as `"layer-curves"`.
        title: str. Name in titles and menus.
        summary: str. First line of the docstring of its function.
        shows: str. Description of the figure, in sentences.
        look_for: str. Patterns to look for, and their meaning.
        options: Tuple of `Option`, in the order of the arguments of its function.
        example: `Example`. Its figure in the gallery.
        paper_figures: Tuple of int. Numbers of the figures of this kind in Glorot &
            Bengio (2010). Defaults to none.
    """

    name: str
    title: str
    summary: str
    shows: str
    look_for: str
    options: tuple[Option, ...]
    example: Example
    paper_figures: tuple[int, ...] = ()

    @property
    def function(self) -> str:
        """Name of its function in `keras_xavier.figures`."""
        return self.name.replace("-", "_")

    @property
    def explanation(self) -> str:
        """Description and patterns to look for, as one paragraph."""
        return f"{self.shows} {self.look_for}"

    def option(self, name: str) -> Option | None:
        """Returns the option with a name, or `None` if the figure does not have it."""
        return next((one for one in self.options if one.name == name), None)

    @property
    def drawing_options(self) -> tuple[Option, ...]:
        """The options of `Plot.update`; it takes the layers as `visible`."""
        return tuple(
            one for one in self.options if not one.is_read and one is not LAYERS
        )

    def parse_options(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Converts options to their types.

        Args:
            given: Mapping of str to values or their names. Options, by name.

        Returns:
            dict. All options of the figure, with defaults for omitted options.

        Raises:
            ValueError: If the figure does not have an option, or a value is not
                allowed.
        """
        return parse_options(self.name, self.options, given)

    def parse_drawing_options(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Converts the options of `Plot.update`; see `parse_options`."""
        return parse_options(self.name, self.drawing_options, given)


def parse_options(
    figure: str, options: Iterable[Option], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Converts options of a figure; see `FigureDefinition.parse_options`."""
    known = {one.name: one for one in options}
    if unknown := given.keys() - known.keys():
        allowed = ", ".join(known) or "none"
        raise ValueError(f"{figure} has no option `{min(unknown)}`. Allowed: {allowed}")
    return {name: one.parse(given.get(name)) for name, one in known.items()}
