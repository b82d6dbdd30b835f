"""Reference values in panels: lines and bands with their meaning."""

from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from keras_xavier.figures.style import Style


def add_reference(axes: Axes, value: float, meaning: str, style: Style) -> None:
    """Draws a line at a value, with its meaning at the right end.

    Args:
        axes: The axes.
        value: float. Value on the y axis.
        meaning: str. Text at the line.
        style: `Style`. Colors.
    """
    color = style.muted
    axes.axhline(value, color=color, linewidth=0.8, linestyle="dashed", zorder=1.5)
    axes.annotate(
        meaning,
        (1.0, value),
        xycoords=axes.get_yaxis_transform(),
        xytext=(-3, 2),
        textcoords="offset points",
        color=color,
        ha="right",
        va="bottom",
        fontsize=7,
        annotation_clip=True,
        zorder=5,
        path_effects=[withStroke(linewidth=2, foreground=style.background)],
    ).set_in_layout(False)


def add_reference_band(axes: Axes, low: float, high: float, style: Style) -> None:
    """Shades the values between two limits."""
    axes.axhspan(low, high, facecolor=style.muted, alpha=0.1, linewidth=0, zorder=0.5)
