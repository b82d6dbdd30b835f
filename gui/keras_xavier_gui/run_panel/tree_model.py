"""Folders and the runs in them, as a model for the list of runs."""

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from keras_xavier.runs import State
from keras_xavier.text import sanitize, shorten, without_shared
from keras_xavier_gui.qt import Qt, QtCore
from keras_xavier_gui.run_panel.formatting import differences, in_short
from keras_xavier_gui.run_panel.run_texts import details, searchable
from keras_xavier_gui.sources.run_cache import Entry, Listing, natural
from keras_xavier_gui.widgets.icons import state_icon
from keras_xavier_gui.widgets.status_bar import age, plain, state_name

COLUMNS = ("Run", "State", "Settings", "Tags", "Updated", "Records")
NAME, STATE, SETTINGS, TAGS, UPDATED, RECORDS = range(len(COLUMNS))
NO_INDEX = QtCore.QModelIndex()
LONGEST_LABEL = 22
"""Letters of a name, for which there is room beside what else is told."""
GONE = "The run is no longer there."


@dataclass(eq=False, repr=False)
class Node:
    """A row: a folder, or a run. It is the same as long as the run is listed."""

    identity: int
    path: str
    parent: "Node | None" = None
    entry: Entry | None = None
    label: str = ""
    age: str = ""
    settings: str = ""
    children: list["Node"] = field(default_factory=list)

    @property
    def name(self) -> str:
        if self.entry is None:
            folder = self.path.rstrip("/" + os.sep)
            return sanitize(os.path.basename(folder) or self.path)
        return self.entry.run.name if self.entry.folders else self.entry.label

    def inside(self) -> Iterator["Node"]:
        """All folders and runs in a folder, at every depth."""
        for child in self.children:
            yield child
            yield from child.inside()

    def runs(self) -> Iterator["Node"]:
        """The runs in a folder and the folders inside of it."""
        return (node for node in self.inside() if node.entry)


class RunTreeModel(QtCore.QAbstractItemModel):
    """The runs that were found. Rows keep their identity when more is known."""

    def __init__(self, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self._root = Node(0, "")
        # Views hold numbers of rows, never rows: what was removed is not met again.
        self._nodes: dict[int, Node] = {0: self._root}
        self._runs: dict[str, Node] = {}
        self._last = 0
        self._settings: dict[str, Mapping[str, Any]] = {}
        # Why records of runs cannot be read, and when these were written.
        self._damaged: dict[str, tuple[str, float]] = {}

    # What is there

    @property
    def entries(self) -> list[Entry]:
        """All runs, in the order in which they were opened and found."""
        entries = [node.entry for node in self._root.runs() if node.entry]
        return sorted(entries, key=lambda entry: entry.order)

    def entry(self, index: QtCore.QModelIndex) -> Entry | None:
        """The run of a row, `None` for a folder."""
        return self._node(index).entry

    def path(self, index: QtCore.QModelIndex) -> str:
        """Path of the folder or run of a row."""
        return self._node(index).path

    def count(self, folder: QtCore.QModelIndex) -> int:
        """How many runs there are in a folder, at every depth."""
        return sum(1 for _ in self._node(folder).runs())

    def find(self, path: str) -> QtCore.QModelIndex:
        """The row of a run; an invalid one if it is not listed."""
        node = self._runs.get(path)
        return self._index(node) if node else QtCore.QModelIndex()

    def only_folder(self) -> QtCore.QModelIndex:
        """The row of the opened folder, if there is nothing beside it."""
        rows = self._root.children
        if len(rows) == 1 and rows[0].entry is None:
            return self._index(rows[0])
        return QtCore.QModelIndex()

    def matches(self, index: QtCore.QModelIndex, words: Sequence[str]) -> bool:
        """Whether a run has all words, in small letters, in what is known of it."""
        entry = self._node(index).entry
        if entry is None:
            return not words
        known = searchable(entry).casefold() if words else ""
        return all(word in known for word in words)

    def sort_key(self, index: QtCore.QModelIndex) -> tuple[Any, ...]:
        """What rows are sorted by: folders first, names by their numbers."""
        node = self._node(index)
        name = natural(node.name.casefold())
        if node.entry is None:
            return False, name
        run = node.entry.run
        match index.column():
            case 1:
                return True, state_name(run.state, run.reason), name
            case 2:
                return True, natural(node.settings), name
            case 3:
                return True, run.notes.tags, name
            case 4:
                # By age: the latest first.
                return True, -run.updated, name
            case 5:
                return True, run.records, name
        return True, name

    # What changes

    def update(self, listing: Listing) -> None:
        """Takes over what was found; a run that vanished stays, marked as such."""
        found = {entry.run.path: self._judge(entry) for entry in listing.entries}
        for node in list(self._root.runs()):
            fresh = found.get(node.path) or gone(node.entry)
            if fresh.folders != node.entry.folders:
                self._remove(node)
                continue
            found.pop(node.path, None)
            if fresh != node.entry:
                node.entry = fresh
                self._tell(node)
        for folders, entries in groupby(found.values(), lambda entry: entry.folders):
            added = [self._make(entry.run.path, entry) for entry in entries]
            self._insert(self._folder(folders), added)
        self._describe()

    def mark_damaged(self, reasons: Mapping[str, str]) -> None:
        """Marks runs as broken that can be opened, but not read.

        The mark stays until they are written to, or `forget_damage`.
        """
        for path, reason in reasons.items():
            node = self._runs.get(path)
            if node and node.entry.run.state is not State.BROKEN:
                self._damaged[path] = reason, node.entry.run.updated
                node.entry = self._judge(node.entry)
                self._tell(node)

    def forget_damage(self) -> None:
        """Takes runs for sound again, until they are read anew."""
        self._damaged.clear()

    def _judge(self, entry: Entry) -> Entry:
        """The run as broken if it is known to be so."""
        run = entry.run
        reason, updated = self._damaged.get(run.path, ("", 0.0))
        if not reason or updated != run.updated or run.state is State.BROKEN:
            return entry
        return replace(entry, run=replace(run, state=State.BROKEN, reason=reason))

    def rename(self, old: str, new: str, name: str) -> None:
        """Follows a run to its new path; its row stays the same."""
        # Perhaps it was found there already.
        self.drop([new])
        index = self.find(old)
        if index.isValid():
            node = self._node(index)
            run = replace(node.entry.run, path=new, name=name)
            label = os.path.join(os.path.dirname(node.entry.label), name)
            node.path = new
            self._runs[new] = self._runs.pop(old)
            node.entry = replace(node.entry, run=run, label=label)
            self._tell(node)
            self._describe()

    def drop(self, paths: Sequence[str]) -> None:
        """Takes runs off the list, and the folders that become empty."""
        self._drop([node for node in self._root.runs() if node.path in paths])

    def drop_gone(self) -> None:
        """Takes runs that vanished off the list."""
        runs = self._root.runs()
        self._drop([node for node in runs if node.entry.run.reason == GONE])

    def drop_source(self, source: str) -> None:
        """Takes an opened folder or run off the list."""
        for node in list(self._root.children):
            if node.path == source:
                self._remove(node)
        self._describe()

    def show_ages(self) -> None:
        """Has the ages shown as they are now."""
        now = time.time()
        for node in self._root.runs():
            updated = node.entry.run.updated
            text = age(now - updated) if updated else ""
            if text != node.age:
                node.age = text
                self._tell(node, UPDATED, UPDATED)

    def _drop(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            while node.parent and node.parent.parent and len(node.parent.children) == 1:
                node = node.parent
            self._remove(node)
        self._describe()

    def _folder(self, paths: Sequence[str]) -> Node:
        """The row of a folder, which is made if it is not there."""
        node = self._root
        for path in paths:
            inner = (one for one in node.children if one.path == path and not one.entry)
            known = next(inner, None)
            if known is None:
                known = self._make(path)
                self._insert(node, [known])
            node = known
        return node

    def _make(self, path: str, entry: Entry | None = None) -> Node:
        self._last += 1
        node = self._nodes[self._last] = Node(self._last, path, entry=entry)
        node.label = node.name
        return node

    def _insert(self, parent: Node, nodes: Sequence[Node]) -> None:
        """Adds rows, all at once: with a thousand runs, that is what takes time."""
        row = len(parent.children)
        self.beginInsertRows(self._index(parent), row, row + len(nodes) - 1)
        for node in nodes:
            node.parent = parent
            parent.children.append(node)
            if node.entry:
                self._runs[node.path] = node
        self.endInsertRows()

    def _remove(self, node: Node) -> None:
        row = node.parent.children.index(node)
        self.beginRemoveRows(self._index(node.parent), row, row)
        del node.parent.children[row]
        removed = (node, *node.inside())
        for one in removed:
            self._runs.pop(one.path, None)
        self.endRemoveRows()
        for one in removed:
            del self._nodes[one.identity]

    def _describe(self) -> None:
        """Makes the texts that depend on all runs: short names, differences."""
        runs = list(self._root.runs())
        settings = {node.path: node.entry.run.hyperparameters for node in runs}
        if settings != self._settings:
            self._settings = settings
            differing = differences(settings)
            for node in runs:
                text = in_short(differing[node.path])
                if text != node.settings:
                    node.settings = text
                    self._tell(node, SETTINGS, SETTINGS)
        for parent in list(self._nodes.values()):
            if parent.entry is None:
                labels = short_names(parent.children)
                for node, label in zip(parent.children, labels, strict=True):
                    if label != node.label:
                        node.label = label
                        self._tell(node, NAME, NAME)
                if parent.parent:
                    self._count(parent)
        self.show_ages()

    def _count(self, folder: Node) -> None:
        count = sum(1 for _ in folder.runs())
        text = "1 run" if count == 1 else f"{count:,} runs"
        if text != folder.settings:
            folder.settings = text
            self._tell(folder, STATE, STATE)

    def _tell(self, node: Node, first: int = NAME, last: int = RECORDS) -> None:
        self.dataChanged.emit(self._index(node, first), self._index(node, last))

    # What Qt asks for

    def _node(self, index: QtCore.QModelIndex) -> Node:
        return self._nodes[index.internalId() if index.isValid() else 0]

    def _index(self, node: Node, column: int = NAME) -> QtCore.QModelIndex:
        if node.parent is None:
            return QtCore.QModelIndex()
        row = node.parent.children.index(node)
        return self.createIndex(row, column, node.identity)

    def index(
        self, row: int, column: int, parent: QtCore.QModelIndex = NO_INDEX
    ) -> QtCore.QModelIndex:
        if not self.hasIndex(row, column, parent):
            return QtCore.QModelIndex()
        node = self._node(parent).children[row]
        return self.createIndex(row, column, node.identity)

    def parent(self, index: QtCore.QModelIndex | None = None) -> Any:
        if index is None:
            return super().parent()
        node = self._nodes.get(index.internalId()) if index.isValid() else None
        return self._index(node.parent) if node else QtCore.QModelIndex()

    def rowCount(self, parent: QtCore.QModelIndex = NO_INDEX) -> int:
        return 0 if parent.column() > 0 else len(self._node(parent).children)

    def columnCount(self, parent: QtCore.QModelIndex = NO_INDEX) -> int:
        return len(COLUMNS)

    def flags(self, index: QtCore.QModelIndex) -> Qt.ItemFlag:
        flags = super().flags(index)
        if index.isValid() and self.entry(index) is None:
            # A folder can be walked over, and is never what is chosen.
            return flags & ~Qt.ItemFlag.ItemIsSelectable
        return flags

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
        if not index.isValid():
            return None
        node, column = self._node(index), index.column()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return alignment(column)
        if node.entry is None:
            return folder_data(node, column, role)
        run = node.entry.run
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return text(node, column)
            case Qt.ItemDataRole.DecorationRole if column == STATE:
                return state_icon(run.state)
            case Qt.ItemDataRole.ToolTipRole:
                return plain(details(node.entry))
            case Qt.ItemDataRole.AccessibleTextRole if column == NAME:
                state = state_name(run.state, run.reason)
                return f"{node.entry.label}, {state}, {run.records} records"
            case Qt.ItemDataRole.AccessibleDescriptionRole:
                return run.reason or ""
        return None


def gone(entry: Entry) -> Entry:
    return replace(entry, run=replace(entry.run, state=State.BROKEN, reason=GONE))


def short_names(nodes: Sequence[Node]) -> list[str]:
    """Names of the rows of a folder, without what the long ones have in common."""
    names = [node.name for node in nodes if node.entry]
    # What is too long even so, the list shortens to the width of its column.
    of_runs = iter(without_shared(names, LONGEST_LABEL))
    times = Counter(node.name for node in nodes if not node.entry)
    return [
        next(of_runs)
        if node.entry
        else node.name
        if times[node.name] == 1
        else shorten(node.path)
        for node in nodes
    ]


def text(node: Node, column: int) -> str:
    run = node.entry.run
    match column:
        case 0:
            return node.label
        case 1:
            return state_name(run.state, run.reason)
        case 2:
            return node.settings
        case 3:
            return ", ".join(run.notes.tags)
        case 4:
            return node.age
    return "" if run.state is State.BROKEN else f"{run.records:,}"


def folder_data(node: Node, column: int, role: int) -> Any:
    match role:
        case Qt.ItemDataRole.DisplayRole if column == NAME:
            return node.label
        case Qt.ItemDataRole.DisplayRole if column == STATE:
            return node.settings
        case Qt.ItemDataRole.ToolTipRole:
            return plain(node.path)
        case Qt.ItemDataRole.AccessibleTextRole if column == NAME:
            return f"folder {node.name}, {node.settings}"
    return None


def alignment(column: int) -> Qt.AlignmentFlag:
    side = (
        Qt.AlignmentFlag.AlignRight
        if column in (RECORDS, UPDATED)
        else Qt.AlignmentFlag.AlignLeft
    )
    return side | Qt.AlignmentFlag.AlignVCenter
