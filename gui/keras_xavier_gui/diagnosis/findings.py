"""The list of findings, the gravest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from keras_xavier.diagnosis import Finding
from keras_xavier.diagnosis.finding import BY_SEVERITY
from keras_xavier.diagnosis.reading import listed
from keras_xavier.text import sanitize
from keras_xavier_gui.diagnosis.severity import severity_icon
from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets, Signal
from keras_xavier_gui.widgets.status_bar import plain

NO_INDEX = QtCore.QModelIndex()
COLUMNS = ("Severity", "Finding", "Run", "Steps", "Layers")
RUN = COLUMNS.index("Run")
WIDEST = 36
"""Of a column, in letters m; a longer text is in the tooltip."""


@dataclass(frozen=True)
class Found:
    """A finding, and where it was made.

    Attributes:
        path: Of the run.
        run: Name of the run.
        finding: What is wrong with it.
    """

    path: str
    run: str
    finding: Finding

    @property
    def key(self) -> tuple[str, str, tuple[str, ...]]:
        """What stays the same while the run grows."""
        return self.path, self.finding.name, self.finding.layers

    @property
    def cells(self) -> tuple[str, ...]:
        """What is told of it in each of `COLUMNS`."""
        return (
            self.finding.severity.capitalize(),
            sanitize(self.finding.title),
            self.run,
            steps_text(self.finding.steps),
            listed(self.finding.layers) if self.finding.layers else "–",
        )


def steps_text(steps: tuple[int, int]) -> str:
    """From which step to which.

    >>> steps_text((3200, 4000)), steps_text((0, 0))
    ('3,200 to 4,000', '0')
    """
    first, last = steps
    return f"{first:,}" if first == last else f"{first:,} to {last:,}"


def in_order(found: Sequence[Found]) -> list[Found]:
    """The gravest first, then by the step where they begin, then by run."""
    return sorted(
        found,
        key=lambda one: (
            BY_SEVERITY.index(one.finding.severity),
            one.finding.steps[0],
            one.path,
        ),
    )


class FindingsModel(QtCore.QAbstractTableModel):
    """A row for each finding."""

    def __init__(self, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Found] = []

    def show(self, rows: list[Found]) -> None:
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: QtCore.QModelIndex = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: QtCore.QModelIndex = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        return None

    def data(
        self, index: QtCore.QModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        row, column = self.rows[index.row()], index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return row.cells[column]
            case Qt.ItemDataRole.DecorationRole if column == 0:
                return severity_icon(row.finding.severity)
            case Qt.ItemDataRole.ToolTipRole if COLUMNS[column] == "Layers":
                return plain("\n".join(map(sanitize, row.finding.layers)))
            case Qt.ItemDataRole.ToolTipRole:
                return plain(row.cells[column])
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{COLUMNS[column]}: {row.cells[column]}"
        return None


class FindingsView(QtWidgets.QTreeView):
    """The findings; one of them is chosen as long as there is any."""

    chosen = Signal(object)
    """The `Found` at the cursor, `None` without any."""
    opened = Signal(object)
    """The `Found` whose evidence is asked for, by Enter or a double click."""

    def __init__(self) -> None:
        super().__init__()
        self.findings = FindingsModel(self)
        self.setModel(self.findings)
        self.setAccessibleName("Findings")
        self.setRootIsDecorated(False)
        self.setItemsExpandable(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        self.selectionModel().currentChanged.connect(self._choose)
        # Not `activated`: where one click opens files, it would come with each.
        self.doubleClicked.connect(lambda _index: self._open())

    def show_found(self, rows: list[Found], *, with_runs: bool) -> None:
        """Shows other findings; the same one stays chosen if it is still there."""
        self.setColumnHidden(RUN, not with_runs)
        before = self.findings.rows
        if rows == before:
            return
        chosen = self.current()
        self.findings.show(rows)
        keys = [one.key for one in rows]
        if keys != [one.key for one in before]:
            # Not with every record: the user may have made a column wider.
            self.fit_columns()
        row = keys.index(chosen.key) if chosen and chosen.key in keys else 0
        self.setCurrentIndex(self.findings.index(row, 0))
        if not rows:
            self.chosen.emit(None)

    def current(self) -> Found | None:
        index = self.currentIndex()
        return self.findings.rows[index.row()] if index.isValid() else None

    def fit_columns(self) -> None:
        """Gives each column the room it needs; the last one takes what is left."""
        letter = self.fontMetrics().horizontalAdvance("m")
        for column in range(len(COLUMNS) - 1):
            self.resizeColumnToContents(column)
            width = self.columnWidth(column) + letter
            self.setColumnWidth(column, min(width, WIDEST * letter))

    def changeEvent(self, event: QtCore.QEvent) -> None:
        super().changeEvent(event)
        # It comes while the view is made, too.
        if event.type() == QtCore.QEvent.Type.FontChange and hasattr(self, "findings"):
            self.fit_columns()

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open()
        else:
            super().keyPressEvent(event)

    def _choose(self, index: QtCore.QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(self.findings.rows[index.row()])

    def _open(self) -> None:
        if found := self.current():
            self.opened.emit(found)
