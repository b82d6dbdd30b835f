"""Findings in short: of one run, and of all runs in a folder or a group."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from keras_xavier.text import sanitize

if TYPE_CHECKING:
    from keras_xavier.diagnosis import Finding, Report

SEVERITIES = ("error", "warning", "note")
"""Most severe first; the names of `keras_xavier.diagnosis.Severity`, which takes too
long to import before the window is shown."""
NOTHING = "no problems"
Rank: TypeAlias = tuple[int, int, float, str]


@dataclass(frozen=True)
class Badge:
    """Findings of a run, or of several, in one cell.

    Attributes:
        text: Text of the cell.
        tip: Text of the tooltip.
        severity: Highest severity; `""` without findings.
        rank: Sort key: more severe, more and earlier findings first.
        since: First step with the most severe finding; `None` without any, and for
            several runs.
        brief: Text of a narrow cell: the name of the finding; `""` for the same text.
    """

    text: str
    tip: str
    severity: str
    rank: Rank
    since: int | None = None
    brief: str = ""


def run_badge(report: "Report") -> Badge:
    """Returns the badge of a run: the first cause, with its layer."""
    if not report.findings:
        return Badge(NOTHING, f"No problems found ({report.checks}).", "", RANK_OF_NONE)
    first, *others = report.findings
    title = sanitize(first.title)
    text = f"{layers(first)}: {title}" if first.layers else title
    if others:
        text += f" (+{len(others)})"
    tip = [
        line
        for one in report.findings
        for line in (
            f"{one.severity.capitalize()}: {one.title}, {place(one)}",
            f"  {one.summary}",
            *(
                f"  Consequence: {consequence.title}"
                for consequence in one.consequences
            ),
        )
    ]
    tip.append(report.checks[0].upper() + report.checks[1:])
    level = SEVERITIES.index(first.severity)
    rank = level, -len(report.findings), float(first.steps[0]), first.title
    severity = str(first.severity)
    return Badge(text, sanitize_lines(tip), severity, rank, first.steps[0], title)


def folded_badge(reports: "Sequence[Report]", runs: int) -> Badge:
    """Returns the badge of several runs: equal findings are counted.

    Args:
        reports: Diagnoses of those runs that have been diagnosed.
        runs: Number of runs.
    """
    count: Counter[tuple[int, str]] = Counter()
    for report in reports:
        found = {(SEVERITIES.index(one.severity), one.title) for one in report.findings}
        # A run with the same finding twice counts once.
        count.update(found)
    if not count:
        if len(reports) < runs:
            return Badge("", "", "", RANK_OF_NONE)
        return Badge(NOTHING, f"No problems found in {runs:,} runs.", "", RANK_OF_NONE)
    ordered = sorted(count, key=lambda one: (one[0], -count[one], one[1]))
    level, title = ordered[0]
    text = f"{count[ordered[0]]:,} of {runs:,}: {sanitize(title)}"
    if more := len(ordered) - 1:
        text += f" (+{more})"
    tip = [
        f"{SEVERITIES[level].capitalize()}: {title} in {times:,} of {runs:,} runs"
        for (level, title), times in ((one, count[one]) for one in ordered)
    ]
    affected = sum(bool(report.findings) for report in reports)
    tip.append(f"Runs with findings: {affected:,} of {runs:,}")
    return Badge(
        text, sanitize_lines(tip), SEVERITIES[level], (level, -affected, 0.0, title)
    )


RANK_OF_NONE: Rank = (len(SEVERITIES), 0, 0.0, "")
RANK_OF_UNKNOWN: Rank = (len(SEVERITIES) + 1, 0, 0.0, "")


def layers(finding: "Finding") -> str:
    """First affected layer, and the number of others."""
    first, *others = map(sanitize, finding.layers)
    return f"{first} +{len(others)}" if others else first


def place(finding: "Finding") -> str:
    """First affected layer, and the steps; a note is about a problem that is over."""
    first, last = finding.steps
    if first == last:
        steps = f"step {first:,}"
    elif finding.severity == SEVERITIES[-1]:
        steps = f"steps {first:,} to {last:,}"
    else:
        steps = f"since step {first:,}"
    return f"{layers(finding)}, {steps}" if finding.layers else steps


def sanitize_lines(lines: Sequence[str]) -> str:
    return "\n".join(map(sanitize, lines))
