"""Filters and sorts the list of runs."""

from typing import Any

from keras_xavier_gui.qt import ModelIndex, Qt, QtCore
from keras_xavier_gui.run_panel.tree_model import RunTreeModel
from keras_xavier_gui.run_panel.tree_nodes import NAME, STATE

ACCESSIBLE = Qt.ItemDataRole.AccessibleTextRole


class RunFilter(QtCore.QSortFilterProxyModel):
    """Shows the runs whose text contains all words of the filter.

    Folders show how many of their runs match.
    """

    def __init__(self, runs: RunTreeModel, parent: QtCore.QObject) -> None:
        super().__init__(parent)
        self._runs = runs
        self.words: tuple[str, ...] = ()
        self.setRecursiveFilteringEnabled(True)
        self.setSourceModel(runs)
        self.sort(NAME)

    def set_text(self, text: str) -> None:
        words = tuple(text.casefold().split())
        if hasattr(self, "beginFilterChange"):
            # Qt 6.10 and later.
            self.beginFilterChange()
            self.words = words
            self.endFilterChange()
        else:
            self.words = words
            self.invalidateFilter()

    def filterAcceptsRow(self, row: int, parent: ModelIndex) -> bool:
        index = self._runs.index(row, NAME, parent)
        # The only folder is the root of the view.
        return self._runs.matches(index, self.words) or (
            not parent.isValid() and index == self._runs.only_folder()
        )

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        found = super().data(index, role)
        counts = (STATE, Qt.ItemDataRole.DisplayRole), (NAME, ACCESSIBLE)
        if not self.words or (index.column(), role) not in counts:
            return found
        source = self.mapToSource(index)
        if self._runs.entry(source) is not None:
            return found
        total = self._runs.count(source)
        return found.replace(
            f"{total:,} run", f"{self._count(index):,} of {total:,} run"
        )

    def _count(self, folder: ModelIndex) -> int:
        """Number of matching runs in a folder, at any depth."""
        folder = folder.sibling(folder.row(), NAME)
        rows = [self.index(row, NAME, folder) for row in range(self.rowCount(folder))]
        is_run = [self._runs.entry(self.mapToSource(row)) is not None for row in rows]
        return sum(
            1 if run else self._count(row)
            for row, run in zip(rows, is_run, strict=True)
        )

    def lessThan(self, left: ModelIndex, right: ModelIndex) -> bool:
        first, second = self._runs.sort_key(left), self._runs.sort_key(right)
        if first[0] != second[0]:
            ascending = self.sortOrder() == Qt.SortOrder.AscendingOrder
            return bool(first[0] < second[0]) is ascending
        return bool(first < second)
