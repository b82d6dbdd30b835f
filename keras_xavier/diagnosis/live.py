"""Diagnosis of a run while it is recorded."""

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
    """Warns of a problem found during training."""


class TrainingStopped(Exception):
    """Raised to leave the block of `kx.measuring` after an error is found."""


def check_on_finding(
    on_finding: object, rules: Sequence[Rule], thresholds: Thresholds | None
) -> None:
    """Validates the arguments of a diagnosis during training.

    Raises:
        ValueError: If an argument is invalid.
    """
    if not (on_finding is None or on_finding in MODES or callable(on_finding)):
        raise ValueError(
            "`on_finding` must be 'warn', 'stop', or a function of a Finding. "
            f"Received: on_finding={on_finding!r}"
        )
    if not (isinstance(rules, Sequence) and all(map(callable, rules))):
        raise ValueError(
            "`rules` must be a sequence of functions of a run and thresholds, such as "
            f"(*kx.diagnosis.RULES, my_rule). Received: rules={rules!r}"
        )
    if not isinstance(thresholds, Thresholds | None):
        raise ValueError(
            "`thresholds` must be a kx.diagnosis.Thresholds. "
            f"Received: thresholds={thresholds!r}"
        )
    if on_finding is None and (tuple(rules) != RULES or thresholds is not None):
        raise ValueError(
            "`rules` and `thresholds` require `on_finding`, which enables the "
            "diagnosis during training. Set it to 'warn', 'stop', or a function."
        )


class Watch:
    """Diagnoses a growing run and reports each finding once.

    Diagnoses after records 1 to 6, then whenever the number of records has grown by a
    quarter, so that the total time is proportional to the number of records, and
    immediately when a value becomes nonfinite. A finding is reported again only if its
    severity increases.

    Args:
        run: str. Path of the run.
        on_finding: `"warn"`, `"stop"` or a function of a `Finding`.
        stop: Function without arguments that stops training.
        rules: Sequence of rules. Defaults to `RULES`.
        thresholds: `Thresholds`. Defaults to None: `Thresholds()`.
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
        self._reported: dict[str, Severity] = {}
        self._failed = False

    def recorded(self, measurement: Measurement, flush: Callable[[], None]) -> None:
        """Diagnoses the run if a diagnosis is due.

        Args:
            measurement: `Measurement`. The latest record.
            flush: Function without arguments that writes all records.
        """
        self._records += 1
        at_once = self._is_newly_nonfinite(measurement)
        if self._records < self._due and not at_once:
            return
        self._due = max(self._records + 1, self._records * 5 // 4)
        flush()
        self.diagnose()

    def diagnose(self) -> None:
        """Diagnoses the written records and reports new findings."""
        if self._failed:
            return
        try:
            found = diagnose(
                open_run(self._run), thresholds=self._thresholds, rules=self._rules
            )
        except Exception as error:  # noqa: BLE001 - training must continue
            self._give_up(error)
            return
        for finding in found:
            if self._failed:
                return
            before = self._reported.get(finding.name)
            if before is None or is_more_severe(finding.severity, before):
                self._reported[finding.name] = finding.severity
                self._report(finding)

    def _report(self, finding: Finding) -> None:
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
            message = f"Training has been stopped. {message}"
        warnings.warn(message, FindingWarning, stacklevel=2)

    def _is_newly_nonfinite(self, measurement: Measurement) -> bool:
        place = STATISTICS.index(Statistic.NONFINITE)
        before = self._nonfinite
        self._nonfinite |= bool((measurement.statistics[..., place] > 0).any())
        return self._nonfinite and not before

    def _give_up(self, error: Exception) -> None:
        self._failed = True
        warnings.warn(
            f"The diagnosis of {self._run} has stopped; training continues. "
            f"{type(error).__name__}: {error}",
            RuntimeWarning,
            stacklevel=2,
        )


def is_more_severe(one: Severity, other: Severity) -> bool:
    return BY_SEVERITY.index(one) < BY_SEVERITY.index(other)


def describe(run: str, finding: Finding) -> str:
    """Describes a finding in one paragraph."""
    where = f" in {listed(finding.layers)}" if finding.layers else ""
    first, last = finding.steps
    return (
        f"{sanitize(run)}: {finding.title.lower()}{where}, steps {first:,} to "
        f"{last:,}. {finding.explanation} {finding.remedy}"
    )
