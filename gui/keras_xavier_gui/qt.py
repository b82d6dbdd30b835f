"""Qt: the only module that imports it, through QtPy.

Another binding than PyQt5 is chosen with the environment variable QT_API.
"""

import os

# Before QtPy and matplotlib look at it, so that both choose the same binding.
os.environ.setdefault("QT_API", "pyqt5")

from qtpy import API_NAME as BINDING
from qtpy import QtCore, QtGui, QtWidgets
from qtpy.QtCore import Qt, Signal, Slot
from qtpy.QtGui import QAction, QActionGroup

__all__ = [
    "BINDING",
    "QAction",
    "QActionGroup",
    "Qt",
    "QtCore",
    "QtGui",
    "QtWidgets",
    "Signal",
    "Slot",
]
