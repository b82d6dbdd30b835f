"""Texts of rows that depend on other rows."""

from collections import Counter
from collections.abc import Iterable, Iterator

from keras_xavier_gui.run_panel.formatting import differences
from keras_xavier_gui.run_panel.settings import is_experimental
from keras_xavier_gui.run_panel.tree_nodes import FolderNode, Node, RunNode, short_names


def update_labels(folders: Iterable[FolderNode]) -> Iterator[Node]:
    """Shortens the names in each folder; yields the rows whose name has changed."""
    for folder in folders:
        labels = short_names(folder.children)
        for child, label in zip(folder.children, labels, strict=True):
            if label != child.label:
                child.label = label
                yield child


def update_differences(runs: Iterable[RunNode]) -> Iterator[RunNode]:
    """Finds how the settings of runs differ; yields the runs where this changed."""
    nodes = {node.path: node for node in runs}
    differing = differences(
        {
            path: {
                name: value
                for name, value in node.settings.items()
                if is_experimental(name)
            }
            for path, node in nodes.items()
        }
    )
    shortened = last_parts(name for one in differing.values() for name in one)
    for path, node in nodes.items():
        found = {shortened[name]: value for name, value in differing[path].items()}
        if found != node.differing:
            node.differing = found
            yield node


def last_parts(names: Iterable[str]) -> dict[str, str]:
    """Returns the last part of each name where it is unique.

    >>> [*last_parts(["optimizer.rate", "model.dtype", "dtype"]).values()]
    ['rate', 'model.dtype', 'dtype']
    """
    unique = dict.fromkeys(names)
    times = Counter(name.rpartition(".")[2] for name in unique)
    parts = {name: name.rpartition(".")[2] for name in unique}
    return {name: part if times[part] == 1 else name for name, part in parts.items()}
