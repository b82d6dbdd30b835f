"""Taking results away: pictures and numbers, to files and to the clipboard."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Union

from keras_xavier_gui.qt import QtGui, QtWidgets

if TYPE_CHECKING:
    from keras_xavier_gui.pictures.view import PictureView
    from keras_xavier_gui.settings_tab import SettingsTab

SAVE_DPI, COPY_DPI = 200, 100
"""Dots per inch of pictures in files, and on the clipboard."""


def save_picture(view: "PictureView") -> None:
    """Asks where, and saves the picture in the light style."""
    if view.data is None:
        return
    path, _ = QtWidgets.QFileDialog.getSaveFileName(
        view,
        "Save picture",
        f"{view.file_name()}.png",
        "Images (*.png *.svg *.pdf)",
    )
    if not path:
        return
    try:
        view.picture.export().savefig(path, dpi=SAVE_DPI)
    except (OSError, ValueError) as error:
        QtWidgets.QMessageBox.warning(
            view, "Save picture", f"The picture could not be saved.\n{error}"
        )


def save_table(view: Union["PictureView", "SettingsTab"]) -> None:
    """Asks where, and saves what is shown as CSV."""
    table = view.table()
    if not table.columns:
        return
    path, _ = QtWidgets.QFileDialog.getSaveFileName(
        view, "Save numbers", f"{view.file_name()}.csv", "CSV (*.csv)"
    )
    if not path:
        return
    try:
        Path(path).write_text(table.to_csv(), "utf-8", newline="")
    except OSError as error:
        QtWidgets.QMessageBox.warning(
            view, "Save numbers", f"The numbers could not be saved.\n{error}"
        )


def copy_picture(view: "PictureView") -> None:
    """Puts the picture on the clipboard, in the light style."""
    if view.data is None:
        return
    png = io.BytesIO()
    dots = COPY_DPI * view.canvas.devicePixelRatioF()
    view.picture.export().savefig(png, format="png", dpi=dots)
    image = QtGui.QImage.fromData(png.getvalue(), "PNG")
    QtWidgets.QApplication.clipboard().setImage(image)


def copy_table(view: Union["PictureView", "SettingsTab"]) -> None:
    """Puts what is shown on the clipboard as CSV."""
    table = view.table()
    if table.columns:
        QtWidgets.QApplication.clipboard().setText(table.to_csv())
