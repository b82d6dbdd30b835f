"""Filters and sorts the list of runs."""

from functools import lru_cache
from typing import Any

from keras_xavier_gui.qt import ModelIndex, Qt, QtCore
from keras_xavier_gui.run_panel.columns import NAME, STATE
from keras_xavier_gui.run_panel.row_texts import searchable
from keras_xavier_gui.run_panel.tree_model import RunTreeModel
from keras_xavier_gui.run_panel.tree_nodes import FolderNode, Node, RunNode
from keras_xavier_gui.sources.listing import natural

MAX_NAMES = 10_000
"""Names whose sort keys are kept."""
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
        return self._matches(self._runs.node(index)) or (
            not parent.isValid() and index == self._runs.only_folder()
        )

    def _matches(self, node: Node) -> bool:
        """Whether the text of a run contains all words."""
        if not isinstance(node, RunNode):
            return not self.words
        text = searchable(node).casefold() if self.words else ""
        return all(word in text for word in self.words)

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        found = super().data(index, role)
        counts = (STATE, Qt.ItemDataRole.DisplayRole), (NAME, ACCESSIBLE)
        if not self.words or (index.column(), role) not in counts:
            return found
        source = self.mapToSource(index)
        if self._runs.entry(source) is not None:
            return found
        total = len(self._runs.run_paths(source))
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
        first, second = self._sort_key(left), self._sort_key(right)
        fixed = first[:2], second[:2]
        if fixed[0] != fixed[1]:
            ascending = self.sortOrder() == Qt.SortOrder.AscendingOrder
            return (fixed[0] < fixed[1]) is ascending
        return bool(first < second)

    def _sort_key(self, index: ModelIndex) -> tuple[bool, bool, Any, Any]:
        """Sort key of a row. The first two parts hold in either order.

        Folders come first, and missing values last.
        """
        node, value = self._runs.node(index), self._runs.cell(index).sort
        is_folder = isinstance(node, FolderNode) and node.title is None
        name = name_key(node.name)
        return not is_folder, value is None, () if value is None else value, name


@lru_cache(maxsize=MAX_NAMES)
def name_key(name: str) -> tuple[str | int, ...]:
    """Sort key of a name. Sorting asks for each one many times."""
    return natural(name.casefold())
