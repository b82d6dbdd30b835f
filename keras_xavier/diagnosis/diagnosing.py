"""Applies all rules to a run."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from keras_xavier.diagnosis.dead_units import dead_units
from keras_xavier.diagnosis.depth import gradient, signal
from keras_xavier.diagnosis.finding import BY_SEVERITY, Finding
from keras_xavier.diagnosis.initial_scale import initial_scale
from keras_xavier.diagnosis.loss import loss_not_decreasing
from keras_xavier.diagnosis.nonfinite import nonfinite
from keras_xavier.diagnosis.reading import reading_once
from keras_xavier.diagnosis.saturation import saturated_layers, top_layer_stuck
from keras_xavier.diagnosis.symmetry import symmetry
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.diagnosis.updates import updates_too_large, updates_too_small
from keras_xavier.runs import Run

Rule: TypeAlias = Callable[[Run, Thresholds], Iterable[Finding]]

RULES: tuple[Rule, ...] = (
    *(nonfinite, symmetry, initial_scale, signal, gradient),
    *(top_layer_stuck, saturated_layers, dead_units),
    *(updates_too_large, updates_too_small, loss_not_decreasing),
)
"""The rules of this package, causes before consequences."""


def diagnose(
    run: Run,
    *,
    thresholds: Thresholds | None = None,
    rules: Sequence[Rule] = RULES,
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

    Returns:
        List of `Finding`, sorted by severity, errors first, then by the first step.

    Raises:
        RunError: If files of the run are missing or damaged.

    Example:

    ```python
    for finding in kx.diagnose(kx.open_run("runs/mine")):
        print(finding.title, finding.layers, finding.explanation)
    ```
    """
    limits = thresholds or Thresholds()
    with reading_once(run):
        found = [finding for rule in rules for finding in rule(run, limits)]
    order = {severity: place for place, severity in enumerate(BY_SEVERITY)}
    return sorted(found, key=lambda one: (order[one.severity], one.steps[0]))
