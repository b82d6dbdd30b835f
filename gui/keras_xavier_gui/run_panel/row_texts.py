"""Texts about a run as a whole: tooltip, searchable text, text for screen readers."""

import os
from typing import TYPE_CHECKING

from keras_xavier.runs import State
from keras_xavier_gui.run_panel.badges import run_badge
from keras_xavier_gui.run_panel.folding import number
from keras_xavier_gui.run_panel.formatting import as_assignments, as_text
from keras_xavier_gui.run_panel.settings import is_experimental
from keras_xavier_gui.run_panel.statuses import status_name, status_tip
from keras_xavier_gui.run_panel.tree_nodes import RunNode
from keras_xavier_gui.widgets.status_bar import excerpt

if TYPE_CHECKING:
    from keras_xavier.diagnosis import Report


def searchable(node: RunNode) -> str:
    """All text that the filter searches."""
    entry, run = node.entry, node.entry.run
    start = os.path.dirname(entry.folders[0]) if entry.folders else ""
    findings = node.report.findings if node.report else ()
    return "\n".join(
        [
            run.path.removeprefix(start),
            status_name(entry, is_moved=bool(node.moved_from)),
            *(one.title for one in findings),
            *run.notes.tags,
            run.notes.text,
            *as_assignments(node.settings),
        ]
    )


def details(node: RunNode) -> str:
    """Text of the tooltip: path, state, findings, metrics, notes, settings."""
    run = node.entry.run
    lines = [run.path, *status_tip(node.entry, node.moved_from).splitlines()]
    if run.state is not State.BROKEN:
        lines.append(f"Records: {run.records:,}")
    if node.report:
        lines.append(f"Findings: {findings_text(node.report)}")
    if node.digest:
        lines += [f"{name}: {number(one)}" for name, one in node.digest.last.items()]
    if run.notes.tags:
        lines.append(f"Tags: {', '.join(run.notes.tags)}")
    lines += run.notes.text.splitlines()
    lines += [
        f"{name}: {as_text(value)}"
        for name, value in node.settings.items()
        if name in run.hyperparameters or is_experimental(name)
    ]
    return excerpt("\n".join(lines))


def spoken(node: RunNode) -> str:
    """Text for screen readers."""
    run = node.entry.run
    parts = [node.entry.label, status_name(node.entry)]
    if node.report:
        parts.append(findings_text(node.report))
    if node.digest and node.digest.loss:
        parts.append(f"{node.digest.loss} {number(node.digest.last[node.digest.loss])}")
    return ", ".join([*parts, f"{run.records:,} records"])


def findings_text(report: "Report") -> str:
    """The most severe finding, and its first step."""
    badge = run_badge(report)
    return badge.text if badge.since is None else f"{badge.text}, step {badge.since:,}"
