"""The list of findings: causes by severity, with their consequences beneath."""

from typing import Any, overload

from keras_xavier.text import sanitize
from keras_xavier_gui.diagnosis.items import COLUMNS, RUN, Item, RunFinding
from keras_xavier_gui.diagnosis.severity import passed_icon, severity_icon
from keras_xavier_gui.qt import ModelIndex, Qt, QtCore, QtGui, QtWidgets, Signal
from keras_xavier_gui.widgets.status_bar import plain

NO_INDEX = QtCore.QModelIndex()
MAX_WIDTH = 36
"""Largest width of a column, in characters; the tooltip shows longer text."""
TOP_LEVEL = 0
"""Identifier of the indices of causes and checks.

A consequence has the row of its cause, counted from 1.
"""


class FindingsModel(QtCore.QAbstractItemModel):
    """A row for each cause, with a row for each consequence beneath it."""

    def __init__(self, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Item] = []
        self._below: list[tuple[RunFinding, ...]] = []

    def show(self, rows: list[Item]) -> None:
        self.beginResetModel()
        self.rows = rows
        self._below = [one.consequences for one in rows]
        self.endResetModel()

    def item(self, index: ModelIndex) -> Item:
        """Returns the item of a valid index."""
        parent = index.internalId()
        if parent == TOP_LEVEL:
            return self.rows[index.row()]
        return self._below[parent - 1][index.row()]

    def find(self, key: tuple[object, ...]) -> QtCore.QModelIndex:
        """Returns the index of an item by its key, or an invalid index."""
        for row, item in enumerate(self.rows):
            if item.key == key:
                return self.index(row, 0)
            for place, below in enumerate(self._below[row]):
                if below.key == key:
                    return self.index(place, 0, self.index(row, 0))
        return QtCore.QModelIndex()

    def index(
        self, row: int, column: int, parent: ModelIndex = NO_INDEX
    ) -> QtCore.QModelIndex:
        if not self.hasIndex(row, column, parent):
            return QtCore.QModelIndex()
        identifier = parent.row() + 1 if parent.isValid() else TOP_LEVEL
        return self.createIndex(row, column, identifier)

    @overload
    def parent(self) -> QtCore.QObject | None: ...
    @overload
    def parent(self, index: ModelIndex, /) -> QtCore.QModelIndex: ...
    def parent(self, index: ModelIndex | None = None) -> Any:
        if index is None:
            return super().parent()
        identifier = index.internalId() if index.isValid() else TOP_LEVEL
        if identifier == TOP_LEVEL:
            return QtCore.QModelIndex()
        return self.createIndex(identifier - 1, 0, TOP_LEVEL)

    def rowCount(self, parent: ModelIndex = NO_INDEX) -> int:
        if not parent.isValid():
            return len(self.rows)
        if parent.internalId() != TOP_LEVEL or parent.column():
            return 0
        return len(self._below[parent.row()])

    def columnCount(self, parent: ModelIndex = NO_INDEX) -> int:
        return len(COLUMNS)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        return None

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        item, column = self.item(index), index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return item.cells[column]
            case Qt.ItemDataRole.DecorationRole if column == 0:
                return icon_of(item)
            case Qt.ItemDataRole.ToolTipRole if column == 0:
                return plain(item.tooltip)
            case Qt.ItemDataRole.ToolTipRole if COLUMNS[
                column
            ] == "Layers" and isinstance(item, RunFinding):
                return plain("\n".join(map(sanitize, item.finding.layers)))
            case Qt.ItemDataRole.ToolTipRole:
                return plain(item.cells[column])
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{COLUMNS[column]}: {item.cells[column]}"
        return None


def icon_of(item: Item) -> QtGui.QIcon | None:
    """Returns the icon of an item; a consequence is no alarm and has none."""
    if not isinstance(item, RunFinding):
        return passed_icon()
    return None if item.cause else severity_icon(item.finding.severity)


class FindingsView(QtWidgets.QTreeView):
    """The list of findings; one is always selected unless it is empty."""

    chosen = Signal(object)
    """The selected item; `None` without findings."""
    opened = Signal(object)
    """The `RunFinding` whose evidence is asked for, by Enter or a double click."""

    def __init__(self) -> None:
        super().__init__()
        self.findings = FindingsModel(self)
        # Causes whose consequences the user has hidden, by key.
        self._collapsed: set[tuple[object, ...]] = set()
        self._showing = False
        self.setModel(self.findings)
        self.setAccessibleName("Findings")
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        # A double click shows the evidence.
        self.setExpandsOnDoubleClick(False)
        self.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        self.selectionModel().currentChanged.connect(self._choose)
        self.collapsed.connect(lambda index: self._remember(index, collapsed=True))
        self.expanded.connect(lambda index: self._remember(index, collapsed=False))
        # Not `activated`, which some desktops emit on each single click.
        self.doubleClicked.connect(lambda _index: self._open())

    def show_found(self, rows: list[Item], *, with_runs: bool) -> None:
        """Shows other findings; the selected one stays selected if it remains."""
        self.setColumnHidden(RUN, not with_runs)
        before = self.findings.rows
        if rows == before:
            return
        chosen = self.current()
        self._showing = True
        self.findings.show(rows)
        for row, item in enumerate(rows):
            index = self.findings.index(row, 0)
            self.setExpanded(index, item.key not in self._collapsed)
        self._showing = False
        if [one.key for one in rows] != [one.key for one in before]:
            # Not with every record: the user may have widened a column.
            self.fit_columns()
        found = self.findings.find(chosen.key) if chosen else QtCore.QModelIndex()
        if not self._is_visible(found):
            found = self.findings.index(0, 0)
        self.setCurrentIndex(found)
        if not rows:
            self.chosen.emit(None)

    def current(self) -> Item | None:
        """The selected item."""
        index = self.currentIndex()
        return self.findings.item(index) if index.isValid() else None

    def fit_columns(self) -> None:
        """Fits columns to their text; the last one takes the remaining width."""
        letter = self.fontMetrics().horizontalAdvance("m")
        for column in range(len(COLUMNS) - 1):
            self.resizeColumnToContents(column)
            width = self.columnWidth(column) + letter
            self.setColumnWidth(column, min(width, MAX_WIDTH * letter))

    def changeEvent(self, event: QtCore.QEvent) -> None:
        super().changeEvent(event)
        # The event also comes during construction.
        if event.type() == QtCore.QEvent.Type.FontChange and hasattr(self, "findings"):
            self.fit_columns()

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open()
        else:
            super().keyPressEvent(event)

    def _is_visible(self, index: QtCore.QModelIndex) -> bool:
        """Whether an index is valid and its cause, if any, is expanded."""
        parent = index.parent()
        return index.isValid() and (not parent.isValid() or self.isExpanded(parent))

    def _remember(self, index: QtCore.QModelIndex, *, collapsed: bool) -> None:
        if self._showing:
            return
        key = self.findings.item(index).key
        if collapsed:
            self._collapsed.add(key)
        else:
            self._collapsed.discard(key)

    def _choose(self, index: QtCore.QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(self.findings.item(index))

    def _open(self) -> None:
        found = self.current()
        if isinstance(found, RunFinding):
            self.opened.emit(found)
