"""Findings as a table, for files and the clipboard."""

from collections.abc import Callable, Sequence

import numpy as np

from keras_xavier.diagnosis import Finding
from keras_xavier.figures import Table
from keras_xavier_gui.diagnosis.items import Item, RunChecks, RunFinding

COLUMNS: dict[str, Callable[[Finding], str]] = {
    "layers": lambda one: " ".join(one.layers),
    "first step": lambda one: str(one.steps[0]),
    "last step": lambda one: str(one.steps[1]),
    "summary": lambda one: one.summary,
    "explanation": lambda one: one.explanation,
    "numbers": lambda one: "; ".join(map(str, one.numbers)),
    "remedy": lambda one: one.remedy,
    "code before": lambda one: one.change.before if one.change else "",
    "code after": lambda one: one.change.after if one.change else "",
    "command": lambda one: one.command,
    "source": lambda one: one.source,
}


def findings_table(items: Sequence[Item]) -> Table:
    """Returns a row for each cause in each run, followed by its consequences."""
    causes: list[RunFinding] = []
    for item in items:
        causes += () if isinstance(item, RunChecks) else item.found
    rows = [one for cause in causes for one in (cause, *cause.children)]
    columns = {
        "severity": [str(one.finding.severity) for one in rows],
        "finding": [one.finding.name for one in rows],
        "cause": [one.cause.name if one.cause else "" for one in rows],
        "run": [one.run for one in rows],
        **{name: [text(one.finding) for one in rows] for name, text in COLUMNS.items()},
    }
    if not rows:
        return Table({})
    return Table({name: np.array(one, object) for name, one in columns.items()})
