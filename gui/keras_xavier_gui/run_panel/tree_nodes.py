"""The rows of the list of runs: folders, groups and runs."""

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from keras_xavier.text import sanitize, shorten, without_shared
from keras_xavier_gui.run_panel.digest import Digest
from keras_xavier_gui.run_panel.settings import settings_of, without_seeds
from keras_xavier_gui.sources.listing import Entry

if TYPE_CHECKING:
    from keras_xavier.diagnosis import Report

MAX_LABEL_LENGTH = 22
"""Characters of a name, so that there is space for the other columns."""


@dataclass(eq=False, repr=False)
class Node:
    """A row. It stays the same object while its run, folder or group is listed."""

    identity: int
    path: str
    parent: "FolderNode | None" = None
    label: str = ""

    @property
    def name(self) -> str:
        raise NotImplementedError


@dataclass(eq=False, repr=False)
class FolderNode(Node):
    """A folder or a group; the root of the tree is a folder without a parent.

    Attributes:
        title: Text of a group; `None` for a folder.
        is_averaged: Whether the runs differ by their seeds only.
        children: Rows in the folder.
    """

    title: str | None = None
    is_averaged: bool = False
    children: list[Node] = field(default_factory=list)

    @property
    def name(self) -> str:
        if self.title is not None:
            return self.title
        folder = self.path.rstrip("/" + os.sep)
        return sanitize(os.path.basename(folder) or self.path)

    @property
    def count_text(self) -> str:
        count = len(list(self.runs()))
        return "1 run" if count == 1 else f"{count:,} runs"

    def descendants(self) -> Iterator[Node]:
        """All folders and runs in the folder, at any depth."""
        for child in self.children:
            yield child
            if isinstance(child, FolderNode):
                yield from child.descendants()

    def runs(self) -> Iterator["RunNode"]:
        """All runs in the folder, at any depth."""
        return (node for node in self.descendants() if isinstance(node, RunNode))


@dataclass(eq=False, repr=False, kw_only=True)
class RunNode(Node):
    """A run.

    Attributes:
        entry: The listed run.
        moved_from: Its former path if it was moved while it was listed.
        age: Time since its last update.
        differing: Settings in which it differs from other runs, by short name.
        digest: Its metrics, if they have been read.
        report: Its diagnosis, if there is one.
        problem: Why it cannot be diagnosed.
    """

    entry: Entry
    moved_from: str = ""
    age: str = ""
    differing: Mapping[str, Any] = field(default_factory=dict)
    digest: Digest | None = None
    report: "Report | None" = None
    problem: str = ""

    @property
    def name(self) -> str:
        in_folder = self.parent is not None and self.parent.title is None
        is_top = self.parent is None or self.parent.parent is None
        if in_folder and not is_top and self.entry.folders:
            return self.entry.run.name
        return self.entry.label

    @cached_property
    def settings(self) -> Mapping[str, Any]:
        """Hyperparameters and configuration."""
        return settings_of(self.entry.run)

    @cached_property
    def settings_key(self) -> str:
        """Identity of the settings without seeds; `""` without any."""
        chosen = without_seeds(self.settings)
        return json.dumps(chosen, sort_keys=True) if chosen else ""

    def set_entry(self, entry: Entry) -> None:
        """Shows another state of the run."""
        before, self.entry = self.entry.run, entry
        run = entry.run
        if (before.hyperparameters, before.configuration) != (
            run.hyperparameters,
            run.configuration,
        ):
            for name in ("settings", "settings_key"):
                self.__dict__.pop(name, None)


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
