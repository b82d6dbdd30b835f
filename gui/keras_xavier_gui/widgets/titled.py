"""Puts a title above a widget."""

from keras_xavier_gui.qt import QtWidgets
from keras_xavier_gui.theme import TextSize, scaled_font


def titled(
    title: str, widget: QtWidgets.QWidget, buddy: QtWidgets.QWidget
) -> QtWidgets.QWidget:
    """Returns a widget below its title, whose mnemonic sets the focus to `buddy`."""
    label = QtWidgets.QLabel(title)
    label.setFont(scaled_font(label.font(), TextSize.NORMAL, bold=True))
    label.setBuddy(buddy)
    box = QtWidgets.QWidget()
    layout = QtWidgets.QVBoxLayout(box)
    layout.setContentsMargins(8, 8, 8, 4)
    layout.setSpacing(4)
    layout.addWidget(label)
    layout.addWidget(widget, 1)
    return box
