"""Saves plots and numbers to files, and copies them to the clipboard."""

import io
import os
from pathlib import Path
from typing import Any, Protocol

from keras_xavier.figures import Plot, Table
from keras_xavier_gui import preferences as stored
from keras_xavier_gui.context import AppContext
from keras_xavier_gui.plots.export_dialog import ExportDialog
from keras_xavier_gui.plots.export_options import ExportOptions, restore, store
from keras_xavier_gui.plots.figure_tab import FigureTab
from keras_xavier_gui.plots.view_spec import spec_of
from keras_xavier_gui.qt import QtGui, QtWidgets

COPY_DPI = 100
"""Dots per inch of figures on the clipboard."""


class TabWithNumbers(Protocol):
    """A tab whose numbers can be saved."""

    context: AppContext

    def window(self) -> QtWidgets.QWidget: ...

    def table(self) -> Table: ...

    def file_name(self) -> str: ...


class TabWithPlot(TabWithNumbers, Protocol):
    """A tab whose plot can be saved."""

    data: Any

    @property
    def plot(self) -> Plot: ...

    @property
    def canvas(self) -> QtWidgets.QWidget: ...


def save_plot(tab: TabWithPlot) -> None:
    """Saves the plot in the light style, after asking for file, format and size."""
    if tab.data is None:
        return
    preferences = tab.context.preferences
    width, height = tab.plot.figure.get_size_inches()
    dialog = ExportDialog(
        tab.window(),
        folder=stored.export_folder(preferences) or os.getcwd(),
        name=tab.file_name(),
        options=restore(preferences),
        screen=(float(width), float(height)),
    )

    def save() -> None:
        path = dialog.path()
        if tab.data is not None and may_write(tab, path):
            stored.set_export_folder(preferences, os.path.dirname(path))
            store(preferences, dialog.options())
            write_plot(tab, path, dialog.options())

    dialog.accepted.connect(save)
    dialog.open()


def may_write(tab: TabWithPlot, path: str) -> bool:
    """Whether a file does not exist, or the user agrees to replace it."""
    if not os.path.exists(path):
        return True
    buttons = QtWidgets.QMessageBox.StandardButton
    question = f"{os.path.basename(path)} exists. Replace it?"
    answer = QtWidgets.QMessageBox.question(tab.window(), "Export figure", question)
    return bool(answer == buttons.Yes)


def write_plot(tab: TabWithPlot, path: str, options: ExportOptions) -> None:
    """Writes the plot to a file."""
    try:
        figure = tab.plot.export()
        figure.set_size_inches(options.inches)
        figure.savefig(path, dpi=options.dpi)
    except (OSError, ValueError) as error:
        QtWidgets.QMessageBox.warning(
            tab.canvas, "Export figure", f"The figure could not be exported.\n{error}"
        )
    else:
        tab.context.notify(f"Saved {path}")


def save_table(tab: TabWithNumbers) -> None:
    """Saves the numbers in view as CSV, after asking for the file."""
    table = tab.table()
    if not table.columns:
        return
    path = ask_path(tab, "Export numbers", ".csv", "CSV (*.csv)")
    if not path:
        return
    try:
        Path(path).write_text(table.to_csv(), "utf-8", newline="")
    except OSError as error:
        QtWidgets.QMessageBox.warning(
            tab.window(), "Export numbers", f"The numbers could not be saved.\n{error}"
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
    tab.context.notify("Figure copied")


def copy_command(tab: FigureTab) -> None:
    """Copies the command that shows the same runs, figure, options and step.

    The command shows all data: it has no options for the zoom.
    """
    paths = [os.path.abspath(run.path) for run in tab.selection.runs]
    command = spec_of(tab).view_command(*paths)
    QtWidgets.QApplication.clipboard().setText(command)
    zoomed = tab.data is not None and not tab.plot.follow
    tab.context.notify("Command copied" + (", without the zoom" if zoomed else ""))


def copy_table(tab: TabWithNumbers) -> None:
    """Copies the numbers in view to the clipboard, as CSV."""
    table = tab.table()
    if table.columns:
        QtWidgets.QApplication.clipboard().setText(table.to_csv())
        tab.context.notify("Numbers copied")
