"""Content of the cells of the list of runs."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from keras_xavier.runs import RunSummary, State
from keras_xavier_gui.qt import QtGui
from keras_xavier_gui.run_panel import columns
from keras_xavier_gui.run_panel.badges import (
    RANK_OF_UNKNOWN,
    Badge,
    folded_badge,
    run_badge,
)
from keras_xavier_gui.run_panel.columns import Extra, Kind
from keras_xavier_gui.run_panel.digest import HIDDEN, Curve
from keras_xavier_gui.run_panel.folding import mean_of, number, shared
from keras_xavier_gui.run_panel.formatting import displayed, duration, in_short
from keras_xavier_gui.run_panel.statuses import status_icon, status_name, status_tip
from keras_xavier_gui.run_panel.tree_nodes import FolderNode, Node, RunNode
from keras_xavier_gui.sources.listing import natural

if TYPE_CHECKING:
    from collections.abc import Sequence

NO_RECORDS = "no records yet"
PENDING = "…"
COUNT_LENGTH = 20
"""Digits that make numbers of runs sortable as text."""


@dataclass(frozen=True, eq=False)
class Cell:
    """Content of a cell.

    Attributes:
        text: Text.
        sort: Sort key among the cells of the column; `None` for no value, which comes
            last in either order.
        tip: Tooltip; `""` for the tooltip of the row.
        icon: Symbol before the text.
        is_muted: Whether the text is pale, as it needs no attention.
        curves: Curves that are drawn before the text.
        brief: Text to draw if the text does not fit; `""` for the same text.
    """

    text: str = ""
    sort: Any = None
    tip: str = ""
    icon: QtGui.QIcon | None = None
    is_muted: bool = False
    curves: "Sequence[Curve]" = ()
    brief: str = ""


def cell(node: Node, column: int | Extra) -> Cell:
    """Returns the content of a cell of a row."""
    if isinstance(node, RunNode):
        return (
            run_extra(node, column)
            if isinstance(column, Extra)
            else run_cell(node, column)
        )
    if not isinstance(node, FolderNode):
        raise TypeError(f"A row is a folder or a run. Received: {node}")
    if isinstance(column, Extra):
        return group_extra(node, column) if node.is_averaged else Cell()
    return folder_cell(node, column)


def run_cell(node: RunNode, column: int) -> Cell:
    entry, run = node.entry, node.entry.run
    is_broken = run.state is State.BROKEN
    match column:
        case columns.NAME:
            icon = status_icon(entry, is_moved=bool(node.moved_from))
            return Cell(node.label, natural(node.name.casefold()), icon=icon)
        case columns.FINDINGS:
            return findings_cell(node)
        case columns.SINCE:
            badge = run_badge(node.report) if node.report else None
            if badge is None or badge.since is None or is_broken:
                return Cell()
            return Cell(f"{badge.since:,}", badge.since, badge.tip)
        case columns.LOSS:
            return loss_cell(node)
        case columns.STATE:
            name = status_name(entry, is_moved=bool(node.moved_from))
            return Cell(name, name, status_tip(entry, node.moved_from))
        case columns.HYPERPARAMETERS:
            text = in_short(node.differing)
            return Cell(text, natural(text) if text else None)
        case columns.TAGS:
            return Cell(", ".join(run.notes.tags), run.notes.tags or None)
        case columns.DURATION:
            seconds = duration_of(run)
            return Cell(duration(seconds), seconds) if seconds else Cell()
        case columns.UPDATED:
            # By age: latest first.
            return Cell(node.age, -run.updated if run.updated else None)
        case columns.RECORDS:
            return Cell() if is_broken else Cell(f"{run.records:,}", run.records)
    return Cell()


def findings_cell(node: RunNode) -> Cell:
    """The badge of a run; why there is none in an exceptional state."""
    run = node.entry.run
    if run.state is State.BROKEN:
        text = status_name(node.entry)
        return Cell(text, RANK_OF_UNKNOWN, status_tip(node.entry), is_muted=True)
    if node.problem:
        text = "hidden" if node.problem == HIDDEN else "not diagnosed"
        return Cell(text, RANK_OF_UNKNOWN, node.problem, is_muted=True)
    if node.report is None:
        return Cell(PENDING, RANK_OF_UNKNOWN, "Not diagnosed yet", is_muted=True)
    if not run.records and not node.report.findings:
        return Cell(NO_RECORDS, RANK_OF_UNKNOWN, is_muted=True)
    return badge_cell(run_badge(node.report))


def badge_cell(badge: Badge) -> Cell:
    icon = None
    if badge.severity:
        # Not before: it imports the diagnosis, which takes long.
        from keras_xavier.diagnosis import Severity
        from keras_xavier_gui.diagnosis.severity import severity_icon

        icon = severity_icon(Severity(badge.severity))
    muted = not badge.severity
    return Cell(badge.text, badge.rank, badge.tip, icon, muted, brief=badge.brief)


def loss_cell(node: RunNode) -> Cell:
    digest = node.digest
    if digest is None or digest.curve is None:
        return Cell()
    value, step = digest.last[digest.loss], digest.last_steps[digest.loss]
    tip = f"{digest.loss} {value:.6g} at step {step:,}"
    return Cell(number(value), by_size(value), tip, curves=(digest.curve,))


def run_extra(node: RunNode, column: Extra) -> Cell:
    """The last value of a metric, or a setting."""
    if column.kind is Kind.METRIC:
        if node.digest is None or column.name not in node.digest.last:
            return Cell()
        value, step = (
            node.digest.last[column.name],
            node.digest.last_steps[column.name],
        )
        tip = f"{column.title} {value:.6g} at step {step:,}"
        return Cell(number(value), by_size(value), tip)
    if column.name not in node.settings:
        return Cell()
    return setting_cell(node.settings[column.name])


def setting_cell(value: Any) -> Cell:
    text = displayed(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    # Numbers before texts.
    sort = (0, value, ()) if is_number else (1, 0, natural(text.casefold()))
    return Cell(text, sort, text)


def folder_cell(node: FolderNode, column: int) -> Cell:
    match column:
        case columns.NAME:
            return Cell(node.label, natural(node.name.casefold()))
        case columns.STATE:
            # As text, like the states of runs.
            return Cell(node.count_text, node.count_text.zfill(COUNT_LENGTH))
        case columns.FINDINGS:
            runs = list(node.runs())
            reports = [run.report for run in runs if run.report is not None]
            return badge_cell(folded_badge(reports, len(runs)))
        case columns.LOSS if node.is_averaged:
            runs = [run for run in node.runs() if run.digest and run.digest.curve]
            digests = [run.digest for run in runs if run.digest]
            mean = mean_of(
                [one.last[one.loss] for one in digests],
                [one.last_steps[one.loss] for one in digests],
            )
            curves = [one.curve for one in digests if one.curve]
            size = by_size(mean.value) if digests else None
            return Cell(mean.text, size, mean.tip, curves=curves)
    return Cell()


def group_extra(node: FolderNode, column: Extra) -> Cell:
    """Mean and spread of a metric, or the setting that all runs share."""
    runs = list(node.runs())
    if column.kind is Kind.SETTING:
        value = shared([run.settings for run in runs], column.name)
        return Cell() if value is None else setting_cell(value)
    digests = [run.digest for run in runs if run.digest]
    known = [one for one in digests if column.name in one.last]
    mean = mean_of(
        [one.last[column.name] for one in known],
        [one.last_steps[column.name] for one in known],
    )
    return Cell(mean.text, by_size(mean.value) if known else None, mean.tip)


def by_size(value: float) -> float:
    """Sort key of a metric: NaN is like infinity."""
    return math.inf if math.isnan(value) else value


def duration_of(run: RunSummary) -> float:
    """Seconds from the creation of a run to its last update; 0 if unknown."""
    return max(run.updated - run.created, 0.0) if run.created else 0.0
