"""Qt: the only module that imports it, through QtPy.

The environment variable QT_API chooses another binding than PyQt5.
"""

import os
from typing import TYPE_CHECKING, TypeAlias, cast

# Before QtPy and matplotlib read it, so that both choose the same binding.
os.environ.setdefault("QT_API", "pyqt5")

from qtpy import API_NAME as BINDING

if TYPE_CHECKING:
    # QtPy ships no types. PySide6's stubs describe scoped enums and flags, and list
    # None only where Qt returns a null pointer; PyQt5's stubs do neither.
    from PySide6 import QtCore, QtGui, QtWidgets
    from PySide6.QtCore import Qt, Signal, Slot
    from PySide6.QtGui import QAction, QActionGroup
else:
    from qtpy import QtCore, QtGui, QtWidgets
    from qtpy.QtCore import Qt, Signal, Slot
    from qtpy.QtGui import QAction, QActionGroup

__all__ = [
    "BINDING",
    "ModelIndex",
    "QAction",
    "QActionGroup",
    "Qt",
    "QtCore",
    "QtGui",
    "QtWidgets",
    "Signal",
    "Slot",
    "running_application",
]

ModelIndex: TypeAlias = QtCore.QModelIndex | QtCore.QPersistentModelIndex
"""An index that a model or a view accepts."""


def running_application() -> QtWidgets.QApplication:
    """Returns the application; it must have been created."""
    return cast(QtWidgets.QApplication, QtWidgets.QApplication.instance())
