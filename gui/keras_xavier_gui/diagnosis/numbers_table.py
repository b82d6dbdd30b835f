"""The numbers of a finding as a table."""

from collections.abc import Sequence

from keras_xavier.diagnosis import Number
from keras_xavier.text import sanitize
from keras_xavier_gui.qt import Qt, QtCore, QtWidgets

MOST_ROWS = 10
"""Largest number of visible rows."""
SPACE = 24
"""Pixels between the columns."""


class NumbersTable(QtWidgets.QTableWidget):
    """Names and values in two columns, as high as its rows."""

    def __init__(self) -> None:
        super().__init__(0, 2)
        self._numbers: tuple[Number, ...] = ()
        self.setAccessibleName("Numbers")
        self.horizontalHeader().hide()
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        self.setEditTriggers(QtWidgets.QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(
            QtWidgets.QAbstractItemView.SelectionBehavior.SelectRows
        )
        self.setTabKeyNavigation(False)
        self.viewport().setAutoFillBackground(False)
        self.verticalHeader().setMinimumSectionSize(1)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        resize = QtWidgets.QHeaderView.ResizeMode.ResizeToContents
        self.horizontalHeader().setSectionResizeMode(resize)

    def show_numbers(self, numbers: Sequence[Number]) -> None:
        """Shows other numbers."""
        self._numbers = tuple(numbers)
        self.setRowCount(len(numbers))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for row, number in enumerate(numbers):
            name = QtWidgets.QTableWidgetItem(sanitize(number.name) + " ")
            value = QtWidgets.QTableWidgetItem(sanitize(number.text))
            value.setData(Qt.ItemDataRole.TextAlignmentRole, int(right))
            self.setItem(row, 0, name)
            self.setItem(row, 1, value)
        self.resizeRowsToContents()
        rows = range(min(self.rowCount(), MOST_ROWS))
        self.setFixedHeight(sum(map(self.rowHeight, rows)) + 2)
        self.updateGeometry()

    def text(self) -> str:
        """The numbers, for screen readers."""
        return "; ".join(map(str, self._numbers))

    def sizeHint(self) -> QtCore.QSize:
        width = sum(self.sizeHintForColumn(column) for column in range(2))
        return QtCore.QSize(width + SPACE, self.height())

    def minimumSizeHint(self) -> QtCore.QSize:
        return QtCore.QSize(0, self.height())
