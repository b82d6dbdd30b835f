"""The numbers of a plot as a table."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from keras_xavier.figures import Table
from keras_xavier_gui.qt import ModelIndex, Qt, QtCore, QtGui, QtWidgets
from keras_xavier_gui.sources.listing import natural

NO_INDEX = QtCore.QModelIndex()
DIGITS = 6
"""Digits of numbers in cells."""
Key: TypeAlias = tuple[object, ...]
"""Identifies a row of a table."""


class TableModel(QtCore.QAbstractTableModel):
    """A table; numbers are formatted when Qt asks for them.

    Attributes:
        table: The table as it is sorted.
    """

    def __init__(self, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self.table = self._given = Table({})
        self._names: list[str] = []
        self._rows = np.empty(0, np.intp)
        # Name of the column that the user sorts by; `""` for the given order.
        self._sorted_by = ""
        self._order = Qt.SortOrder.AscendingOrder

    def show(self, table: Table) -> None:
        """Shows another table, sorted as the one before."""
        self.beginResetModel()
        self._given = table
        self._names = list(table.columns)
        self._arrange()
        self.endResetModel()

    def sort(
        self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder
    ) -> None:
        self.layoutAboutToBeChanged.emit()
        before, indices = self._rows, self.persistentIndexList()
        self._sorted_by = self._names[column] if 0 <= column < len(self._names) else ""
        self._order = order
        self._arrange()
        places = np.argsort(self._rows)
        self.changePersistentIndexList(
            indices,
            [
                self.index(int(places[before[index.row()]]), index.column())
                for index in indices
            ],
        )
        self.layoutChanged.emit()

    def _arrange(self) -> None:
        columns = self._given.columns
        self._rows = np.arange(len(self._given))
        if self._sorted_by in columns:
            descending = self._order == Qt.SortOrder.DescendingOrder
            self._rows = sorted_rows(columns[self._sorted_by], descending=descending)
        self.table = Table({name: one[self._rows] for name, one in columns.items()})

    def rowCount(self, parent: ModelIndex = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.table)

    def columnCount(self, parent: ModelIndex = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._names)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            across = orientation == Qt.Orientation.Horizontal
            return self._names[section] if across else str(section + 1)
        return None

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        value = self.table.columns[self._names[index.column()]][index.row()]
        is_number = isinstance(value, np.number)
        if role == Qt.ItemDataRole.DisplayRole:
            return format_cell(value)
        if role == Qt.ItemDataRole.TextAlignmentRole and is_number:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None


def sorted_rows(values: NDArray[Any], *, descending: bool) -> NDArray[np.intp]:
    """Returns the order of values: numbers by size with NaN last, texts naturally.

    >>> sorted_rows(np.array([2.0, np.nan, 3.0]), descending=True).tolist()
    [2, 0, 1]
    """
    if np.issubdtype(values.dtype, np.number):
        # Not reversed: NaN stays last, and equal values keep their order.
        ordered = -values.astype(float) if descending else values
        return np.argsort(ordered, kind="stable")
    texts = [natural(str(value).casefold()) for value in values]
    order = sorted(range(len(texts)), key=texts.__getitem__, reverse=descending)
    return np.array(order, np.intp)


def keys(table: Table, rows: Sequence[int] | None = None) -> list[Key]:
    """Returns all columns without measured values, such as layer and step, by row."""
    columns = [
        values.tolist() if rows is None else values[list(rows)].tolist()
        for values in table.columns.values()
        if not np.issubdtype(values.dtype, np.floating)
    ]
    return list(zip(*columns, strict=True))


def format_cell(value: Any) -> str:
    """Formats a value of a table.

    >>> format_cell(np.int64(12345)), format_cell(np.float32(0.5))
    ('12,345', '0.5')
    """
    if isinstance(value, np.integer):
        return f"{value:,}"
    if isinstance(value, np.floating):
        return f"{value:.{DIGITS}g}"
    return str(value)


class TablePage(QtWidgets.QTableView):
    """The table; Ctrl+C copies the selected rows."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._model = TableModel(self)
        self.setModel(self._model)
        self.setAccessibleName(f"{name}, as a table")
        self.setAlternatingRowColors(True)
        self.setEditTriggers(QtWidgets.QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(
            QtWidgets.QAbstractItemView.SelectionBehavior.SelectRows
        )
        self.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        header = self.horizontalHeader()
        header.setToolTip("Click to sort")
        # In the given order until the user clicks.
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)

    def show_table(self, table: Table) -> None:
        """Shows another table; selected rows stay selected if they are in it."""
        before = list(self._model.table.columns)
        place = self.verticalScrollBar().value()
        selected = keys(self._model.table, self._selected_rows())
        self._model.show(table)
        if list(table.columns) != before:
            self.resizeColumnsToContents()
        self._select(selected)
        self.verticalScrollBar().setValue(place)

    def _selected_rows(self) -> list[int]:
        return sorted({index.row() for index in self.selectionModel().selectedRows()})

    def _select(self, selected: list[Key]) -> None:
        if not selected:
            return
        wanted, selection = set(selected), QtCore.QItemSelection()
        for row, key in enumerate(keys(self._model.table)):
            if key in wanted:
                index = self._model.index(row, 0)
                selection.select(index, index)
        rows = QtCore.QItemSelectionModel.SelectionFlag
        self.selectionModel().select(selection, rows.ClearAndSelect | rows.Rows)

    def changeEvent(self, event: QtCore.QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QtCore.QEvent.Type.FontChange:
            self.resizeColumnsToContents()

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        if event.matches(QtGui.QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)

    def copy(self) -> None:
        """Copies the selected rows to the clipboard as CSV, or all rows."""
        rows = self._selected_rows()
        table = self._model.table
        chosen = {
            name: values[rows] if rows else values
            for name, values in table.columns.items()
        }
        QtWidgets.QApplication.clipboard().setText(Table(chosen).to_csv())
