"""Texts of the Diagnosis tab other than the findings."""

from collections import Counter
from collections.abc import Sequence

from keras_xavier.diagnosis import FindingName, Thresholds
from keras_xavier.diagnosis.finding import BY_SEVERITY
from keras_xavier.diagnosis.reading import listed
from keras_xavier.figures.rows import why_absent
from keras_xavier.runs import State
from keras_xavier.statistics import QUANTITIES, Quantity
from keras_xavier_gui.diagnosis.findings import RunFinding
from keras_xavier_gui.sources.run_cache import Snapshot

MAX_NAMES = 3
"""Runs listed by name in a line."""


def summary(found: Sequence[RunFinding], runs: Sequence[Snapshot]) -> str:
    """Counts the findings by severity, and names the runs without any."""
    severities = Counter(one.finding.severity for one in found)
    parts = [
        count_text(severities[severity], severity.value)
        for severity in BY_SEVERITY
        if severities[severity]
    ]
    text = f"{count_text(len(found), 'finding')}: {', '.join(parts)}."
    with_findings = {one.path for one in found}
    without = tuple(run.name for run in runs if run.path not in with_findings)
    if len(without) > MAX_NAMES:
        return f"{text} No problems found in {len(without)} of {len(runs)} runs."
    return f"{text} No problems found in {listed(without)}." if without else text


def count_text(number: int, noun: str) -> str:
    """Formats a number with its noun.

    >>> count_text(1, "finding"), count_text(2, "error")
    ('1 finding', '2 errors')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def nothing_found(runs: Sequence[Snapshot]) -> str:
    """States that there are no findings, and what could not be checked."""
    is_live = any(run.state is State.RUNNING for run in runs)
    so_far = " so far" if is_live else ""
    skipped: dict[str, list[str]] = {}
    for run in runs:
        for reason in why_skipped(run):
            skipped.setdefault(reason, []).append(run.name)
    checks = "" if skipped else f" ({count_text(len(FindingName), 'check')} passed)"
    names = listed(tuple(run.name for run in runs))
    lines = [f"No problems found{so_far}{checks}.", f"Checked: {names}."]
    if is_live:
        lines.append("Live runs are checked again while they are trained.")
    if skipped:
        lines += ["", "Not checked:"]
        lines += [
            reason if len(some) == len(runs) else f"{listed(tuple(some))}: {reason}"
            for reason, some in skipped.items()
        ]
    return "\n".join(lines)


def why_skipped(run: Snapshot) -> list[str]:
    """Why some rules cannot check a run; empty if all can."""
    reasons = [
        reason
        for quantity in map(Quantity, QUANTITIES)
        if (reason := why_absent(run.layers, quantity))
    ]
    updates = int(run.steps[-1] - run.steps[0])
    if updates < (least := Thresholds().min_updates):
        reasons.append(
            f"Changes of the loss and of the weights require {least} updates; "
            f"{updates} are recorded."
        )
    return list(dict.fromkeys(reasons))
