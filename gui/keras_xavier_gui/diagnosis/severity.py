"""Icons for the severity of a finding, which differ in shape as well as in color."""

from keras_xavier.diagnosis import Severity
from keras_xavier.runs import State
from keras_xavier_gui.qt import QtGui
from keras_xavier_gui.widgets.icons import row_icon, state_icon

SYMBOLS = {
    Severity.ERROR: ("close-circle", "#c03a2b"),
    Severity.WARNING: ("alert", "#b26a00"),
    Severity.NOTE: ("information-box", "#0072b2"),
}
"""Name of the symbol of a severity, and its color."""


def severity_icon(severity: Severity) -> QtGui.QIcon:
    """A disc with a cross, a triangle with an exclamation mark, a square with an i."""
    return row_icon(*SYMBOLS[severity])


def passed_icon() -> QtGui.QIcon:
    """A check mark."""
    return state_icon(State.FINISHED)
