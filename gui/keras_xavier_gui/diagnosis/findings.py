"""The list of findings, by severity."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from keras_xavier.diagnosis import Finding
from keras_xavier.diagnosis.finding import BY_SEVERITY
from keras_xavier.diagnosis.reading import listed
from keras_xavier.text import sanitize
from keras_xavier_gui.diagnosis.severity import severity_icon
from keras_xavier_gui.qt import ModelIndex, Qt, QtCore, QtGui, QtWidgets, Signal
from keras_xavier_gui.widgets.status_bar import plain

NO_INDEX = QtCore.QModelIndex()
COLUMNS = ("Severity", "Finding", "Run", "Steps", "Layers")
RUN = COLUMNS.index("Run")
MAX_WIDTH = 36
"""Largest width of a column, in characters; the tooltip shows longer text."""


@dataclass(frozen=True)
class RunFinding:
    """A finding and its run.

    Attributes:
        path: Path of the run.
        run: Name of the run.
        finding: The finding.
    """

    path: str
    run: str
    finding: Finding

    @property
    def key(self) -> tuple[str, str, tuple[str, ...]]:
        """Identity of the finding while the run grows."""
        return self.path, self.finding.name, self.finding.layers

    @property
    def cells(self) -> tuple[str, ...]:
        """Texts of the cells, one for each of `COLUMNS`."""
        return (
            self.finding.severity.capitalize(),
            sanitize(self.finding.title),
            self.run,
            steps_text(self.finding.steps),
            listed(self.finding.layers) if self.finding.layers else "–",
        )


def steps_text(steps: tuple[int, int]) -> str:
    """Formats a range of steps.

    >>> steps_text((3200, 4000)), steps_text((0, 0))
    ('3,200 to 4,000', '0')
    """
    first, last = steps
    return f"{first:,}" if first == last else f"{first:,} to {last:,}"


def by_severity(found: Sequence[RunFinding]) -> list[RunFinding]:
    """Sorts findings by severity, first step and run."""
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
        self.rows: list[RunFinding] = []

    def show(self, rows: list[RunFinding]) -> None:
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: ModelIndex = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: ModelIndex = NO_INDEX) -> int:
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

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
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
    """The list of findings; one is always selected unless it is empty."""

    chosen = Signal(object)
    """The selected `RunFinding`; `None` without findings."""
    opened = Signal(object)
    """The `RunFinding` whose evidence is asked for, by Enter or a double click."""

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
        # Not `activated`, which some desktops emit on each single click.
        self.doubleClicked.connect(lambda _index: self._open())

    def show_found(self, rows: list[RunFinding], *, with_runs: bool) -> None:
        """Shows other findings; the selected one stays selected if it remains."""
        self.setColumnHidden(RUN, not with_runs)
        before = self.findings.rows
        if rows == before:
            return
        chosen = self.current()
        self.findings.show(rows)
        keys = [one.key for one in rows]
        if keys != [one.key for one in before]:
            # Not with every record: the user may have widened a column.
            self.fit_columns()
        row = keys.index(chosen.key) if chosen and chosen.key in keys else 0
        self.setCurrentIndex(self.findings.index(row, 0))
        if not rows:
            self.chosen.emit(None)

    def current(self) -> RunFinding | None:
        """The selected finding."""
        index = self.currentIndex()
        return self.findings.rows[index.row()] if index.isValid() else None

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

    def _choose(self, index: QtCore.QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(self.findings.rows[index.row()])

    def _open(self) -> None:
        if found := self.current():
            self.opened.emit(found)
