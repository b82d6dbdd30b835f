"""Saves plots and numbers to files, and copies them to the clipboard."""

import io
import os
from pathlib import Path
from typing import Any, Protocol

from keras_xavier.figures import Plot, Table
from keras_xavier_gui import preferences as stored
from keras_xavier_gui.context import AppContext
from keras_xavier_gui.qt import QtGui, QtWidgets

SAVE_DPI, COPY_DPI = 200, 100
"""Dots per inch of plots in files, and on the clipboard."""
NO_NUMBERS = (
    "A plot can be saved as PNG, SVG or PDF. To save its numbers as CSV, use File → "
    "Save numbers (Ctrl+Shift+S)."
)


class TabWithNumbers(Protocol):
    """A tab whose numbers can be saved."""

    context: AppContext

    def window(self) -> QtWidgets.QWidget: ...

    def table(self) -> Table: ...

    def file_name(self) -> str: ...


class TabWithPlot(TabWithNumbers, Protocol):
    """A tab whose plot can be saved."""

    data: Any
    plot: Plot

    @property
    def canvas(self) -> QtWidgets.QWidget: ...


def save_plot(tab: TabWithPlot) -> None:
    """Saves the plot in the light style, after asking for the file."""
    if tab.data is None:
        return
    path = ask_path(tab, "Save plot", ".png", "Images (*.png *.svg *.pdf)")
    if not path:
        return
    if path.lower().endswith(".csv"):
        QtWidgets.QMessageBox.warning(tab.canvas, "Save plot", NO_NUMBERS)
        return
    try:
        tab.plot.export().savefig(path, dpi=SAVE_DPI)
    except (OSError, ValueError) as error:
        QtWidgets.QMessageBox.warning(
            tab.canvas, "Save plot", f"The plot could not be saved.\n{error}"
        )
    else:
        tab.context.notify(f"Saved {path}")


def save_table(tab: TabWithNumbers) -> None:
    """Saves the numbers in view as CSV, after asking for the file."""
    table = tab.table()
    if not table.columns:
        return
    path = ask_path(tab, "Save numbers", ".csv", "CSV (*.csv)")
    if not path:
        return
    try:
        Path(path).write_text(table.to_csv(), "utf-8", newline="")
    except OSError as error:
        QtWidgets.QMessageBox.warning(
            tab.window(), "Save numbers", f"The numbers could not be saved.\n{error}"
        )
    else:
        tab.context.notify(f"Saved {path}")


def ask_path(tab: TabWithNumbers, title: str, suffix: str, kinds: str) -> str:
    """Asks for a file, starting in the folder of the last one.

    Args:
        tab: Tab whose plot or numbers are saved.
        title: Title of the dialog.
        suffix: Suffix of the file if the user types none.
        kinds: Kinds of files, as Qt lists them.

    Returns:
        The path; empty if the user cancels.
    """
    preferences = tab.context.preferences
    name = os.path.join(stored.export_folder(preferences), tab.file_name() + suffix)
    path: str = QtWidgets.QFileDialog.getSaveFileName(tab.window(), title, name, kinds)[
        0
    ]
    if path:
        stored.set_export_folder(preferences, os.path.dirname(path))
    # matplotlib would also add a suffix, but would not report it.
    return path if not path or Path(path).suffix else path + suffix


def copy_plot(tab: TabWithPlot) -> None:
    """Copies the plot to the clipboard, in the light style."""
    if tab.data is None:
        return
    png = io.BytesIO()
    dpi = COPY_DPI * tab.canvas.devicePixelRatioF()
    tab.plot.export().savefig(png, format="png", dpi=dpi)
    image = QtGui.QImage.fromData(png.getvalue())
    QtWidgets.QApplication.clipboard().setImage(image)
    tab.context.notify("Plot copied")


def copy_table(tab: TabWithNumbers) -> None:
    """Copies the numbers in view to the clipboard, as CSV."""
    table = tab.table()
    if table.columns:
        QtWidgets.QApplication.clipboard().setText(table.to_csv())
        tab.context.notify("Numbers copied")
