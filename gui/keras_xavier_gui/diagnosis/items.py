"""The items of the list of findings: causes, their consequences, and checks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from keras_xavier.diagnosis import Finding, Report
from keras_xavier.diagnosis.finding import BY_SEVERITY
from keras_xavier.diagnosis.reading import listed
from keras_xavier.text import sanitize

COLUMNS = ("Finding", "Severity", "Run", "Steps", "Layers")
RUN = COLUMNS.index("Run")
NONE = "–"


@dataclass(frozen=True)
class RunFinding:
    """A finding and its run.

    Attributes:
        path: Path of the run.
        run: Name of the run.
        finding: The finding.
        cause: The finding that explains it; `None` for a cause.
        can_try: Whether the app can try remedies on the network of the run.
    """

    path: str
    run: str
    finding: Finding
    cause: Finding | None = None
    can_try: bool = False

    @property
    def key(self) -> tuple[object, ...]:
        """Identity of the finding while the run grows."""
        return self.path, self.finding.name, self.finding.layers

    @property
    def consequences(self) -> tuple["RunFinding", ...]:
        return tuple(
            replace(self, finding=one, cause=self.finding)
            for one in self.finding.consequences
        )

    @property
    def kind(self) -> str:
        """Severity of a cause; `"Consequence"` otherwise."""
        return "Consequence" if self.cause else self.finding.severity.capitalize()

    @property
    def cells(self) -> tuple[str, ...]:
        """Texts of the cells, one for each of `COLUMNS`."""
        return (
            sanitize(self.finding.title),
            self.kind,
            self.run,
            steps_text(self.finding.steps),
            listed(self.finding.layers) if self.finding.layers else NONE,
        )

    @property
    def tooltip(self) -> str:
        return sanitize(self.finding.summary)


@dataclass(frozen=True)
class RunChecks:
    """The checks of a run that has findings.

    Attributes:
        path: Path of the run.
        run: Name of the run.
        report: The report of the run.
    """

    path: str
    run: str
    report: Report

    @property
    def key(self) -> tuple[object, ...]:
        return (self.path,)

    @property
    def consequences(self) -> tuple[RunFinding, ...]:
        return ()

    @property
    def cells(self) -> tuple[str, ...]:
        return self.report.checks, NONE, self.run, NONE, NONE

    @property
    def tooltip(self) -> str:
        return self.report.checks


Item: TypeAlias = RunFinding | RunChecks


def steps_text(steps: tuple[int, int]) -> str:
    """Formats a range of steps.

    >>> steps_text((3200, 4000)), steps_text((0, 0))
    ('3,200 to 4,000', '0')
    """
    first, last = steps
    return f"{first:,}" if first == last else f"{first:,} to {last:,}"


def by_severity(found: Sequence[RunFinding]) -> list[RunFinding]:
    """Sorts causes by severity and run, in the order of the report of each run."""
    return sorted(
        found, key=lambda one: (BY_SEVERITY.index(one.finding.severity), one.path)
    )


def checks_text(report: Report) -> str:
    """Lists the checks that passed, and those that were not possible.

    Each reason is a paragraph.
    """
    parts = []
    if report.passed:
        parts.append(f"Passed: {sanitize(', '.join(report.passed))}.")
    parts += [
        sanitize(f"Not checked: {', '.join(checks)} ({reason}).")
        for reason, checks in report.not_checked().items()
    ]
    return "\n\n".join(parts)
