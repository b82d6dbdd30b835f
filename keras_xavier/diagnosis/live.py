"""Diagnosis of a run while it is recorded."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from keras_xavier.diagnosis.diagnosing import RULES, Rule, diagnose
from keras_xavier.diagnosis.finding import (
    BY_SEVERITY,
    FAILING,
    Finding,
    FindingName,
    Severity,
    as_text,
    finding_lines,
)
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


@dataclass(frozen=True)
class LiveOptions:
    """Options of a diagnosis during training, as for `kx.LayerStatistics`.

    Attributes:
        on_finding: `"warn"`, `"stop"`, function of a `Finding`, or `None`: no
            diagnosis. Defaults to `None`.
        rules: Sequence of functions. Defaults to `RULES`.
        thresholds: `Thresholds`. Defaults to `None`: `Thresholds()`.
        ignore: Sequence of str. Names of findings to leave out. Defaults to `()`.

    Raises:
        ValueError: If an option is invalid.
    """

    on_finding: OnFinding | None = None
    rules: Sequence[Rule] = RULES
    thresholds: Thresholds | None = None
    ignore: Sequence[str] = ()

    def __post_init__(self) -> None:
        given, rules = self.on_finding, self.rules
        if not (given is None or given in MODES or callable(given)):
            raise ValueError(
                "`on_finding` must be 'warn', 'stop', or a function of a Finding. "
                f"Received: on_finding={given!r}"
            )
        if not (isinstance(rules, Sequence) and all(map(callable, rules))):
            raise ValueError(
                "`rules` must be a sequence of functions of a run and thresholds, such "
                f"as (*kx.diagnosis.RULES, my_rule). Received: rules={rules!r}"
            )
        if not isinstance(self.thresholds, Thresholds | None):
            raise ValueError(
                "`thresholds` must be a kx.diagnosis.Thresholds. "
                f"Received: thresholds={self.thresholds!r}"
            )
        has_own_rules = tuple(rules) != RULES
        check_ignored(self.ignore, any_name=has_own_rules)
        if given is None and (has_own_rules or self.thresholds or self.ignore):
            raise ValueError(
                "`rules`, `thresholds` and `ignore` require `on_finding`, which "
                "enables the diagnosis during training. Set it to 'warn', 'stop', or a "
                "function."
            )


def check_ignored(ignore: object, *, any_name: bool) -> None:
    """Validates names of findings to leave out.

    Args:
        ignore: Sequence of str.
        any_name: bool. Whether rules other than `RULES` may use other names.

    Raises:
        ValueError: If it is no sequence of names, or a name is unknown.
    """
    if not (
        isinstance(ignore, Sequence)
        and not isinstance(ignore, str)
        and all(isinstance(name, str) for name in ignore)
    ):
        raise ValueError(
            "`ignore` must be a sequence of names of findings, such as "
            f"('wrong_initial_scale',). Received: ignore={ignore!r}"
        )
    known = [*FindingName]
    unknown = [name for name in ignore if name not in known]
    if unknown and not any_name:
        raise ValueError(
            f"`ignore` must contain names of findings: {', '.join(known)}. "
            f"Received: {unknown[0]!r}"
        )


class Watch:
    """Diagnoses a growing run and reports each cause once.

    Diagnoses after records 1 to 6, then whenever the number of records has grown by a
    quarter, so that the total time is proportional to the number of records, and
    immediately when a value becomes nonfinite. A finding is reported again only if its
    severity increases; a consequence of a reported cause is not reported alone.

    Args:
        run: str. Path of the run.
        options: `LiveOptions` with `on_finding`.
        stop: Function without arguments that stops training.
    """

    def __init__(
        self, run: str, options: LiveOptions, stop: Callable[[], None]
    ) -> None:
        self._run = run
        self._options = options
        self._stop = stop
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
                open_run(self._run),
                thresholds=self._options.thresholds,
                rules=self._options.rules,
                ignore=self._options.ignore,
            )
        except Exception as error:  # noqa: BLE001 - training must continue
            self._give_up(error)
            return
        for finding in found:
            if self._failed:
                return
            is_news = self._note(finding)
            # A report of the cause contains its consequences.
            for one in finding.consequences:
                self._note(one)
            if is_news:
                self._report(finding)

    def _note(self, finding: Finding) -> bool:
        """Returns whether a finding is new, or more severe than before."""
        before = self._reported.get(finding.name)
        is_news = before is None or is_more_severe(finding.severity, before)
        if is_news:
            self._reported[finding.name] = finding.severity
        return is_news

    def _report(self, finding: Finding) -> None:
        if callable(self._options.on_finding):
            try:
                self._options.on_finding(finding)
            except Exception as error:  # noqa: BLE001 - of a user's function
                self._give_up(error)
            return
        if finding.severity not in FAILING:
            return
        text = as_text(finding_lines(finding, self._run))
        message = f"{sanitize(self._run)}: {text}"
        if self._options.on_finding == "stop" and finding.severity == Severity.ERROR:
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
