"""Marks of the evidence of a finding: shaded steps, and lines at thresholds."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from keras_xavier.figure_spec.evidence import Evidence, ReferenceLine
from keras_xavier.figures.layout import Layout
from keras_xavier.figures.limits import Limits
from keras_xavier.figures.style import NOTE_SIZE, Style
from keras_xavier.figures.view import View
from keras_xavier.text import sanitize, shorten

EVIDENCE = "evidence"
"""Identifier of the artists."""
SHADE = 0.1
AIR = 0.04
"""Distance of a line from the edge of the view, as a share of the view."""
TITLE_LENGTH = 40
FAR_RIGHT = 1e15
"""Right end of a problem that remains: beyond every step."""


class EvidenceMarks:
    """Shades the steps of a finding, and draws its thresholds.

    Args:
        layout: `Layout`. The panels.
        style: `Style`. Colors.

    Attributes:
        evidence: `Evidence` or `None`. What to mark.
        panels_of: Function that returns the panels of a quantity or metric that show
            runs with the problem, and for `""` all of these panels. Defaults to all
            panels; figures with panels of single runs or quantities set it.
    """

    def __init__(self, layout: Layout, style: Style) -> None:
        self.evidence: Evidence | None = None
        self.panels_of: Callable[[str], Sequence[Axes]] = lambda _name: layout.axes
        self._layout, self._style = layout, style

    def draw(self, with_steps: Collection[Axes]) -> None:
        """Draws the marks, instead of earlier ones.

        Args:
            with_steps: Axes whose x axis shows steps.
        """
        evidence = self.evidence
        for axes in self._layout.axes:
            for artist in [a for a in axes.get_children() if a.get_gid() == EVIDENCE]:
                artist.remove()
        if evidence is None:
            return
        shaded = [axes for axes in self.panels_of("") if axes in with_steps]
        for axes in shaded:
            shade(axes, evidence.steps, self._style)
        for axes in shaded[:1]:
            name(axes, evidence, self._style)
        for line in evidence.lines:
            for axes in self.panels_of(line.panel):
                draw_line(axes, line, self._style)

    def with_lines(self, views: Mapping[Axes, View]) -> dict[Axes, View]:
        """Returns views that leave room for the thresholds."""
        values: dict[Axes, list[float]] = {axes: [] for axes in views}
        for line in self.evidence.lines if self.evidence else ():
            is_shared = self._layout.is_shared
            for axes in views if is_shared else self.panels_of(line.panel):
                values[axes].append(line.value)
        return {
            axes: (x, with_values(y, values[axes], axes))
            for axes, (x, y) in views.items()
        }


def shade(axes: Axes, steps: tuple[int, int | None], style: Style) -> None:
    """Shades the steps of a problem, and draws an edge where it begins and ends."""
    first, last = steps
    end = FAR_RIGHT if last is None else last
    across = axes.get_xaxis_transform()
    # Unlike `axvspan`, this does not change the limits.
    axes.add_artist(
        Rectangle(
            (first, 0),
            end - first,
            1,
            transform=across,
            facecolor=(style.mark, SHADE),
            edgecolor="none",
            zorder=0.5,
            gid=EVIDENCE,
        )
    )
    for step in dict.fromkeys((first, last)):
        if step is not None:
            axes.add_artist(
                Line2D(
                    [step, step],
                    [0, 1],
                    transform=across,
                    color=style.mark,
                    linewidth=1.0,
                    alpha=0.8,
                    zorder=2.5,
                    gid=EVIDENCE,
                )
            )


def name(axes: Axes, evidence: Evidence, style: Style) -> None:
    """Writes the name of the finding into the upper right corner."""
    title = shorten(sanitize(evidence.title), TITLE_LENGTH)
    corner, below = (0.99, 0.98), (0, 0)
    how = {"xycoords": "axes fraction", "ha": "right", "va": "top"}
    write(axes, title, corner, style=style, xytext=below, **how)


def draw_line(axes: Axes, line: ReferenceLine, style: Style) -> None:
    """Draws a line at a value, with its label and the value at the right end."""
    along = axes.get_yaxis_transform()
    axes.add_artist(
        Line2D(
            [0, 1],
            [line.value, line.value],
            transform=along,
            color=style.mark,
            linewidth=1.3,
            linestyle=(0, (7, 3)),
            zorder=4.5,
            gid=EVIDENCE,
        )
    )
    write(
        axes,
        sanitize(f"{line.label} {value_text(axes, line.value)}"),
        (0.99, line.value),
        xycoords=along,
        xytext=(0, 3),
        ha="right",
        va="bottom",
        style=style,
    )


def write(
    axes: Axes, text: str, place: tuple[float, float], *, style: Style, **how: Any
) -> None:
    """Writes a text on a background that keeps it legible over lines."""
    background = {
        "boxstyle": "square,pad=0.1",
        "facecolor": (style.background, 0.75),
        "edgecolor": "none",
    }
    axes.annotate(
        text,
        place,
        textcoords="offset points",
        color=style.mark,
        fontsize=NOTE_SIZE,
        bbox=background,
        annotation_clip=True,
        clip_on=True,
        parse_math=False,
        gid=EVIDENCE,
        zorder=5,
        **how,
    ).set_in_layout(False)


def value_text(axes: Axes, value: float) -> str:
    """Returns a value as the axis of values labels it."""
    form = axes.yaxis.get_major_formatter()
    is_share = form.format_ticks([1.0])[0].endswith("%")
    return f"{100 * value:.3g}%" if is_share else f"{value:.3g}"


def with_values(y: Limits, values: Sequence[float], axes: Axes) -> Limits:
    """Returns limits of y that leave room for lines and their labels."""
    is_log = axes.get_yscale() == "log"
    drawable = [one for one in values if one > 0 or not is_log]
    if not drawable:
        return y
    transform = axes.yaxis.get_transform()
    low, high = transform.transform(np.array(y, float))
    at = transform.transform(np.array(drawable, float))
    room = AIR * (max(high, at.max()) - min(low, at.min()))
    # The label is above its line.
    bottom = low if at.min() >= low else at.min() - room
    top = high if at.max() + 2 * room <= high else at.max() + 2 * room
    first, last = transform.inverted().transform(np.array([bottom, top]))
    return float(first), float(last)
