"""The list of runs: what is there, how it is doing, which ones are shown."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from keras_xavier.names import shorten_all
from keras_xavier.runs import State
from keras_xavier_gui.icons import state_icon
from keras_xavier_gui.library import Entry, Listing
from keras_xavier_gui.qt import Qt, QtCore, QtWidgets, Signal
from keras_xavier_gui.status import age, first_line, state_name

COLUMNS = ("Run", "State", "Records", "Updated")
NAME, STATE, RECORDS, UPDATED = range(len(COLUMNS))
NARROWEST = 64
NO_INDEX = QtCore.QModelIndex()
LONGEST_LABEL = 19
"""Letters of a name, for which there is room beside what else is told."""
GONE = "The run is no longer there."


@dataclass(frozen=True)
class RunSelection:
    """The chosen runs by path; the one whose layers are shown comes first."""

    paths: tuple[str, ...]


class RunListModel(QtCore.QAbstractTableModel):
    """The runs that were found. Rows keep their identity when more is known."""

    def __init__(self, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []
        self._labels: list[str] = []

    def update(self, listing: Listing) -> None:
        """Takes over what was found; a run that vanished stays, marked as such."""
        found = {entry.run.path: entry for entry in listing.entries}
        for row, entry in enumerate(self.entries):
            fresh = found.pop(entry.run.path, None) or gone(entry)
            if fresh != entry:
                self.entries[row] = replace(fresh, order=entry.order)
                self.dataChanged.emit(self.index(row, 0), self.index(row, UPDATED))
        for entry in found.values():
            row = sum(one.order < entry.order for one in self.entries)
            self.beginInsertRows(NO_INDEX, row, row)
            self.entries.insert(row, entry)
            self.endInsertRows()
        self._make_labels()

    def _make_labels(self) -> None:
        """Leaves out of long names what all have in common."""
        before = self._labels
        full = [entry.label for entry in self.entries]
        self._labels = shorten_all(full, LONGEST_LABEL)
        if self._labels != before and self.entries:
            last = len(self.entries) - 1
            self.dataChanged.emit(self.index(0, NAME), self.index(last, NAME))

    def drop_gone(self) -> None:
        """Takes runs that vanished off the list."""
        for row in reversed(range(len(self.entries))):
            if self.entries[row].run.reason == GONE:
                self.beginRemoveRows(NO_INDEX, row, row)
                del self.entries[row]
                self.endRemoveRows()
        self._make_labels()

    def show_ages(self) -> None:
        """Has the ages shown as they are now."""
        if self.entries:
            last = len(self.entries) - 1
            self.dataChanged.emit(
                self.index(0, UPDATED),
                self.index(last, UPDATED),
                [Qt.ItemDataRole.DisplayRole],
            )

    def row_of(self, path: str) -> int | None:
        rows = (i for i, one in enumerate(self.entries) if one.run.path == path)
        return next(rows, None)

    def rowCount(self, parent: QtCore.QModelIndex = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.entries)

    def columnCount(self, parent: QtCore.QModelIndex = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return COLUMNS[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return alignment(section)
        return None

    def data(
        self, index: QtCore.QModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        entry, column = self.entries[index.row()], index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole if column == NAME:
                known = index.row() < len(self._labels)
                return self._labels[index.row()] if known else entry.label
            case Qt.ItemDataRole.DisplayRole:
                return text(entry, column, time.time())
            case Qt.ItemDataRole.DecorationRole if column == STATE:
                return state_icon(entry.run.state)
            case Qt.ItemDataRole.TextAlignmentRole:
                return alignment(column)
            case Qt.ItemDataRole.ToolTipRole:
                return details(entry)
            case Qt.ItemDataRole.AccessibleTextRole if column == NAME:
                state = state_name(entry.run.state, entry.run.reason)
                return f"{entry.label}, {state}, {entry.run.records} records"
            case Qt.ItemDataRole.AccessibleDescriptionRole:
                return entry.run.reason or ""
        return None


class RunList(QtWidgets.QTreeView):
    """Shows the runs; several can be chosen with Ctrl and Shift."""

    chosen = Signal(object)
    """A `RunSelection`."""

    def __init__(self, model: RunListModel) -> None:
        super().__init__()
        self._runs = model
        self.setModel(model)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setAccessibleName("Runs")
        self.setSelectionMode(
            QtWidgets.QAbstractItemView.SelectionMode.ExtendedSelection
        )
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        header = self.header()
        header.setStretchLastSection(False)
        modes = QtWidgets.QHeaderView.ResizeMode
        header.setSectionResizeMode(NAME, modes.Stretch)
        for column in (STATE, RECORDS, UPDATED):
            header.setSectionResizeMode(column, modes.ResizeToContents)
        header.setSectionsMovable(False)
        header.setMinimumSectionSize(NARROWEST)
        self._chosen = RunSelection(())
        self.selectionModel().selectionChanged.connect(self._report)
        self.selectionModel().currentChanged.connect(self._report)

    def choose(self, path: str) -> None:
        """Chooses one run."""
        row = self._runs.row_of(path)
        if row is not None:
            flags = QtCore.QItemSelectionModel.SelectionFlag
            self.selectionModel().setCurrentIndex(
                self._runs.index(row, NAME), flags.ClearAndSelect | flags.Rows
            )

    def selection(self) -> RunSelection:
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        paths = [self._runs.entries[row].run.path for row in rows]
        current = self.currentIndex()
        if current.isValid() and current.row() in rows:
            first = self._runs.entries[current.row()].run.path
            paths = [first, *(path for path in paths if path != first)]
        return RunSelection(tuple(paths))

    def _report(self) -> None:
        selection = self.selection()
        if selection != self._chosen:
            self._chosen = selection
            self.chosen.emit(selection)


def most_interesting(entries: Iterable[Entry]) -> Entry | None:
    """The run to show first: a live one, else the one written last."""

    def interest(entry: Entry) -> tuple[bool, bool, float]:
        run = entry.run
        return run.state is State.RUNNING, run.state is not State.BROKEN, run.updated

    return max(entries, key=interest, default=None)


def gone(entry: Entry) -> Entry:
    return replace(entry, run=replace(entry.run, state=State.BROKEN, reason=GONE))


def text(entry: Entry, column: int, now: float) -> str:
    run = entry.run
    match column:
        case 1:
            return state_name(run.state, run.reason)
        case 2:
            return "" if run.state is State.BROKEN else f"{run.records:,}"
    return age(now - run.updated) if run.updated else ""


def details(entry: Entry) -> str:
    """All that is known, for the tooltip."""
    run = entry.run
    lines = [run.path, state_name(run.state, run.reason)]
    if run.reason:
        lines[1] += f": {first_line(run.reason)}"
    lines += [f"{name}: {value}" for name, value in run.hyperparameters.items()]
    return "\n".join(lines)


def alignment(column: int) -> int:
    side = (
        Qt.AlignmentFlag.AlignRight
        if column in (RECORDS, UPDATED)
        else Qt.AlignmentFlag.AlignLeft
    )
    return int(side | Qt.AlignmentFlag.AlignVCenter)
