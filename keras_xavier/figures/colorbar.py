"""The color bar of figures that are maps of colors."""

from collections.abc import Sequence

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter

from keras_xavier.figures.card_text import number
from keras_xavier.figures.style import TEXT_SIZE, Style
from keras_xavier.figures.ticks import ValueFormatter

BAR, LABELS = 0.16, 0.7
"""Width in inches of the color bar, and of the labels beside it."""


class ShortLogFormatter(LogFormatter):
    """Labels ticks between powers of ten with numbers: powers would not fit."""

    def _num_to_string(self, x: float, vmin: float, vmax: float) -> str:
        return number(x, 1)


class Colorbar:
    """A color bar at the right of the panels, and the colors that it shows.

    Changing the colors makes matplotlib rebuild the color bar, so equal settings are
    ignored.

    Args:
        figure: The figure.
        style: Colors.

    Attributes:
        colors: Maps values to colors.
        axes: matplotlib `Axes` of the color bar.
        width: float. Width in inches, including labels.
    """

    width = BAR + LABELS

    def __init__(self, figure: Figure, style: Style) -> None:
        self.colors = ScalarMappable(Normalize(0, 1), style.layers[0])
        self.axes = figure.add_axes((0.9, 0.1, 0.02, 0.8))
        self.axes.set_navigate(False)
        self._figure, self._style = figure, style
        self._bar = figure.colorbar(self.colors, cax=self.axes)
        self._bar.outline.set_visible(False)
        self._bar.formatter = ValueFormatter()
        self.axes.tick_params(
            which="both",
            color=style.foreground,
            labelcolor=style.foreground,
            labelsize=TEXT_SIZE,
        )

    @property
    def state(self) -> tuple[object, ...]:
        """The settings that determine its appearance."""
        colors = self.colors
        name, label = colors.get_cmap().name, self.axes.get_ylabel()
        return type(colors.norm), colors.get_clim(), name, label

    def set_colors(self, norm: Normalize, colormap: str | None = None) -> None:
        """Sets the range of values, and the colormap."""
        if colormap is not None:
            wanted = mpl.colormaps.get_cmap(colormap)
            if wanted != self.colors.get_cmap():
                self.colors.set_cmap(wanted)
        now = self.colors.norm
        if (type(norm), norm.vmin, norm.vmax) != (type(now), now.vmin, now.vmax):
            self.colors.set_norm(norm)
            if isinstance(norm, LogNorm):
                self._bar.minorformatter = ShortLogFormatter()

    def set_formatter(self, formatter: ValueFormatter) -> None:
        """Sets the formatter of the tick labels."""
        if type(formatter) is not type(self._bar.formatter):
            self._bar.formatter = formatter
            self._bar.update_ticks()

    def set_label(self, text: str) -> None:
        """Sets the label beside the tick labels."""
        self._bar.set_label(text, size=TEXT_SIZE, color=self._style.foreground)

    def place(self, panels: Sequence[Axes], gap: float) -> None:
        """Positions it beside the panels; `gap` is a share of the figure's width."""
        boxes = [axes.get_position() for axes in panels]
        low, high = min(box.y0 for box in boxes), max(box.y1 for box in boxes)
        width = BAR / float(self._figure.get_size_inches()[0])
        left = max(box.x1 for box in boxes) + gap
        self.axes.set_position((left, low, width, high - low))
