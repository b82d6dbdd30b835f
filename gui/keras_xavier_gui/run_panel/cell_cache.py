"""Keeps the cells of the list of runs until their rows change."""

from collections.abc import Sequence

from keras_xavier_gui.run_panel.cells import Cell, cell
from keras_xavier_gui.run_panel.columns import FIXED, Extra, unique
from keras_xavier_gui.run_panel.tree_nodes import Node


class CellCache:
    """Cells by row and column.

    Attributes:
        extras: The columns after the fixed ones.
    """

    def __init__(self) -> None:
        self.extras: tuple[Extra, ...] = ()
        self._cells: dict[int, dict[int, Cell]] = {}

    def set_extras(self, extras: Sequence[Extra]) -> None:
        """Sets the columns after the fixed ones."""
        self.extras = unique(extras)
        self.clear()

    def cell(self, node: Node, column: int) -> Cell:
        """Returns the content of a cell."""
        known = self._cells.setdefault(node.identity, {})
        if column not in known:
            slot = column - len(FIXED)
            if slot >= len(self.extras):
                return Cell()
            known[column] = cell(node, column if slot < 0 else self.extras[slot])
        return known[column]

    def forget(self, node: Node, first: int, last: int) -> None:
        """Forgets cells of a row that has changed."""
        if known := self._cells.get(node.identity):
            for column in range(first, last + 1):
                known.pop(column, None)

    def clear(self) -> None:
        """Forgets all cells."""
        self._cells.clear()
