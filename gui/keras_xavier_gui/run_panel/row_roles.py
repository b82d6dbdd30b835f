"""The data of a cell for the roles of Qt."""

from typing import Any

from keras_xavier_gui.qt import Qt
from keras_xavier_gui.run_panel.cells import Cell
from keras_xavier_gui.run_panel.columns import FIXED, NAME, NUMBERS, TIPS, Extra
from keras_xavier_gui.run_panel.row_texts import details, spoken
from keras_xavier_gui.run_panel.tree_nodes import FolderNode, Node, RunNode
from keras_xavier_gui.widgets.status_bar import plain

CURVES = Qt.ItemDataRole.UserRole
"""Role of the curves of a cell, a sequence of `Curve`."""
MUTED = Qt.ItemDataRole.UserRole + 1
"""Role of whether the text of a cell is muted."""
BRIEF = Qt.ItemDataRole.UserRole + 2
"""Role of the text to draw if the text of a cell does not fit."""


def cell_data(node: Node, cell: Cell, column: int, role: int) -> Any:
    """Returns the data of a cell; see `QAbstractItemModel.data`."""
    match role:
        case Qt.ItemDataRole.DisplayRole:
            return cell.text
        case Qt.ItemDataRole.DecorationRole:
            return cell.icon
        case Qt.ItemDataRole.TextAlignmentRole:
            return alignment(column)
        case Qt.ItemDataRole.ToolTipRole:
            return plain(cell.tip or tip(node))
        case Qt.ItemDataRole.AccessibleTextRole if column == NAME:
            if isinstance(node, FolderNode):
                kind = "folder" if node.title is None else "group"
                return f"{kind} {node.name}, {node.count_text}"
            return spoken(node) if isinstance(node, RunNode) else None
        case Qt.ItemDataRole.AccessibleDescriptionRole if isinstance(node, RunNode):
            return node.entry.run.reason or ""
    if role == CURVES:
        return cell.curves
    if role == BRIEF:
        return cell.brief
    return cell.is_muted if role == MUTED else None


def header_data(column: int, extras: tuple[Extra, ...], role: int) -> Any:
    """Returns the data of the header of a column."""
    slot = column - len(FIXED)
    match role:
        case Qt.ItemDataRole.DisplayRole:
            if slot < 0:
                return FIXED[column]
            return extras[slot].title if slot < len(extras) else ""
        case Qt.ItemDataRole.TextAlignmentRole:
            return alignment(column)
        case Qt.ItemDataRole.ToolTipRole:
            about = TIPS.get(column, "")
            if 0 <= slot < len(extras):
                about = extras[slot].about
            return f"{about}\n{HINT}".strip()
    return None


HINT = "Click to sort; right-click to choose columns"


def tip(node: Node) -> str:
    """Tooltip of a row."""
    return details(node) if isinstance(node, RunNode) else node.path


def alignment(column: int) -> Qt.AlignmentFlag:
    is_number = column in NUMBERS or column >= len(FIXED)
    side = Qt.AlignmentFlag.AlignRight if is_number else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
