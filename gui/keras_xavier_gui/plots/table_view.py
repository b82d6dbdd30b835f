"""What a picture shows, as a table to be read and copied."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from keras_xavier.figures import Table
from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets

NO_INDEX = QtCore.QModelIndex()
DIGITS = 6
Key: TypeAlias = tuple[object, ...]
"""Of a row of a table."""


class TableModel(QtCore.QAbstractTableModel):
    """The columns of a table; numbers are written when they are looked at."""

    def __init__(self, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self.table = Table({})
        self._names: list[str] = []

    def show(self, table: Table) -> None:
        self.beginResetModel()
        self.table = table
        self._names = list(table.columns)
        self.endResetModel()

    def rowCount(self, parent: QtCore.QModelIndex = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.table)

    def columnCount(self, parent: QtCore.QModelIndex = NO_INDEX) -> int:
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

    def data(
        self, index: QtCore.QModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        value = self.table.columns[self._names[index.column()]][index.row()]
        is_number = isinstance(value, np.number)
        if role == Qt.ItemDataRole.DisplayRole:
            return written(value)
        if role == Qt.ItemDataRole.TextAlignmentRole and is_number:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None


def keys(table: Table, rows: Sequence[int] | None = None) -> list[Key]:
    """What tells rows apart: all that was not measured, such as layer and step."""
    columns = [
        values.tolist() if rows is None else values[list(rows)].tolist()
        for values in table.columns.values()
        if not np.issubdtype(values.dtype, np.floating)
    ]
    return list(zip(*columns, strict=True))


def written(value: Any) -> str:
    """A cell, as it is read."""
    if isinstance(value, np.integer):
        return f"{value:,}"
    if isinstance(value, np.floating):
        return f"{value:.{DIGITS}g}"
    return str(value)


class TablePage(QtWidgets.QTableView):
    """The table; Ctrl+C copies what is selected."""

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

    def show_table(self, table: Table) -> None:
        """Shows other numbers; of rows that are still there, the same are selected."""
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
        """Puts the selected rows on the clipboard as CSV, all if none are."""
        rows = self._selected_rows()
        table = self._model.table
        chosen = {
            name: values[rows] if rows else values
            for name, values in table.columns.items()
        }
        QtWidgets.QApplication.clipboard().setText(Table(chosen).to_csv())
