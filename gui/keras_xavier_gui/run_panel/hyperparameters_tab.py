"""The settings of the chosen runs side by side, those that differ first."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_xavier.text import sanitize
from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets
from keras_xavier_gui.run_panel.formatting import as_text
from keras_xavier_gui.sources.run_cache import Snapshot
from keras_xavier_gui.sources.selection import Selection
from keras_xavier_gui.widgets.message_page import READING
from keras_xavier_gui.widgets.status_bar import plain

if TYPE_CHECKING:
    from keras_xavier.figures import Table

NO_INDEX = QtCore.QModelIndex()
LONGEST = 60
"""Letters of a value in a cell; the whole value is in the tooltip."""


def rows_of(
    runs: Sequence[Mapping[str, Any]], *, only_differences: bool
) -> list[tuple[str, list[str], bool]]:
    """Name, values and whether they differ, of each setting.

    >>> rows_of([{"a": 1, "b": 2}, {"a": 1, "b": 3}], only_differences=True)
    [('b', ['2', '3'], True)]
    """
    names = dict.fromkeys(name for run in runs for name in run)
    rows = []
    for name in names:
        values = [as_text(run[name]) if name in run else "–" for run in runs]
        rows.append((str(name), values, len(set(values)) > 1))
    rows.sort(key=lambda row: not row[2])
    return [row for row in rows if row[2]] if only_differences else rows


class SettingsModel(QtCore.QAbstractTableModel):
    """A row for each setting, a column for each run."""

    def __init__(self, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self.runs: tuple[Snapshot, ...] = ()
        self.rows: list[tuple[str, list[str], bool]] = []

    def show(self, runs: Sequence[Snapshot], *, only_differences: bool) -> bool:
        """Takes over other settings; tells whether there are any."""
        rows = rows_of(
            [run.settings for run in runs], only_differences=only_differences
        )
        shown = self.rows, [run.path for run in self.runs]
        if (rows, [run.path for run in runs]) == shown:
            return False
        self.beginResetModel()
        self.runs, self.rows = tuple(runs), rows
        self.endResetModel()
        return True

    def rowCount(self, parent: QtCore.QModelIndex = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: QtCore.QModelIndex = NO_INDEX) -> int:
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

    def data(
        self, index: QtCore.QModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        name, values, differs = self.rows[index.row()]
        value = values[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return value if len(value) <= LONGEST else f"{value[:LONGEST]}…"
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


class SettingsTab(QtWidgets.QWidget):
    """What the chosen runs were trained with."""

    title = "Settings"
    help = (
        "What each of the chosen runs was trained with. Settings in which they differ "
        "come first, in bold."
    )

    def __init__(self, selection: Selection) -> None:
        super().__init__()
        self._choice = selection
        self.setAccessibleName("Settings")
        self.only_differences = QtWidgets.QCheckBox("Only &differences")
        self.only_differences.setToolTip("Leave out what is the same in all runs")
        self.model = SettingsModel(self)
        self.view = QtWidgets.QTableView()
        self.view.setModel(self.model)
        self.view.setAccessibleName("Settings of the chosen runs")
        self.view.setEditTriggers(
            QtWidgets.QAbstractItemView.EditTrigger.NoEditTriggers
        )
        self.view.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        self.view.setTabKeyNavigation(False)
        self.view.setTextElideMode(Qt.TextElideMode.ElideRight)
        self._message = QtWidgets.QLabel()
        self._message.setTextFormat(Qt.TextFormat.PlainText)
        # Large texts must not widen the window.
        self._message.setWordWrap(True)
        row = QtWidgets.QHBoxLayout()
        row.setContentsMargins(8, 6, 8, 2)
        row.addWidget(self.only_differences)
        row.addWidget(self._message, 1)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.view, 1)
        selection.runs_changed.connect(self._update)
        self.only_differences.toggled.connect(self._update)
        self._update()

    def changeEvent(self, event: QtCore.QEvent) -> None:
        super().changeEvent(event)
        # It comes while the tab is made, too.
        if event.type() == QtCore.QEvent.Type.FontChange and hasattr(self, "view"):
            self.view.resizeColumnsToContents()

    def table(self) -> "Table":
        """What is shown: a row for each setting, a column for each run."""
        # Not before: it brings in matplotlib.
        from keras_xavier.figures import Table

        runs, rows = self.model.runs, self.model.rows
        names = [run.name for run in runs]
        if len({"setting", *names}) <= len(names):
            names = [run.path for run in runs]
        columns = {"setting": np.array([name for name, _, _ in rows], object)}
        for i, name in enumerate(names):
            columns[name] = np.array([values[i] for _, values, _ in rows], object)
        return Table(columns if runs else {})

    def file_name(self) -> str:
        return "settings"

    def _update(self) -> None:
        runs = self._choice.runs
        if self.model.show(runs, only_differences=self.only_differences.isChecked()):
            # Not with every record: the user may have made a column wider.
            self.view.resizeColumnsToContents()
        differing = sum(differs for _, _, differs in self.model.rows)
        text = message(len(runs), differing, len(self.model.rows))
        is_reading = self._choice.is_awaited and not runs
        self._message.setText(READING if is_reading else text)


def message(runs: int, differing: int, rows: int) -> str:
    """What there is to be seen, in words."""
    if not runs:
        return "Choose a run in the list at the left."
    if runs == 1:
        said = "" if rows else "This run says nothing of its settings. "
        return f"{said}Ctrl+click in the list adds runs to compare with."
    if not differing:
        return f"{runs} runs with the same settings"
    what = "setting" if differing == 1 else "settings"
    return f"{runs} runs that differ in {differing} {what}"
