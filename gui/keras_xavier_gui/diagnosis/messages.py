"""Texts of the Diagnosis tab other than the findings."""

from collections import Counter
from collections.abc import Mapping, Sequence

from keras_xavier.diagnosis import Report
from keras_xavier.diagnosis.finding import BY_SEVERITY
from keras_xavier.diagnosis.reading import listed
from keras_xavier.runs import State
from keras_xavier_gui.diagnosis.items import RunFinding, checks_text
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
    kinds = len({(one.finding.name, one.finding.severity) for one in found})
    of_kinds = f" of {count_text(kinds, 'kind')}" if kinds < len(found) else ""
    text = f"{count_text(len(found), 'finding')}{of_kinds}: {', '.join(parts)}."
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


def nothing_found(runs: Sequence[Snapshot], reports: Mapping[str, Report]) -> str:
    """States that there are no findings, what was checked, and what could not be.

    Args:
        runs: Snapshots of the runs.
        reports: Their reports, by path.
    """
    is_live = any(run.state is State.RUNNING for run in runs)
    so_far = " so far" if is_live else ""
    checks = {run.name: reports[run.path] for run in runs}
    counts = dict.fromkeys(one.checks for one in checks.values())
    lines = [f"No problems found{so_far} ({' or '.join(counts)})."]
    if is_live:
        lines += ["Live runs are checked again while they are trained.", ""]
    texts: dict[str, list[str]] = {}
    for name, report in checks.items():
        texts.setdefault(checks_text(report), []).append(name)
    for text, names in texts.items():
        lines += [f"Checked: {listed(tuple(names))}", "", text, ""]
    return "\n".join(lines).rstrip()
