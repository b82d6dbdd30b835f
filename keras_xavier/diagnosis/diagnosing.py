"""Applies all rules to a run."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from keras_xavier.diagnosis.architecture import (
    no_nonlinearity,
    softmax_in_hidden_layer,
)
from keras_xavier.diagnosis.batch_normalization import (
    moving_statistics_not_converged,
)
from keras_xavier.diagnosis.causes import arrange, without
from keras_xavier.diagnosis.class_labels import (
    regression_loss_for_classes,
    softmax_for_several_labels,
)
from keras_xavier.diagnosis.clipping import clipping_too_strong
from keras_xavier.diagnosis.constant_targets import constant_targets
from keras_xavier.diagnosis.data_scale import inputs_not_scaled, targets_not_scaled
from keras_xavier.diagnosis.dead_output import dead_output
from keras_xavier.diagnosis.dead_units import dead_units
from keras_xavier.diagnosis.decay import (
    learning_rate_decays_too_early,
    warm_up_too_long,
)
from keras_xavier.diagnosis.depth import (
    vanishing_or_exploding_gradient,
    vanishing_or_exploding_signal,
)
from keras_xavier.diagnosis.finding import Finding, Line, as_text, finding_lines
from keras_xavier.diagnosis.initial_scale import wrong_initial_scale
from keras_xavier.diagnosis.learning_rate import (
    learning_rate_not_positive,
    learning_rate_too_high,
    learning_rate_too_low,
)
from keras_xavier.diagnosis.loss import loss_not_decreasing, loss_rising
from keras_xavier.diagnosis.nonfinite import nonfinite_values
from keras_xavier.diagnosis.outputs import (
    logits_as_probabilities,
    output_not_positive,
    probabilities_as_logits,
    softmax_over_one_unit,
)
from keras_xavier.diagnosis.overfitting import overfitting
from keras_xavier.diagnosis.reading import NotChecked, reading_once
from keras_xavier.diagnosis.recurrence import exploding_recurrence
from keras_xavier.diagnosis.regularization import (
    too_much_dropout,
    too_much_regularization,
)
from keras_xavier.diagnosis.saturation import saturated_layers, top_layer_stuck
from keras_xavier.diagnosis.summed_loss import loss_summed
from keras_xavier.diagnosis.symmetry import symmetry_not_broken
from keras_xavier.diagnosis.target_range import targets_out_of_range
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.diagnosis.updates import updates_too_large, updates_too_small
from keras_xavier.diagnosis.zero_gradient import (
    blocked_gradient,
    constant_output,
    nothing_trainable,
    zero_gradient,
)
from keras_xavier.runs import Run
from keras_xavier.text import sanitize

Rule: TypeAlias = Callable[[Run, Thresholds], Iterable[Finding]]

RULES: tuple[Rule, ...] = (
    *(softmax_over_one_unit, logits_as_probabilities, probabilities_as_logits),
    output_not_positive,
    *(targets_out_of_range, softmax_for_several_labels, regression_loss_for_classes),
    *(constant_targets, inputs_not_scaled, targets_not_scaled, loss_summed),
    *(softmax_in_hidden_layer, no_nonlinearity),
    *(too_much_dropout, too_much_regularization),
    *(nonfinite_values, symmetry_not_broken, wrong_initial_scale),
    *(vanishing_or_exploding_signal, exploding_recurrence),
    vanishing_or_exploding_gradient,
    *(dead_output, top_layer_stuck, saturated_layers, dead_units),
    *(learning_rate_not_positive, learning_rate_too_high),
    *(clipping_too_strong, learning_rate_decays_too_early, warm_up_too_long),
    *(nothing_trainable, zero_gradient, blocked_gradient),
    *(learning_rate_too_low, updates_too_large, updates_too_small, constant_output),
    *(loss_rising, loss_not_decreasing),
    *(moving_statistics_not_converged, overfitting),
)
"""The rules of this package, causes before consequences."""


@dataclass(frozen=True)
class Unchecked:
    """A check that was not possible.

    Attributes:
        check: str. Name of the rule, such as `"dead units"`.
        reason: str.
    """

    check: str
    reason: str


@dataclass(frozen=True)
class Report:
    """Result of a diagnosis.

    Attributes:
        findings: Tuple of `Finding`. The causes, each with its consequences, errors
            first.
        passed: Tuple of str. Checks without a finding.
        unchecked: Tuple of `Unchecked`. Checks that were not possible.
        last_step: int or `None`. Last recorded step. A problem whose steps end there
            remains.
    """

    findings: tuple[Finding, ...]
    passed: tuple[str, ...]
    unchecked: tuple[Unchecked, ...]
    last_step: int | None = None

    @property
    def headline(self) -> str:
        """Number of findings and of checks: `"1 finding (12 checks passed)"`."""
        return f"{self.count} ({self.checks})"

    @property
    def count(self) -> str:
        """Number of findings, such as `"no problems found"`."""
        number = len(self.findings)
        if not number:
            return "no problems found"
        return "1 finding" if number == 1 else f"{number} findings"

    @property
    def checks(self) -> str:
        """Numbers of checks, such as `"12 checks passed, 1 not possible"`."""
        number = len(self.passed)
        passed = "1 check passed" if number == 1 else f"{number} checks passed"
        skipped = len(self.unchecked)
        return f"{passed}, {skipped} not possible" if skipped else passed

    def not_checked(self) -> dict[str, list[str]]:
        """Returns the checks that were not possible, by reason."""
        found: dict[str, list[str]] = {}
        for one in self.unchecked:
            found.setdefault(one.reason, []).append(one.check)
        return found

    def __str__(self) -> str:
        lines = [Line(f"{self.headline[0].upper()}{self.headline[1:]}"), Line("")]
        for finding in self.findings:
            lines += [*finding_lines(finding), Line("")]
        return as_text([*lines, *check_lines(self)])


def check_lines(report: Report, *, with_passed: bool = True) -> Iterator[Line]:
    """Yields which checks passed, and which were not possible, with the reason."""
    if report.passed and with_passed:
        yield Line(f"Passed: {sanitize(', '.join(report.passed))}")
    for reason, checks in report.not_checked().items():
        yield Line(sanitize(f"Not checked: {', '.join(checks)} ({reason})"))


def examine(
    run: Run,
    *,
    thresholds: Thresholds | None = None,
    rules: Sequence[Rule] = RULES,
    ignore: Collection[str] = (),
) -> Report:
    """Diagnoses a run, and lists what was checked.

    Args:
        run: `Run`, as of its opening or last refresh.
        thresholds: `Thresholds`. Defaults to None: `Thresholds()`.
        rules: Sequence of functions that take a run and thresholds and yield findings.
            Defaults to `RULES`.
        ignore: Collection of str. Names of findings to leave out. What they explain
            is left out, too. Defaults to none.

    Returns:
        `Report`.

    Raises:
        RunError: If files of the run are missing or damaged.

    Example:

    ```python
    report = kx.diagnosis.examine(kx.open_run("runs/mine"))
    print(len(report.passed), "checks passed")
    ```
    """
    limits = thresholds or Thresholds()
    found: list[Finding] = []
    passed, unchecked = [], []
    # Files of a run may contain any numbers.
    with reading_once(run), np.errstate(all="ignore"):
        for rule in rules:
            check = getattr(rule, "__name__", type(rule).__name__).replace("_", " ")
            try:
                findings = list(rule(run, limits))
            except NotChecked as reason:
                unchecked.append(Unchecked(check, str(reason)))
                continue
            found += findings
            if not findings:
                passed.append(check)
    causes = without(arrange([within_records(one, run) for one in found]), ignore)
    last = int(run.steps[-1]) if run.records else None
    return Report(tuple(causes), tuple(passed), tuple(unchecked), last)


def within_records(finding: Finding, run: Run) -> Finding:
    """Limits the steps of a finding to the records of its run.

    Metrics are also logged after the last record, such as at the end of an epoch.
    """
    if not run.records:
        return finding
    first, last = int(run.steps[0]), int(run.steps[-1])
    begin, end = (min(max(step, first), last) for step in finding.steps)
    return replace(finding, steps=(begin, end))


def diagnose(
    run: Run,
    *,
    thresholds: Thresholds | None = None,
    rules: Sequence[Rule] = RULES,
    ignore: Collection[str] = (),
) -> list[Finding]:
    """Diagnoses the problems of a run.

    The run is only read and may be in any state. Rules ignore data that the run does
    not contain, such as updates in a run with a probe, and do not report what is not
    certain yet, such as a loss that has not decreased after two steps.

    Args:
        run: `Run`, as of its opening or last refresh.
        thresholds: `Thresholds`. Defaults to None: `Thresholds()`.
        rules: Sequence of functions that take a run and thresholds and yield findings.
            Defaults to `RULES`; `(*RULES, my_rule)` adds a rule.
        ignore: Collection of str. Names of findings to leave out. What they explain
            is left out, too. Defaults to none.

    Returns:
        List of `Finding`, errors first: the causes. What follows from a cause is among
        its `consequences`.

    Raises:
        RunError: If files of the run are missing or damaged.

    Example:

    ```python
    for finding in kx.diagnose(kx.open_run("runs/mine")):
        print(finding.summary, finding.remedy)
        print("It explains:", [one.title for one in finding.consequences])
    ```
    """
    report = examine(run, thresholds=thresholds, rules=rules, ignore=ignore)
    return list(report.findings)
