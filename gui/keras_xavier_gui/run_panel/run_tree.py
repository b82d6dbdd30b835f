"""The tree of folders, groups and runs behind the list of runs. No Qt."""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from keras_xavier_gui.run_panel.grouping import (
    Grouping,
    Rows,
    finding_rows,
    settings_rows,
    settings_titles,
    without_single,
)
from keras_xavier_gui.run_panel.tree_nodes import FolderNode, Node, RunNode
from keras_xavier_gui.sources.listing import Entry


class RunTree:
    """Rows by identity. Views hold identities, which are never used again.

    Attributes:
        root: The root, a folder without a parent.
        grouping: What the runs are listed by.
    """

    def __init__(self) -> None:
        self.root = FolderNode(0, "")
        self.grouping = Grouping.FOLDER
        self._nodes: dict[int, Node] = {0: self.root}
        self._runs: dict[str, RunNode] = {}
        self._last = 0

    def find(self, identity: int) -> Node | None:
        """The row with an identity; `None` if it has been removed."""
        return self._nodes.get(identity)

    def run(self, path: str) -> RunNode | None:
        """The run at a path."""
        return self._runs.get(path)

    def runs(self) -> Iterator[RunNode]:
        """All runs, from top to bottom."""
        return self.root.runs()

    def folders(self) -> list[FolderNode]:
        """All folders and groups, and the root."""
        return [one for one in self._nodes.values() if isinstance(one, FolderNode)]

    # Places

    def places(self) -> dict[str, Rows]:
        """Returns the rows that should be above each run, by its path."""
        match self.grouping:
            case Grouping.FOLDER:
                return {path: one.entry.folders for path, one in self._runs.items()}
            case Grouping.FINDING:
                return {path: finding_rows(one) for path, one in self._runs.items()}
            case Grouping.HYPERPARAMETERS:
                keys = {path: settings_rows(one) for path, one in self._runs.items()}
                return without_single(keys)

    def titles(self, places: Mapping[str, Rows]) -> dict[str, str]:
        """Returns the titles of the groups among some rows, by key."""
        match self.grouping:
            case Grouping.FOLDER:
                return {}
            case Grouping.FINDING:
                return {row: row for rows in places.values() for row in rows}
            case Grouping.HYPERPARAMETERS:
                settings = {path: self._runs[path].settings for path in places}
                return settings_titles(places, settings)

    def folders_above(self, node: Node) -> Iterator[FolderNode]:
        """Yields the folders or groups above a row, from the innermost one up."""
        parent = node.parent
        while parent is not None and parent.parent is not None:
            yield parent
            parent = parent.parent

    def rows_above(self, node: Node) -> Rows:
        """Returns the keys of the rows that are above a row, from the top down."""
        return tuple(one.path for one in self.folders_above(node))[::-1]

    def innermost(self, rows: Rows) -> tuple[FolderNode, Rows]:
        """Follows rows from the root as far as they exist.

        Returns:
            The innermost existing row, and the keys of the missing rows.
        """
        node, is_group = self.root, self.grouping is not Grouping.FOLDER
        for depth, key in enumerate(rows):
            inner = (
                one
                for one in node.children
                if isinstance(one, FolderNode)
                and one.path == key
                and (one.title is not None) is is_group
            )
            if (known := next(inner, None)) is None:
                return node, rows[depth:]
            node = known
        return node, ()

    # Changes

    def new_run(self, entry: Entry) -> RunNode:
        """Creates the row of a run, without a place."""
        node = RunNode(self._next_identity(), entry.run.path, entry=entry)
        self._nodes[node.identity] = self._runs[node.path] = node
        return node

    def new_folder(self, key: str) -> FolderNode:
        """Creates the row of a folder or a group, without a place."""
        title = None if self.grouping is Grouping.FOLDER else ""
        node = FolderNode(
            self._next_identity(),
            key,
            title=title,
            is_averaged=self.grouping is Grouping.HYPERPARAMETERS,
        )
        self._nodes[node.identity] = node
        node.label = node.name
        return node

    def attach(self, parent: FolderNode, nodes: Sequence[Node]) -> None:
        """Adds rows at the end of a folder."""
        for node in nodes:
            node.parent = parent
            node.label = node.label or node.name
        parent.children += nodes

    def detach(self, node: Node) -> FolderNode | None:
        """Takes a row out of its folder, and returns the folder."""
        parent, node.parent = node.parent, None
        if parent is not None:
            parent.children.remove(node)
        return parent

    def forget(self, node: Node) -> None:
        """Deletes a detached row, and the rows in it."""
        removed = [node, *(node.descendants() if isinstance(node, FolderNode) else ())]
        for one in removed:
            del self._nodes[one.identity]
            if isinstance(one, RunNode):
                del self._runs[one.path]

    def move(self, node: RunNode, rows: Rows) -> None:
        """Moves a run to another place; folders that become empty are deleted."""
        before = self.detach(node)
        parent, missing = self.innermost(rows)
        for key in missing:
            folder = self.new_folder(key)
            self.attach(parent, [folder])
            parent = folder
        self.attach(parent, [node])
        while before is not None and not before.children and before.parent is not None:
            empty, before = before, self.detach(before)
            self.forget(empty)

    def rename(self, node: RunNode, path: str, name: str) -> None:
        """Replaces the path of a run."""
        del self._runs[node.path]
        node.path = path
        self._runs[path] = node
        label = os.path.join(os.path.dirname(node.entry.label), name)
        run = replace(node.entry.run, path=path, name=name)
        node.set_entry(replace(node.entry, run=run, label=label))

    def _next_identity(self) -> int:
        self._last += 1
        return self._last


def adjacent(nodes: Collection[Node]) -> Iterator[tuple[Node, Node]]:
    """Yields the first and the last row of each range of adjacent rows."""
    chosen = {node.identity for node in nodes}
    parents = {node.parent.identity: node.parent for node in nodes if node.parent}
    for parent in parents.values():
        is_chosen = [node.identity in chosen for node in parent.children]
        for found, group in groupby(
            zip(is_chosen, parent.children, strict=True), lambda pair: pair[0]
        ):
            if found:
                rows = [node for _, node in group]
                yield rows[0], rows[-1]
