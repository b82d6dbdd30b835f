"""Diagnosing a run while it is recorded."""

import warnings
from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

from keras_xavier.diagnosis.diagnosing import RULES, Rule, diagnose
from keras_xavier.diagnosis.finding import (
    BY_SEVERITY,
    FAILING,
    Finding,
    Severity,
)
from keras_xavier.diagnosis.reading import listed
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.runs import open_run
from keras_xavier.statistics import STATISTICS, Measurement, Statistic
from keras_xavier.text import sanitize

OnFinding: TypeAlias = Literal["warn", "stop"] | Callable[[Finding], object]
MODES = ("warn", "stop")


class FindingWarning(UserWarning):
    """Something is wrong with a training."""


class TrainingStopped(Exception):
    """Leaves the block of `kx.measuring`, which ends with it, at an error."""


def check_on_finding(
    on_finding: object, rules: Sequence[Rule], thresholds: Thresholds | None
) -> None:
    """Refuses what is no way to diagnose a training.

    Raises:
        ValueError: If an argument is not as it should be.
    """
    if not (on_finding is None or on_finding in MODES or callable(on_finding)):
        raise ValueError(
            "`on_finding` should be 'warn', 'stop', or a function of a Finding. "
            f"Received: on_finding={on_finding!r}"
        )
    if not (isinstance(rules, Sequence) and all(map(callable, rules))):
        raise ValueError(
            "`rules` should be functions of a run and thresholds, such as "
            f"(*kx.diagnosis.RULES, mine). Received: rules={rules!r}"
        )
    if not isinstance(thresholds, Thresholds | None):
        raise ValueError(
            "`thresholds` should be a kx.diagnosis.Thresholds. "
            f"Received: thresholds={thresholds!r}"
        )
    if on_finding is None and (tuple(rules) != RULES or thresholds is not None):
        raise ValueError(
            "`rules` and `thresholds` are those of a diagnosis while training, which "
            "`on_finding` asks for. Give it, too: 'warn', 'stop', or a function."
        )


class Watch:
    """Diagnoses a run as it grows, and tells each finding once.

    That is after records 1 to 6, then whenever there are a quarter more than at the
    last time, so that all readings together take time in proportion to the records;
    and at once when a value is not finite. A finding is told again only if it has
    become graver.

    Args:
        run: Path of the run.
        on_finding: What to do with a finding.
        stop: Ends the training.
        rules: What to look for.
        thresholds: From where on something counts as wrong.
    """

    def __init__(
        self,
        run: str,
        on_finding: OnFinding,
        stop: Callable[[], None],
        *,
        rules: Sequence[Rule] = RULES,
        thresholds: Thresholds | None = None,
    ) -> None:
        self._run = run
        self._on_finding = on_finding
        self._stop = stop
        self._rules = rules
        self._thresholds = thresholds
        self._records = 0
        self._due = 1
        self._nonfinite = False
        self._told: dict[str, Severity] = {}
        self._failed = False

    def recorded(self, measurement: Measurement, flush: Callable[[], None]) -> None:
        """Diagnoses the run if that is due.

        Args:
            measurement: What was recorded last.
            flush: Has all records written.
        """
        self._records += 1
        at_once = self._is_newly_nonfinite(measurement)
        if self._records < self._due and not at_once:
            return
        self._due = max(self._records + 1, self._records * 5 // 4)
        flush()
        self.look()

    def look(self) -> None:
        """Diagnoses what is written of the run, and tells what is new."""
        if self._failed:
            return
        try:
            found = diagnose(
                open_run(self._run), thresholds=self._thresholds, rules=self._rules
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, training goes on
            self._give_up(error)
            return
        for finding in found:
            if self._failed:
                return
            before = self._told.get(finding.name)
            if before is None or is_graver(finding.severity, before):
                self._told[finding.name] = finding.severity
                self._tell(finding)

    def _tell(self, finding: Finding) -> None:
        if callable(self._on_finding):
            try:
                self._on_finding(finding)
            except Exception as error:  # noqa: BLE001 - of a user's function
                self._give_up(error)
            return
        if finding.severity not in FAILING:
            return
        message = describe(self._run, finding)
        if self._on_finding == "stop" and finding.severity == Severity.ERROR:
            self._stop()
            message = f"Training is stopped. {message}"
        warnings.warn(message, FindingWarning, stacklevel=2)

    def _is_newly_nonfinite(self, measurement: Measurement) -> bool:
        place = STATISTICS.index(Statistic.NONFINITE)
        before = self._nonfinite
        self._nonfinite |= bool((measurement.statistics[..., place] > 0).any())
        return self._nonfinite and not before

    def _give_up(self, error: Exception) -> None:
        self._failed = True
        warnings.warn(
            f"{self._run} is not diagnosed any more, while training goes on: "
            f"{type(error).__name__}: {error}",
            RuntimeWarning,
            stacklevel=2,
        )


def is_graver(one: Severity, other: Severity) -> bool:
    return BY_SEVERITY.index(one) < BY_SEVERITY.index(other)


def describe(run: str, finding: Finding) -> str:
    """A finding in one paragraph."""
    where = f" in {listed(finding.layers)}" if finding.layers else ""
    first, last = finding.steps
    return (
        f"{sanitize(run)}: {finding.title.lower()}{where}, from step {first:,} to "
        f"{last:,}. {finding.explanation} {finding.remedy}"
    )
