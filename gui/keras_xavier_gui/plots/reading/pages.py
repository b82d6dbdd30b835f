"""What a page offers to those who read its plot."""

from typing import Any, Protocol

from keras_xavier.figures import Plot
from keras_xavier_gui.context import AppContext
from keras_xavier_gui.sources.selection import Selection
from keras_xavier_gui.widgets.canvas import Canvas


class Page(Protocol):
    """A page with a plot whose values are read."""

    context: AppContext
    canvas: Canvas
    selection: Selection
    data: Any
    layer_asked: Any
    copy_asked: Any

    @property
    def plot(self) -> Plot: ...

    @property
    def has_current_data(self) -> bool: ...

    def reset_view(self) -> None: ...
