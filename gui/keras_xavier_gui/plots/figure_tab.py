"""A tab with a figure, as seen by the functions that name and copy it."""

from typing import Any, Protocol

from keras_xavier.figure_spec import FigureDefinition
from keras_xavier.figures import Plot
from keras_xavier_gui.context import AppContext
from keras_xavier_gui.plots.controls import Controls
from keras_xavier_gui.sources.selection import Selection


class FigureTab(Protocol):
    """A tab with a figure and its options."""

    context: AppContext
    selection: Selection
    options: Controls
    data: Any

    @property
    def plot(self) -> Plot:
        """The drawn figure."""

    @property
    def figure(self) -> FigureDefinition:
        """The selected figure."""

    def values(self) -> dict[str, Any]:
        """The options of the figure, by name."""
