"""What a picture does before each draw."""

from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure
from matplotlib.layout_engine import LayoutEngine

if TYPE_CHECKING:
    from keras_xavier.figures.picture import Picture


class BeforeDraw(LayoutEngine):
    """Has matplotlib ask the picture before each draw, whoever draws.

    Attributes:
        done: Whether that was done already for the draw to come.
    """

    _adjust_compatible = True
    _colorbar_gridspec = True

    def __init__(self, picture: "Picture") -> None:
        super().__init__()
        self._picture = picture
        self.done = False

    def execute(self, fig: Figure) -> None:
        if self.done:
            return
        try:
            self._picture._arrange()
            self._picture._refine()
            self._picture._write()
        except ValueError as error:
            # Figure.draw passes over the ValueErrors of layout engines.
            raise RuntimeError(f"The picture cannot be drawn: {error}") from error

    def set(self, **kwargs: Any) -> None:
        if kwargs:
            raise TypeError(f"There is nothing to set. Received: {sorted(kwargs)}")
