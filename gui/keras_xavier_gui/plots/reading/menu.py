"""The context menu of a plot."""

from functools import partial

from keras_xavier.figures.reading import Reading
from keras_xavier.text import shorten
from keras_xavier_gui.layers.view import FIGURES_OF_LAYER
from keras_xavier_gui.plots.reading.pages import Page
from keras_xavier_gui.plots.reading.reader import Reader
from keras_xavier_gui.plots.reading.visibility import Visibility
from keras_xavier_gui.qt import QtCore, QtWidgets

MOST_LETTERS = 40
"""Maximum number of letters of a name in the menu."""


class PlotMenu(QtCore.QObject):
    """Offers what can be done with the line under the mouse, and with the plot.

    Args:
        page: The page with the plot.
        reader: Reads its values.
        visibility: Hides layers and runs.
    """

    def __init__(self, page: Page, reader: Reader, visibility: Visibility) -> None:
        super().__init__(page.canvas)
        self._page, self._reader, self._visibility = page, reader, visibility
        page.canvas.installEventFilter(self)

    def eventFilter(self, watched: QtCore.QObject, event: QtCore.QEvent) -> bool:
        if event.type() != QtCore.QEvent.Type.ContextMenu:
            return False
        # The right button zooms while panning is on.
        if self._page.has_current_data and not self._page.canvas.widgetlock.locked():
            is_key = event.reason() == event.Reason.Keyboard  # type: ignore[attr-defined]
            if is_key:
                at = self._page.canvas.mapToGlobal(self._reader.label.pos())
            else:
                self._reader.point_at(event.pos())  # type: ignore[attr-defined]
                at = event.globalPos()  # type: ignore[attr-defined]
            self.menu().popup(at)
        return True

    def menu(self) -> QtWidgets.QMenu:
        """Returns the menu for the value that is read, or the entry of the legend."""
        menu = QtWidgets.QMenu(self._page.canvas)
        menu.aboutToHide.connect(menu.deleteLater)
        reading = self._reader.reading
        entry = self._reader.entry
        run, layer = "", ""
        if reading is not None:
            run, layer = reading.run, reading.layer
        elif entry is not None:
            run, layer = entry.run, entry.layer
        if reading is not None:
            self._add_value(menu, reading)
        if layer:
            self._add_layer(menu, layer)
        if run and len(self._page.selection.all_runs) > 1:
            self._add_run(menu, run)
        self._add_all(menu)
        menu.addSeparator()
        menu.addAction("Copy figure", self._page.copy_asked.emit)
        menu.addAction("Reset view", self._page.reset_view)
        return menu

    def _add_value(self, menu: QtWidgets.QMenu, reading: Reading) -> None:
        def copy() -> None:
            QtWidgets.QApplication.clipboard().setText(f"{reading.value!r}")
            self._page.context.notify(f"Copied {reading.value!r}")

        menu.addAction("Copy value", copy)
        step = reading.step
        if step is not None:
            go = lambda: self._page.selection.go_to(step)  # noqa: E731
            menu.addAction(f"Go to step {step:,}", go)
        menu.addSeparator()

    def _add_layer(self, menu: QtWidgets.QMenu, layer: str) -> None:
        name = menu_text(layer)
        is_hidden = self._visibility.is_hidden(layer)
        verb = "Show" if is_hidden else "Hide"
        menu.addAction(f"{verb} {name}", lambda: self._visibility.toggle("", layer))
        menu.addAction(f"Show only {name}", lambda: self._visibility.isolate("", layer))
        for figure, label in FIGURES_OF_LAYER.items():
            menu.addAction(
                f"{label} of {name}",
                partial(self._page.layer_asked.emit, figure, layer),
            )
        menu.addSeparator()

    def _add_run(self, menu: QtWidgets.QMenu, run: str) -> None:
        name = menu_text(run)
        shown = any(one.name == run for one in self._page.selection.runs)
        verb = "Hide" if shown else "Show"
        menu.addAction(f"{verb} {name}", lambda: self._visibility.toggle(run, ""))
        menu.addAction(f"Show only {name}", lambda: self._visibility.isolate(run, ""))
        menu.addSeparator()

    def _add_all(self, menu: QtWidgets.QMenu) -> None:
        selection = self._page.selection
        if selection.hidden:
            menu.addAction("Show all layers", self._visibility.show_all_layers)
        if len(selection.runs) < len(selection.all_runs):
            menu.addAction("Show all runs", self._visibility.show_all_runs)


def menu_text(name: str) -> str:
    """Shortens a name for a menu, where an ampersand marks a mnemonic.

    >>> menu_text("a&b")
    'a&&b'
    """
    return shorten(name, MOST_LETTERS).replace("&", "&&")
