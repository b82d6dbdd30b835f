"""Legends that are clicked: a click hides a layer, a double click shows it alone."""

from matplotlib.backend_bases import MouseEvent
from matplotlib.lines import Line2D

from keras_xavier.figures.legend import Entry
from keras_xavier.figures.reading import entry_at
from keras_xavier_gui.plots.reading.pages import Page
from keras_xavier_gui.plots.reading.visibility import Visibility
from keras_xavier_gui.qt import QtCore


class LegendClicks(QtCore.QObject):
    """Hides and shows what the entries of a legend stand for.

    Args:
        page: The page with the plot.
        visibility: Hides layers and runs.
    """

    def __init__(self, page: Page, visibility: Visibility) -> None:
        super().__init__(page.canvas)
        self._page, self._visibility = page, visibility
        self._clicked: Entry | None = None
        page.canvas.clicked.connect(self._click)
        page.canvas.double_clicked.connect(self._double_click)

    def list_hidden(self) -> None:
        """Lists hidden layers and runs in the legend, so that a click shows them."""
        layout, selection = self._page.plot.layout, self._page.selection
        layout.lists_hidden = True
        shown = {run.path for run in selection.runs}
        runs = selection.all_runs if len(shown) < len(selection.all_runs) else ()
        style = self._page.plot.style
        layout.list_runs(
            [
                Entry(
                    Line2D([], [], color=style.run_color(run.color), linewidth=2.4),
                    run.name,
                    run=run.name,
                    is_hidden=run.path not in shown,
                )
                for run in runs
            ]
        )

    def _click(self, event: MouseEvent) -> None:
        self._clicked = None
        if self._page.has_current_data:
            self._clicked = entry_at(self._page.plot.layout, event.x, event.y)
        if self._clicked is not None:
            self._visibility.toggle(self._clicked.run, self._clicked.layer)

    def _double_click(self, event: MouseEvent) -> None:
        """Shows the entry of the first click alone, which the click has toggled."""
        if (entry := self._clicked) is not None:
            self._clicked = None
            self._visibility.toggle(entry.run, entry.layer)
            self._visibility.isolate(entry.run, entry.layer)
