"""Makes matplotlib call a function of a plot before each draw."""

from collections.abc import Callable
from typing import Any

from matplotlib.figure import Figure
from matplotlib.layout_engine import LayoutEngine


class BeforeDraw(LayoutEngine):
    """A layout engine that calls a function before each draw.

    Args:
        prepare: Function without arguments. Called before each draw.

    Attributes:
        done: bool. Whether `prepare` was already called for the next draw.
    """

    _adjust_compatible = True
    _colorbar_gridspec = True

    def __init__(self, prepare: Callable[[], None]) -> None:
        super().__init__()
        self._prepare = prepare
        self.done = False

    def execute(self, fig: Figure) -> None:
        if self.done:
            return
        try:
            self._prepare()
        except ValueError as error:
            # Figure.draw ignores the ValueErrors of layout engines.
            raise RuntimeError(f"The plot cannot be drawn: {error}") from error

    def set(self, **kwargs: Any) -> None:
        if kwargs:
            raise TypeError(f"This layout has no options. Received: {sorted(kwargs)}")
