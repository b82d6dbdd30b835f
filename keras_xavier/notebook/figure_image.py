"""Figures of runs as images: drawn once, then updated in place."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_xavier.figure_spec import FIGURES, FigureSpec
from keras_xavier.figures.functions import FIGURE_SIZE, draw_runs, empty_plot
from keras_xavier.figures.notebook_figure import (
    PIXEL_RATIO,
    Pixels,
    read_pixels,
    write_png,
)
from keras_xavier.runs import Run, RunError

COLUMNS = 2
"""Largest number of figures side by side."""
SIDE_BY_SIDE = 0.8
"""Size of figures side by side relative to a single figure."""


@dataclass(frozen=True)
class PngImage:
    """An image for the output of a cell.

    Attributes:
        data: bytes. The PNG file.
        width: int. Width in pixels of the page.
        height: int. Height in pixels of the page.
    """

    data: bytes
    width: int
    height: int

    @property
    def bundle(self) -> dict[str, Any]:
        """The image by its media type."""
        return {"image/png": self.data, "text/plain": "Figure of a run"}

    @property
    def metadata(self) -> dict[str, Any]:
        """Its size by its media type."""
        return {"image/png": {"width": self.width, "height": self.height}}


class FigureImage:
    """A figure that is drawn again and again.

    Args:
        name: str. Name of the figure.
        options: Mapping. Options of the figure, by name. Defaults to none.
        scale: float. Size relative to a figure in a file. Defaults to 1.

    Attributes:
        options: Mapping. Options of the next drawing.

    Raises:
        ValueError: If the figure does not have an option, or a value is not allowed.
    """

    def __init__(
        self, name: str, options: Mapping[str, Any] | None = None, *, scale: float = 1.0
    ) -> None:
        self.options = options or {}
        FIGURES[name].parse_options(self.options)
        self._name = name
        self._scale = scale
        self._clear()

    def draw(self, runs: Sequence[Run]) -> Pixels:
        """Draws runs, or the reason why they cannot be drawn."""
        size = FIGURE_SIZE
        try:
            if runs:
                size = draw_runs(self._plot, runs, **self.options)
        except (RunError, ValueError) as error:
            # Other figures are not affected, and later records may have the data.
            self._clear()
            self._plot.layout.set_message(str(error))
        width, height = (self._scale * side for side in size)
        self._plot.figure.set_size_inches(width, height)
        return read_pixels(self._plot.figure)

    def _clear(self) -> None:
        self._plot = empty_plot(self._name)
        self._plot.figure.set_dpi(PIXEL_RATIO * self._plot.figure.dpi)


def figure_images(
    figures: str | FigureSpec | Sequence[str | FigureSpec], options: Mapping[str, Any]
) -> list[FigureImage]:
    """Prepares figures to be drawn side by side.

    Args:
        figures: str, `FigureSpec`, or sequence of them. Names or specs of figures.
        options: Mapping. Options of all figures that have them; they take precedence.

    Raises:
        ValueError: If a figure is unknown, no figure has an option, or a value is not
            allowed.
    """
    several = [figures] if isinstance(figures, str | FigureSpec) else [*figures]
    named = [name_and_options(one) for one in several]
    if not named:
        raise ValueError(f"`figures` must name one or more of {', '.join(FIGURES)}")
    known = {option.name for name, _ in named for option in FIGURES[name].options}
    if unknown := options.keys() - known:
        raise ValueError(
            f"{' and '.join(name for name, _ in named)}: no option `{min(unknown)}`. "
            f"Allowed: {', '.join(sorted(known))}"
        )
    scale = SIDE_BY_SIDE if len(named) > 1 else 1.0
    return [
        FigureImage(
            name,
            own
            | {key: one for key, one in options.items() if FIGURES[name].option(key)},
            scale=scale,
        )
        for name, own in named
    ]


def name_and_options(figure: str | FigureSpec) -> tuple[str, dict[str, Any]]:
    """Returns the name of a figure, and the options that its spec sets.

    The name may be that of its function, such as `layer_curves`.

    Raises:
        ValueError: If the figure is unknown.
    """
    given = figure.figure if isinstance(figure, FigureSpec) else figure
    name = str(given).replace("_", "-")
    if name not in FIGURES:
        raise ValueError(
            f"A figure must be one of {', '.join(FIGURES)}. Received: {given!r}"
        )
    values = {
        option.name: getattr(figure, option.name, None)
        for option in FIGURES[name].options
        if isinstance(figure, FigureSpec)
    }
    return name, {key: value for key, value in values.items() if value is not None}


def png_image(pixels: Sequence[Pixels]) -> PngImage:
    """Encodes images as one, with up to two of them side by side."""
    rows = [
        side_by_side(pixels[first : first + COLUMNS])
        for first in range(0, len(pixels), COLUMNS)
    ]
    width = max(row.shape[1] for row in rows)
    whole = np.vstack([pad(row, row.shape[0], width) for row in rows])
    data = io.BytesIO()
    write_png(whole, data)
    height, width = (side // PIXEL_RATIO for side in whole.shape[:2])
    return PngImage(data.getvalue(), width=width, height=height)


def side_by_side(pixels: Sequence[Pixels]) -> Pixels:
    height = max(one.shape[0] for one in pixels)
    return np.hstack([pad(one, height, one.shape[1]) for one in pixels])


def pad(pixels: Pixels, height: int, width: int) -> Pixels:
    """Adds rows below and columns at the right, in the color of a corner."""
    whole = np.empty((height, width, pixels.shape[2]), pixels.dtype)
    whole[:] = pixels[0, 0]
    whole[: pixels.shape[0], : pixels.shape[1]] = pixels
    return whole
