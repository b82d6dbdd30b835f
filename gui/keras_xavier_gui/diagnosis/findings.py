"""The list of findings: causes by severity, with their consequences beneath."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, overload

from keras_xavier.text import sanitize
from keras_xavier_gui.diagnosis.items import (
    COLUMNS,
    RUN,
    FoldedFinding,
    Item,
    Key,
    RunChecks,
)
from keras_xavier_gui.diagnosis.severity import passed_icon, severity_icon
from keras_xavier_gui.qt import ModelIndex, Qt, QtCore, QtGui, QtWidgets, Signal
from keras_xavier_gui.widgets.status_bar import plain

NO_INDEX = QtCore.QModelIndex()
MAX_WIDTH = 26
"""Largest width of a column, in characters; the tooltip shows longer text."""


@dataclass(frozen=True)
class Node:
    """A row of the tree.

    Attributes:
        item: Its item.
        row: Its place beneath its parent.
        parent: The number of its parent; `None` at the top.
        children: The numbers of the rows beneath it.
    """

    item: Item
    row: int
    parent: int | None
    children: list[int] = field(default_factory=list)


class FindingsModel(QtCore.QAbstractItemModel):
    """A row for each cause, with a row for each consequence beneath it.

    Beneath a cause of several runs is a row for each run. The identifier of an index
    is the number of its node.
    """

    def __init__(self, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Item] = []
        self._nodes: list[Node] = []
        self._top: list[int] = []

    def show(self, rows: list[Item]) -> None:
        self.beginResetModel()
        self.rows, self._nodes, self._top = rows, [], []
        for item in rows:
            self._add(item, None, self._top)
        self.endResetModel()

    def _add(self, item: Item, parent: int | None, siblings: list[int]) -> None:
        number = len(self._nodes)
        node = Node(item, len(siblings), parent)
        self._nodes.append(node)
        siblings.append(number)
        for child in item.children:
            self._add(child, number, node.children)

    def item(self, index: ModelIndex) -> Item:
        """Returns the item of a valid index."""
        return self._nodes[index.internalId()].item

    def indices(self) -> list[QtCore.QModelIndex]:
        """Returns the indices of all rows, parents before children."""
        return [self._index_of(number) for number in range(len(self._nodes))]

    def find(self, key: Key) -> QtCore.QModelIndex:
        """Returns the index of an item by its key, or an invalid index."""
        numbers = (i for i, node in enumerate(self._nodes) if node.item.key == key)
        number = next(numbers, None)
        return QtCore.QModelIndex() if number is None else self._index_of(number)

    def _index_of(self, number: int) -> QtCore.QModelIndex:
        return self.createIndex(self._nodes[number].row, 0, number)

    def index(
        self, row: int, column: int, parent: ModelIndex = NO_INDEX
    ) -> QtCore.QModelIndex:
        if not self.hasIndex(row, column, parent):
            return QtCore.QModelIndex()
        return self.createIndex(row, column, self._children(parent)[row])

    @overload
    def parent(self) -> QtCore.QObject | None: ...
    @overload
    def parent(self, index: ModelIndex, /) -> QtCore.QModelIndex: ...
    def parent(self, index: ModelIndex | None = None) -> Any:
        if index is None:
            return super().parent()
        number = self._nodes[index.internalId()].parent if index.isValid() else None
        return QtCore.QModelIndex() if number is None else self._index_of(number)

    def rowCount(self, parent: ModelIndex = NO_INDEX) -> int:
        return 0 if parent.column() > 0 else len(self._children(parent))

    def _children(self, parent: ModelIndex) -> list[int]:
        if not parent.isValid():
            return self._top
        return self._nodes[parent.internalId()].children

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
            case Qt.ItemDataRole.ToolTipRole if COLUMNS[column] == "Layers":
                return plain("\n".join(map(sanitize, item.layers)))
            case Qt.ItemDataRole.ToolTipRole if column == RUN:
                return plain("\n".join(runs_of(item)))
            case Qt.ItemDataRole.ToolTipRole:
                return plain(item.cells[column])
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{COLUMNS[column]}: {item.cells[column]}"
        return None


def icon_of(item: Item) -> QtGui.QIcon | None:
    """Returns the icon of an item; a consequence is no alarm and has none."""
    if isinstance(item, RunChecks):
        return passed_icon()
    first = item.found[0]
    return None if first.cause else severity_icon(first.finding.severity)


def runs_of(item: Item) -> list[str]:
    """Returns the names of the runs of an item."""
    if isinstance(item, RunChecks):
        return [*item.runs]
    return [one.run for one in item.found]


class FindingsView(QtWidgets.QTreeView):
    """The list of findings; one is always selected unless it is empty."""

    chosen = Signal(object)
    """The selected item; `None` without findings."""
    opened = Signal(object)
    """The finding whose evidence is asked for, by Enter or a double click."""

    def __init__(self) -> None:
        super().__init__()
        self.findings = FindingsModel(self)
        # Rows that the user has expanded or collapsed, by key.
        self._chosen: dict[Key, bool] = {}
        self._showing = False
        self._is_chosen_by_user = False
        self.setModel(self.findings)
        self.setAccessibleName("Findings")
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        # A double click shows the evidence.
        self.setExpandsOnDoubleClick(False)
        self.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        self.selectionModel().currentChanged.connect(self._choose)
        self.collapsed.connect(lambda index: self._remember(index, expanded=False))
        self.expanded.connect(lambda index: self._remember(index, expanded=True))
        self.clicked.connect(lambda _index: self._keep_choice())
        # Not `activated`, which some desktops emit on each single click.
        self.doubleClicked.connect(lambda _index: self._open())

    def show_found(self, rows: list[Item], *, with_runs: bool) -> None:
        """Shows other findings; the selected one stays selected if it remains."""
        self.setColumnHidden(RUN, not with_runs)
        before = self.findings.rows
        if rows == before:
            return
        # Without a choice of the user, the first row is selected as findings arrive.
        chosen = self.current() if self._is_chosen_by_user else None
        self._showing = True
        self.findings.show(rows)
        for index in self.findings.indices():
            item = self.findings.item(index)
            # A finding of many runs takes one line.
            is_open = not isinstance(item, FoldedFinding)
            self.setExpanded(index, self._chosen.get(item.key, is_open))
        if [one.key for one in rows] != [one.key for one in before]:
            # Not with every record: the user may have widened a column.
            self.fit_columns()
        found = self.findings.find(chosen.key) if chosen else QtCore.QModelIndex()
        while found.isValid() and not self._is_visible(found):
            found = found.parent()
        self._is_chosen_by_user = found.isValid()
        self.setCurrentIndex(found if found.isValid() else self.findings.index(0, 0))
        self._showing = False
        if not rows:
            self.chosen.emit(None)

    def current(self) -> Item | None:
        """The selected item."""
        index = self.currentIndex()
        return self.findings.item(index) if index.isValid() else None

    def fit_columns(self, least: Callable[[int], int] = lambda _column: 0) -> None:
        """Fits columns to their text; the last one takes the remaining width.

        Args:
            least: Returns the smallest width of a column.
        """
        letter = self.fontMetrics().horizontalAdvance("m")
        for column in range(len(COLUMNS) - 1):
            before = least(column)
            self.resizeColumnToContents(column)
            width = min(self.columnWidth(column) + letter, MAX_WIDTH * letter)
            self.setColumnWidth(column, max(width, before))

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

    def choose(self, key: Key) -> None:
        """Selects a row by its key, and expands the rows above it."""
        index = self.findings.find(key)
        if index.isValid():
            self.setCurrentIndex(index)
            self._keep_choice()

    def _is_visible(self, index: QtCore.QModelIndex) -> bool:
        """Whether the rows above an index are expanded."""
        parent = index.parent()
        while parent.isValid():
            if not self.isExpanded(parent):
                return False
            parent = parent.parent()
        return True

    def _remember(self, index: QtCore.QModelIndex, *, expanded: bool) -> None:
        if self._showing:
            return
        self._chosen[self.findings.item(index).key] = expanded
        if expanded:
            # The rows beneath it may be wider.
            self.fit_columns(least=self.columnWidth)

    def _choose(self, index: QtCore.QModelIndex) -> None:
        if index.isValid():
            if not self._showing:
                self._keep_choice()
            self.chosen.emit(self.findings.item(index))

    def _keep_choice(self) -> None:
        """Keeps the selected row when other findings arrive."""
        self._is_chosen_by_user = True

    def _open(self) -> None:
        self._keep_choice()
        item = self.current()
        if item is not None and not isinstance(item, RunChecks):
            self.opened.emit(item.found)
