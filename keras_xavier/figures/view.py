"""The view of a plot: fitted to the data, or set by the user."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.transforms import Transform

from keras_xavier.figures.layout import Layout
from keras_xavier.figures.limits import Limits, drawable

View = tuple[Limits, Limits]
"""Limits of x and of y."""


class Live(StrEnum):
    """Behavior of the view when new data arrives."""

    ALL = "all"
    """Show all data."""
    FOLLOW = "follow"
    """Move to the latest steps, and keep the width and height."""
    HOLD = "hold"
    """Keep the view."""


class Viewport:
    """The limits of all panels.

    They are fitted to the data until the user zooms or pans, and then they stay until
    they are fitted again.
    """

    def __init__(self) -> None:
        self._fitted: dict[Axes, View] = {}
        self._live = Live.ALL

    @property
    def is_fitted(self) -> bool:
        """Whether the limits are unchanged since they were fitted."""
        return all(view_of(axes) == view for axes, view in self._fitted.items())

    @property
    def live(self) -> Live:
        """Behavior of the view when new data arrives."""
        moved = self._live is Live.ALL and not self.is_fitted
        return Live.HOLD if moved else self._live

    @live.setter
    def live(self, live: Live) -> None:
        self._live = live

    def fit(self, best: Mapping[Axes, View]) -> None:
        """Sets the limits that show the data best."""
        for axes, (x, y) in best.items():
            x = drawable(x)
            y = drawable(y, positive=axes.get_yscale() == "log")
            # Panels with shared limits may have them already.
            if axes.get_xlim() != x:
                axes.set_xlim(x)
            if axes.get_ylim() != y:
                axes.set_ylim(y)
            # As the axes have them: a scale may have refused a limit.
            self._fitted[axes] = view_of(axes)

    def reset(self, best: Mapping[Axes, View]) -> None:
        """Fits the limits, now and in later updates."""
        self.fit(best)
        if self._live is Live.HOLD:
            self._live = Live.ALL

    def move(
        self,
        best: Callable[[], Mapping[Axes, View]],
        *,
        is_new: bool,
        was_fitted: bool,
        with_steps: Collection[Axes],
    ) -> None:
        """Adapts the limits to new data.

        Args:
            best: Function that returns the limits that show the data best.
            is_new: Whether the old limits have no meaning for the new data.
            was_fitted: Whether the limits were fitted before.
            with_steps: Axes whose x axis shows steps.
        """
        if is_new or (was_fitted and self._live is Live.ALL):
            self.fit(best())
        elif self._live is Live.FOLLOW:
            for axes, (x, _) in best().items():
                if axes in with_steps:
                    slide(axes, x[1])

    @contextmanager
    def kept_by(self, layout: Layout, *, keep_view: bool) -> Iterator[None]:
        """Returns a context in which panels are replaced.

        Args:
            layout: The panels, before and after.
            keep_view: Whether the new panels have the limits of the previous panels.
        """
        views, fitted = list(map(view_of, layout.axes)), list(self._fitted.values())
        self._fitted.clear()
        yield
        panels = layout.axes
        if not keep_view:
            return
        if layout.is_shared:
            views, fitted = views[:1], fitted[:1] * len(panels)
        for axes, (x, y) in zip(panels, views, strict=False):
            axes.set_xlim(x)
            axes.set_ylim(y)
        self._fitted = dict(zip(panels, fitted, strict=False))


def set_heights(views: Mapping[Axes, View]) -> None:
    """Sets the limits of y."""
    for axes, (_, y) in views.items():
        axes.set_ylim(y)


def share_limits(axes: Axes, other: Axes, which: str) -> None:
    """Gives axes the limits of other axes, of "x", "y" or "xy"."""
    if axes is not other and "x" in which:
        axes.sharex(other)
    if axes is not other and "y" in which:
        axes.sharey(other)


def view_of(axes: Axes) -> View:
    return axes.get_xlim(), axes.get_ylim()


def copy_views(source: Sequence[Axes], target: Sequence[Axes]) -> None:
    """Gives panels the limits of as many other panels."""
    for axes, other in zip(target, source, strict=True):
        axes.set_xlim(other.get_xlim())
        axes.set_ylim(other.get_ylim())


def slide(axes: Axes, end: float) -> None:
    """Moves the view along x to a new right end, with the same width."""
    transform = axes.xaxis.get_transform()
    left, right = transform.transform(np.array(axes.get_xlim()))
    last = float(transform.transform(np.array([end]))[0])
    limits = transform.inverted().transform(np.array([last - (right - left), last]))
    axes.set_xlim(*map(float, limits))


def place_over(line: Line2D, axes: Axes, transform: Transform) -> Line2D:
    """Places a line over a panel, whose drawing does not draw the line."""
    line.set_transform(transform)
    line.set_figure(axes.figure)
    line.axes = axes
    line.set_clip_path(axes.patch)
    return line


class Cursors:
    """Lines that mark a step, in the panels that have steps."""

    def __init__(self) -> None:
        self._lines: dict[Axes, Line2D] = {}
        self._step: int | None = None

    @property
    def axes(self) -> Collection[Axes]:
        """The axes whose x axis shows steps."""
        return self._lines.keys()

    @property
    def lines(self) -> list[Line2D]:
        """The lines."""
        return list(self._lines.values())

    def add(self, axes: Axes, color: str) -> None:
        """Adds a line to a panel."""
        line = Line2D([0, 0], [0, 1], color=color, linewidth=1.2, linestyle="solid")
        self._lines[axes] = place_over(line, axes, axes.get_xaxis_transform())
        self.show(self._step)

    def clear(self) -> None:
        """Forgets all panels, and keeps the step."""
        self._lines.clear()

    def show(self, step: int | None) -> None:
        """Marks a step; `None` hides the lines."""
        self._step = step
        for line in self._lines.values():
            line.set_visible(step is not None)
            line.set_xdata([step or 0, step or 0])
