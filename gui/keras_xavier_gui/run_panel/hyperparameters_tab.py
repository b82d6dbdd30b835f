"""The Hyperparameters tab: the selected runs side by side."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_xavier.text import sanitize
from keras_xavier_gui.context import AppContext
from keras_xavier_gui.qt import ModelIndex, Qt, QtCore, QtGui, QtWidgets
from keras_xavier_gui.run_panel.formatting import displayed
from keras_xavier_gui.run_panel.settings import is_generated
from keras_xavier_gui.sources.run_cache import Snapshot
from keras_xavier_gui.tab import Tab
from keras_xavier_gui.widgets.message_page import READING
from keras_xavier_gui.widgets.status_bar import plain

if TYPE_CHECKING:
    from keras_xavier.figures import Table

NO_INDEX = QtCore.QModelIndex()
MAX_LENGTH = 60
"""Characters of a value in a cell; the tooltip shows the whole value."""


def rows_of(
    runs: Sequence[Mapping[str, Any]], *, only_differences: bool
) -> list[tuple[str, list[str], bool]]:
    """Name, values and whether they differ, for each hyperparameter.

    >>> rows_of([{"a": 1, "b": 2}, {"a": 1, "b": 3}], only_differences=True)
    [('b', ['2', '3'], True)]
    """
    names = dict.fromkeys(name for run in runs for name in run)
    rows = []
    for name in names:
        values = [displayed(run[name]) if name in run else "–" for run in runs]
        rows.append((str(name), values, len(set(values)) > 1))
    rows.sort(key=lambda row: not row[2])
    return [row for row in rows if row[2]] if only_differences else rows


def rest(run: Snapshot) -> dict[str, Any]:
    """Returns the recorded configuration that the hyperparameters do not contain.

    Without the names that Keras makes up, such as `sequential_1`.
    """
    given = run.hyperparameters
    return {
        name: one
        for name, one in run.configuration.items()
        if name not in given and not is_generated(name)
    }


class HyperparametersModel(QtCore.QAbstractTableModel):
    """A row for each hyperparameter, a column for each run."""

    def __init__(self, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self.runs: tuple[Snapshot, ...] = ()
        self.rows: list[tuple[str, list[str], bool]] = []

    def show(self, runs: Sequence[Snapshot], *, only_differences: bool) -> bool:
        """Shows the hyperparameters of runs; returns whether the table changed."""
        # What the user gives comes first, and has precedence.
        values = [{**run.hyperparameters, **rest(run)} for run in runs]
        rows = rows_of(values, only_differences=only_differences)
        shown = self.rows, [run.path for run in self.runs]
        if (rows, [run.path for run in runs]) == shown:
            return False
        self.beginResetModel()
        self.runs, self.rows = tuple(runs), rows
        self.endResetModel()
        return True

    def rowCount(self, parent: ModelIndex = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: ModelIndex = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.runs)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if orientation == Qt.Orientation.Horizontal:
            return self.runs[section].name
        return sanitize(self.rows[section][0].replace("_", " "))

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        name, values, differs = self.rows[index.row()]
        value = values[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return value if len(value) <= MAX_LENGTH else f"{value[:MAX_LENGTH]}…"
            case Qt.ItemDataRole.ToolTipRole:
                return plain(value)
            case Qt.ItemDataRole.AccessibleTextRole:
                run = self.runs[index.column()].name
                return f"{name} of {run}: {value}{', differs' if differs else ''}"
            case Qt.ItemDataRole.FontRole if differs:
                font = QtGui.QFont()
                font.setBold(True)
                return font
        return None


class HyperparametersTab(Tab):
    """The hyperparameters of the selected runs, differences first."""

    help = (
        "The hyperparameters with which each of the selected runs was trained, and "
        "the recorded configuration: optimizer, loss, batch size, model, device. "
        "Hyperparameters in which the runs differ come first, in bold."
    )

    def __init__(self, context: AppContext) -> None:
        super().__init__(context, "Hyperparameters")
        self._selection = context.selection
        self.only_differences = QtWidgets.QCheckBox("Only &differences")
        self.only_differences.setToolTip("Hide hyperparameters that all runs share")
        self.model = HyperparametersModel(self)
        self.view = QtWidgets.QTableView()
        self.view.setModel(self.model)
        self.view.setAccessibleName("Hyperparameters of the selected runs")
        self.view.setEditTriggers(
            QtWidgets.QAbstractItemView.EditTrigger.NoEditTriggers
        )
        self.view.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        self.view.setTabKeyNavigation(False)
        self.view.setTextElideMode(Qt.TextElideMode.ElideRight)
        self._message = QtWidgets.QLabel()
        self._message.setTextFormat(Qt.TextFormat.PlainText)
        # Large text must not widen the window.
        self._message.setWordWrap(True)
        row = QtWidgets.QHBoxLayout()
        row.setContentsMargins(8, 6, 8, 2)
        row.addWidget(self.only_differences)
        row.addWidget(self._message, 1)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.view, 1)
        self._selection.runs_changed.connect(self._update)
        self.only_differences.toggled.connect(self._update)
        self._update()

    def changeEvent(self, event: QtCore.QEvent) -> None:
        super().changeEvent(event)
        # The event also comes during construction.
        if event.type() == QtCore.QEvent.Type.FontChange and hasattr(self, "view"):
            self.view.resizeColumnsToContents()

    def table(self) -> "Table":
        """A row for each hyperparameter, a column for each run."""
        # Not before: it imports matplotlib.
        from keras_xavier.figures import Table

        runs, rows = self.model.runs, self.model.rows
        names = [run.name for run in runs]
        if len({"hyperparameter", *names}) <= len(names):
            names = [run.path for run in runs]
        columns = {"hyperparameter": np.array([name for name, _, _ in rows], object)}
        for i, name in enumerate(names):
            columns[name] = np.array([values[i] for _, values, _ in rows], object)
        return Table(columns if runs else {})

    def file_name(self) -> str:
        return "hyperparameters"

    def _update(self) -> None:
        runs = self._selection.all_runs
        if self.model.show(runs, only_differences=self.only_differences.isChecked()):
            # Not with every record: the user may have widened a column.
            self.view.resizeColumnsToContents()
        differing = sum(differs for _, _, differs in self.model.rows)
        text = summary(len(runs), differing, len(self.model.rows))
        is_reading = self._selection.is_awaited and not runs
        self._message.setText(READING if is_reading else text)


def summary(runs: int, differing: int, rows: int) -> str:
    """One line about the table.

    Args:
        runs: Number of selected runs.
        differing: Number of hyperparameters in which they differ.
        rows: Number of rows of the table.
    """
    if not runs:
        return "Select a run in the list on the left."
    if runs == 1:
        missing = "" if rows else "No hyperparameters were recorded for this run. "
        return f"{missing}Ctrl+click other runs in the list to compare them."
    if not differing:
        return f"{runs} runs with the same hyperparameters"
    noun = "hyperparameter" if differing == 1 else "hyperparameters"
    return f"{runs} runs that differ in {differing} {noun}"
