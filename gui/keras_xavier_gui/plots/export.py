"""Taking results away: pictures and numbers, to files and to the clipboard."""

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

from keras_xavier_gui import preferences as kept
from keras_xavier_gui.qt import QtGui, QtWidgets
from keras_xavier_gui.tab import Tab

if TYPE_CHECKING:
    from keras_xavier_gui.plots.plot_tab import PlotTab

SAVE_DPI, COPY_DPI = 200, 100
"""Dots per inch of pictures in files, and on the clipboard."""
NO_NUMBERS = (
    "A picture is PNG, SVG or PDF. File → Save numbers (Ctrl+Shift+S) writes what is "
    "shown as CSV."
)


def save_plot(view: "PlotTab") -> None:
    """Asks where, and saves the picture in the light style."""
    if view.data is None:
        return
    path = ask_path(view, "Save picture", ".png", "Images (*.png *.svg *.pdf)")
    if not path:
        return
    if path.lower().endswith(".csv"):
        QtWidgets.QMessageBox.warning(view, "Save picture", NO_NUMBERS)
        return
    try:
        view.plot.export().savefig(path, dpi=SAVE_DPI)
    except (OSError, ValueError) as error:
        QtWidgets.QMessageBox.warning(
            view, "Save picture", f"The picture could not be saved.\n{error}"
        )
    else:
        view.context.notify(f"Saved {path}")


def save_table(view: Tab) -> None:
    """Asks where, and saves what is shown as CSV."""
    table = view.table()
    if not table.columns:
        return
    path = ask_path(view, "Save numbers", ".csv", "CSV (*.csv)")
    if not path:
        return
    try:
        Path(path).write_text(table.to_csv(), "utf-8", newline="")
    except OSError as error:
        QtWidgets.QMessageBox.warning(
            view, "Save numbers", f"The numbers could not be saved.\n{error}"
        )
    else:
        view.context.notify(f"Saved {path}")


def ask_path(view: Tab, title: str, ending: str, kinds: str) -> str:
    """Asks where to save; the empty text if nowhere.

    The dialog begins in the folder where something was saved last.
    """
    settings = view.context.preferences
    name = os.path.join(kept.export_folder(settings), view.file_name() + ending)
    path: str = QtWidgets.QFileDialog.getSaveFileName(view, title, name, kinds)[0]
    if path:
        kept.set_export_folder(settings, os.path.dirname(path))
    # matplotlib would add an ending, too, and not tell.
    return path if not path or Path(path).suffix else path + ending


def copy_plot(view: "PlotTab") -> None:
    """Puts the picture on the clipboard, in the light style."""
    if view.data is None:
        return
    png = io.BytesIO()
    dots = COPY_DPI * view.canvas.devicePixelRatioF()
    view.plot.export().savefig(png, format="png", dpi=dots)
    image = QtGui.QImage.fromData(png.getvalue(), "PNG")
    QtWidgets.QApplication.clipboard().setImage(image)
    view.context.notify("Plot copied")


def copy_table(view: Tab) -> None:
    """Puts what is shown on the clipboard as CSV."""
    table = view.table()
    if table.columns:
        QtWidgets.QApplication.clipboard().setText(table.to_csv())
        view.context.notify("Numbers copied")
