"""All rules on a run."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from keras_xavier.diagnosis.dead_units import dead_units
from keras_xavier.diagnosis.depth import gradient, signal
from keras_xavier.diagnosis.finding import BY_SEVERITY, Finding
from keras_xavier.diagnosis.initial_scale import initial_scale
from keras_xavier.diagnosis.loss import loss_does_not_move
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
    *(updates_too_large, updates_too_small, loss_does_not_move),
)
"""The rules of this package, causes before what follows from them."""


def diagnose(
    run: Run,
    *,
    thresholds: Thresholds | None = None,
    rules: Sequence[Rule] = RULES,
) -> list[Finding]:
    """Looks for what is wrong with a run.

    The run is only read. It may be of any state: rules say nothing of what it does not
    hold, such as updates of a run with a probe, and nothing of what cannot be told
    yet, such as whether a loss moves after two steps.

    Args:
        run: A run, as it was when it was opened or last refreshed.
        thresholds: From where on something counts as wrong; see `Thresholds`.
        rules: What to look for. A rule is a function of a run and thresholds that
            gives findings: `(*RULES, mine)` adds one of your own.

    Returns:
        Findings, the gravest first, then by the step where they begin.

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
