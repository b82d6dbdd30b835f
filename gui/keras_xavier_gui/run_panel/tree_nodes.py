"""The rows of the list of runs: folders and runs, and the texts of their cells."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from keras_xavier.runs import State
from keras_xavier.text import sanitize, shorten, without_shared
from keras_xavier_gui.qt import Qt
from keras_xavier_gui.run_panel.formatting import details
from keras_xavier_gui.sources.listing import Entry
from keras_xavier_gui.widgets.icons import state_icon
from keras_xavier_gui.widgets.status_bar import plain, state_name

COLUMNS = ("Run", "State", "Hyperparameters", "Tags", "Updated", "Records")
NAME, STATE, HYPERPARAMETERS, TAGS, UPDATED, RECORDS = range(len(COLUMNS))
MAX_LABEL_LENGTH = 22
"""Characters of a name, so that there is space for the other columns."""


@dataclass(eq=False, repr=False)
class Node:
    """A row. It stays the same object while its run or folder is listed."""

    identity: int
    path: str
    parent: "FolderNode | None" = None
    label: str = ""

    @property
    def name(self) -> str:
        raise NotImplementedError

    def data(self, column: int, role: int) -> Any:
        """Data of a cell for a role of Qt; see `QAbstractItemModel.data`."""
        raise NotImplementedError


@dataclass(eq=False, repr=False)
class FolderNode(Node):
    """A folder; the root of the tree is a folder without a parent."""

    children: list[Node] = field(default_factory=list)
    count_text: str = ""

    @property
    def name(self) -> str:
        folder = self.path.rstrip("/" + os.sep)
        return sanitize(os.path.basename(folder) or self.path)

    def descendants(self) -> Iterator[Node]:
        """All folders and runs in the folder, at any depth."""
        for child in self.children:
            yield child
            if isinstance(child, FolderNode):
                yield from child.descendants()

    def runs(self) -> Iterator["RunNode"]:
        """All runs in the folder, at any depth."""
        return (node for node in self.descendants() if isinstance(node, RunNode))

    def data(self, column: int, role: int) -> Any:
        match role:
            case Qt.ItemDataRole.DisplayRole if column == NAME:
                return self.label
            case Qt.ItemDataRole.DisplayRole if column == STATE:
                return self.count_text
            case Qt.ItemDataRole.ToolTipRole:
                return plain(self.path)
            case Qt.ItemDataRole.AccessibleTextRole if column == NAME:
                return f"folder {self.name}, {self.count_text}"
        return None


@dataclass(eq=False, repr=False, kw_only=True)
class RunNode(Node):
    """A run."""

    entry: Entry
    age: str = ""
    hyperparameters: str = ""

    @property
    def name(self) -> str:
        return self.entry.run.name if self.entry.folders else self.entry.label

    def text(self, column: int) -> str:
        """Text of a cell."""
        run = self.entry.run
        match column:
            case 0:
                return self.label
            case 1:
                return state_name(run.state, run.reason)
            case 2:
                return self.hyperparameters
            case 3:
                return ", ".join(run.notes.tags)
            case 4:
                return self.age
        return "" if run.state is State.BROKEN else f"{run.records:,}"

    def data(self, column: int, role: int) -> Any:
        run = self.entry.run
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self.text(column)
            case Qt.ItemDataRole.DecorationRole if column == STATE:
                return state_icon(run.state)
            case Qt.ItemDataRole.ToolTipRole:
                return plain(details(self.entry))
            case Qt.ItemDataRole.AccessibleTextRole if column == NAME:
                state = state_name(run.state, run.reason)
                return f"{self.entry.label}, {state}, {run.records} records"
            case Qt.ItemDataRole.AccessibleDescriptionRole:
                return run.reason or ""
        return None


def short_names(nodes: Sequence[Node]) -> list[str]:
    """Names of a folder's rows, without the parts that long names share."""
    names = [node.name for node in nodes if isinstance(node, RunNode)]
    # The view elides names that are still too long.
    run_names = iter(without_shared(names, MAX_LABEL_LENGTH))
    times = Counter(node.name for node in nodes if isinstance(node, FolderNode))
    return [
        next(run_names)
        if isinstance(node, RunNode)
        else node.name
        if times[node.name] == 1
        else shorten(node.path)
        for node in nodes
    ]


def alignment(column: int) -> Qt.AlignmentFlag:
    side = (
        Qt.AlignmentFlag.AlignRight
        if column in (RECORDS, UPDATED)
        else Qt.AlignmentFlag.AlignLeft
    )
    return side | Qt.AlignmentFlag.AlignVCenter
