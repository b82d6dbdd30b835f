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
Key: TypeAlias = tuple[object, ...]
"""Identity of an item while its runs grow."""


@dataclass(frozen=True)
class RunFinding:
    """A finding and its run.

    Attributes:
        path: Path of the run.
        run: Name of the run.
        finding: The finding.
        cause: The finding that explains it; `None` for a cause.
        can_try: Whether the app can try remedies on the network of the run.
        last_step: The last step that was diagnosed.
    """

    path: str
    run: str
    finding: Finding
    cause: Finding | None = None
    can_try: bool = False
    last_step: int | None = None

    @property
    def key(self) -> Key:
        return self.path, self.finding.name, self.finding.layers

    @property
    def found(self) -> tuple["RunFinding", ...]:
        """The finding in each of its runs."""
        return (self,)

    @property
    def children(self) -> tuple["RunFinding", ...]:
        """The consequences."""
        return tuple(
            replace(self, finding=one, cause=self.finding)
            for one in self.finding.consequences
        )

    @property
    def remains(self) -> bool:
        """Whether the problem remains at the end of the run."""
        return self.finding.steps[1] == self.last_step

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

    @property
    def layers(self) -> tuple[str, ...]:
        return self.finding.layers


@dataclass(frozen=True)
class FoldedFinding:
    """The same finding in several runs.

    Attributes:
        found: The finding in each run.
    """

    found: tuple[RunFinding, ...]

    @property
    def key(self) -> Key:
        first = self.found[0].finding
        return "folded", first.name, first.severity

    @property
    def children(self) -> tuple[RunFinding, ...]:
        """The finding in each run, as rows."""
        return self.found

    @property
    def cells(self) -> tuple[str, ...]:
        first = self.found[0]
        return (
            first.cells[0],
            first.kind,
            runs_text([one.run for one in self.found]),
            steps_text(span(self.found)),
            listed(self.layers) if self.layers else NONE,
        )

    @property
    def tooltip(self) -> str:
        return "\n".join(f"{one.run}: {one.tooltip}" for one in self.found)

    @property
    def layers(self) -> tuple[str, ...]:
        """The affected layers of all runs."""
        return all_layers(self.found)


@dataclass(frozen=True)
class RunChecks:
    """The checks of runs with the same results.

    Attributes:
        paths: Paths of the runs.
        runs: Names of the runs.
        report: The report of one of them.
    """

    paths: tuple[str, ...]
    runs: tuple[str, ...]
    report: Report

    @property
    def key(self) -> Key:
        return self.paths

    @property
    def children(self) -> tuple[RunFinding, ...]:
        return ()

    @property
    def cells(self) -> tuple[str, ...]:
        return self.report.checks, NONE, runs_text(self.runs), NONE, NONE

    @property
    def tooltip(self) -> str:
        return "\n".join([self.report.checks, *self.runs])

    @property
    def layers(self) -> tuple[str, ...]:
        return ()


Item: TypeAlias = RunFinding | FoldedFinding | RunChecks


def fold(found: Sequence[RunFinding]) -> list[RunFinding | FoldedFinding]:
    """Folds causes of the same name and severity in several runs into one item.

    The items are sorted by severity, and by the place of their first run. Two findings
    of a run with the same name stay apart.
    """
    order = sorted(found, key=lambda one: BY_SEVERITY.index(one.finding.severity))
    groups: dict[object, list[RunFinding]] = {}
    for one in order:
        groups.setdefault((one.finding.name, one.finding.severity), []).append(one)
    items: list[RunFinding | FoldedFinding] = []
    for group in groups.values():
        is_of_several = len({one.path for one in group}) > 1
        items += [FoldedFinding(tuple(group))] if is_of_several else group
    return items


def fold_checks(checks: Sequence[RunChecks]) -> list[RunChecks]:
    """Folds runs with the same results of all checks into one item."""
    groups: dict[object, list[RunChecks]] = {}
    for one in checks:
        results = one.report.passed, one.report.unchecked
        groups.setdefault(results, []).append(one)
    return [
        RunChecks(
            tuple(path for one in group for path in one.paths),
            tuple(name for one in group for name in one.runs),
            group[0].report,
        )
        for group in groups.values()
    ]


def all_layers(found: Sequence[RunFinding]) -> tuple[str, ...]:
    """Returns the affected layers of all runs, each once."""
    return tuple(dict.fromkeys(name for one in found for name in one.finding.layers))


def span(found: Sequence[RunFinding]) -> tuple[int, int]:
    """Returns the first and the last step of a finding in several runs."""
    steps = [one.finding.steps for one in found]
    return min(first for first, _ in steps), max(last for _, last in steps)


def runs_text(names: Sequence[str]) -> str:
    """Returns the name of a run, or the number and the names of several.

    >>> runs_text(["a"]), runs_text(["a", "b", "c", "d", "e"])
    ('a', '5 runs: a, b, c and 2 more')
    """
    text = listed(tuple(names))
    return text if len(names) == 1 else f"{len(names):,} runs: {text}"


def steps_text(steps: tuple[int, int]) -> str:
    """Formats a range of steps.

    >>> steps_text((3200, 4000)), steps_text((0, 0))
    ('3,200 to 4,000', '0')
    """
    first, last = steps
    return f"{first:,}" if first == last else f"{first:,} to {last:,}"


def place_text(found: Sequence[RunFinding]) -> str:
    """Returns runs, layers and steps of a finding, in a line."""
    steps, layers = span(found), all_layers(found)
    noun = "step" if steps[0] == steps[1] else "steps"
    parts = [
        runs_text([one.run for one in found]),
        listed(layers) if layers else "",
        f"{noun} {steps_text(steps)}",
    ]
    return "  ·  ".join(filter(None, parts))


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
