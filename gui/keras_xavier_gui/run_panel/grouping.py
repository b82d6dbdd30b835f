"""Where runs stand in the list: in their folders, or in groups of similar runs."""

from collections import Counter
from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import TypeAlias

from keras_xavier.text import sanitize
from keras_xavier_gui.run_panel.formatting import Hyperparameters, differences, in_short
from keras_xavier_gui.run_panel.labels import last_parts
from keras_xavier_gui.run_panel.settings import without_seeds
from keras_xavier_gui.run_panel.tree_nodes import RunNode

Rows: TypeAlias = tuple[str, ...]
"""Keys of the rows above a run, from the top down: paths of folders, or a group."""


class Grouping(StrEnum):
    """What the runs are listed by."""

    FOLDER = "folder"
    HYPERPARAMETERS = "hyperparameters"
    FINDING = "finding"


TITLES = {
    Grouping.FOLDER: "By &folder",
    Grouping.HYPERPARAMETERS: "By &hyperparameters (mean over seeds)",
    Grouping.FINDING: "By f&inding",
}


def finding_rows(run: RunNode) -> Rows:
    """The group of the runs with the same first finding; its key is its title."""
    if run.report is None:
        return ("Not diagnosed",)
    if not run.report.findings:
        return ("No problems found",)
    return (sanitize(run.report.findings[0].title),)


def settings_rows(run: RunNode) -> Rows:
    """The group of the runs with the same settings but for seeds."""
    return (run.settings_key,) if run.settings_key else ()


def without_single(rows: Mapping[str, Rows]) -> dict[str, Rows]:
    """Removes the groups of one run.

    >>> without_single({"a": ("x",), "b": ("y",), "c": ("x",)})
    {'a': ('x',), 'b': (), 'c': ('x',)}
    """
    times = Counter(rows.values())
    return {path: one if times[one] > 1 else () for path, one in rows.items()}


def settings_titles(
    rows: Mapping[str, Rows], settings: Mapping[str, Hyperparameters]
) -> dict[str, str]:
    """Titles of groups: how they differ from each other, and from single runs.

    Args:
        rows: The group of each run, by its path.
        settings: Settings of each run, by its path.
    """
    # One run stands for its group.
    keys = {rows[path][0] if rows[path] else path: path for path in rows}
    differing = differences(
        {key: without_seeds(settings[path]) for key, path in keys.items()}
    )
    groups: Collection[str] = {row for above in rows.values() for row in above}
    short = last_parts(name for one in differing.values() for name in one)
    return {
        key: in_short({short[name]: one for name, one in differing[key].items()})
        or "Same hyperparameters"
        for key in groups
    }
