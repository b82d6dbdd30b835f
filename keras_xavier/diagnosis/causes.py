"""From symptoms to a cause: arranges findings by what explains them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from keras_xavier.diagnosis.finding import (
    BY_SEVERITY,
    Finding,
    FindingName,
    Severity,
)

N = FindingName
OF_THE_LOSS = frozenset(
    {N.CONSTANT_OUTPUT, N.LOSS_RISING, N.LOSS_NOT_DECREASING, N.OVERFITTING}
)
FAILURES = frozenset(
    {
        *(N.LOSS_RISING, N.LOSS_NOT_DECREASING, N.CONSTANT_OUTPUT),
        *(N.NONFINITE_LOSS, N.NONFINITE_VALUES),
    }
)
"""Findings after which a network is useless: whatever explains them is an error."""
SMALL = frozenset(
    {
        *(N.VANISHING_SIGNAL, N.VANISHING_GRADIENT, N.ZERO_GRADIENT),
        *(N.UPDATES_TOO_SMALL, N.LEARNING_RATE_TOO_LOW),
    }
)
LARGE = frozenset(
    {
        *(N.EXPLODING_SIGNAL, N.EXPLODING_GRADIENT, N.UPDATES_TOO_LARGE),
        *(N.LEARNING_RATE_TOO_HIGH, N.NONFINITE_LOSS, N.NONFINITE_VALUES),
    }
)
SLOW = OF_THE_LOSS - {N.OVERFITTING} | {
    N.UPDATES_TOO_SMALL,
    N.LEARNING_RATE_TOO_LOW,
}
"""What updates that are too small lead to."""
OF_UNITS = frozenset(
    {N.DEAD_OUTPUT, N.DEAD_UNITS, N.TOP_LAYER_STUCK, N.SATURATED_LAYER}
)
SYMPTOMS = SMALL | LARGE | OF_UNITS | OF_THE_LOSS
OF_THE_PROGRAM = (
    *(N.SOFTMAX_OVER_ONE_UNIT, N.LOGITS_AS_PROBABILITIES, N.PROBABILITIES_AS_LOGITS),
    *(N.OUTPUT_NOT_POSITIVE, N.TARGETS_OUT_OF_RANGE, N.SOFTMAX_FOR_SEVERAL_LABELS),
    *(N.REGRESSION_LOSS_FOR_CLASSES, N.CONSTANT_TARGETS),
    *(N.LEARNING_RATE_NOT_POSITIVE, N.NOTHING_TRAINABLE),
)
"""Faults of the program or the labels, present before the first update."""
OF_THE_SCALE = (N.INPUTS_NOT_SCALED, N.TARGETS_NOT_SCALED)
EXPLAINS: Mapping[str, frozenset[FindingName]] = {
    **dict.fromkeys(OF_THE_PROGRAM, SYMPTOMS),
    # A logarithm of 0 is a fault of the loss, whatever the data.
    **dict.fromkeys(
        OF_THE_SCALE, SYMPTOMS - {N.NONFINITE_LOSS} | {N.WRONG_INITIAL_SCALE}
    ),
    N.LOSS_SUMMED: LARGE | OF_UNITS | OF_THE_LOSS,
    N.SYMMETRY_NOT_BROKEN: SMALL | OF_UNITS | OF_THE_LOSS | {N.WRONG_INITIAL_SCALE},
    N.SOFTMAX_IN_HIDDEN_LAYER: SMALL | OF_THE_LOSS | {N.WRONG_INITIAL_SCALE},
    N.WRONG_INITIAL_SCALE: SYMPTOMS - {N.OVERFITTING, N.LEARNING_RATE_TOO_HIGH},
    # Updates are large relative to weights that penalties have shrunk.
    N.TOO_MUCH_REGULARIZATION: SMALL | OF_UNITS | OF_THE_LOSS | LARGE,
    N.TOO_MUCH_DROPOUT: SMALL | OF_UNITS | OF_THE_LOSS | LARGE,
    N.CLIPPING_TOO_STRONG: SLOW,
    N.LEARNING_RATE_DECAYS_TOO_EARLY: SLOW,
    N.LEARNING_RATE_TOO_HIGH: SYMPTOMS - {N.LEARNING_RATE_TOO_LOW},
    N.EXPLODING_SIGNAL: LARGE | OF_UNITS | OF_THE_LOSS,
    N.VANISHING_SIGNAL: SMALL | OF_UNITS | OF_THE_LOSS,
    **dict.fromkeys(OF_UNITS, SMALL | OF_THE_LOSS),
    N.EXPLODING_GRADIENT: LARGE | OF_UNITS | OF_THE_LOSS,
    N.VANISHING_GRADIENT: SMALL | OF_THE_LOSS,
    N.NONFINITE_LOSS: SYMPTOMS,
    N.NONFINITE_VALUES: SYMPTOMS,
    N.ZERO_GRADIENT: SMALL | OF_THE_LOSS,
    N.LEARNING_RATE_TOO_LOW: OF_THE_LOSS | {N.UPDATES_TOO_SMALL},
    N.UPDATES_TOO_LARGE: OF_THE_LOSS,
    N.UPDATES_TOO_SMALL: OF_THE_LOSS,
    N.NO_NONLINEARITY: OF_THE_LOSS,
    N.CONSTANT_OUTPUT: frozenset({N.LOSS_NOT_DECREASING}),
    N.LOSS_RISING: frozenset({N.LOSS_NOT_DECREASING}),
}
"""What each finding explains. Of two findings that could explain each other, the one
that `FindingName` lists first is the cause, unless it began later."""
RANK: Mapping[str, int] = {name: place for place, name in enumerate(FindingName)}
FROM_THE_START = frozenset(
    {
        *(*OF_THE_PROGRAM, *OF_THE_SCALE),
        *(N.SYMMETRY_NOT_BROKEN, N.SOFTMAX_IN_HIDDEN_LAYER),
        *(N.WRONG_INITIAL_SCALE, N.TOO_MUCH_REGULARIZATION, N.TOO_MUCH_DROPOUT),
        *(N.NO_NONLINEARITY, N.LOSS_SUMMED, N.CLIPPING_TOO_STRONG),
        N.LEARNING_RATE_DECAYS_TOO_EARLY,
    }
)
"""Causes that are as old as the run, whenever they are noticed."""


def arrange(found: Sequence[Finding]) -> list[Finding]:
    """Arranges findings by cause and effect.

    Args:
        found: Sequence of `Finding`, without consequences.

    Returns:
        List of `Finding`: those that nothing explains, each with its `consequences` and
        at least their severity, sorted by severity, errors first, then by rank.
    """
    ordered = sorted(found, key=rank)
    parents = {
        place: [
            other
            for other, cause in enumerate(ordered)
            if other != place and explains(cause, symptom)
        ]
        for place, symptom in enumerate(ordered)
    }
    causes: list[Finding] = []
    for place, finding in enumerate(ordered):
        if parents[place]:
            continue
        below = [
            ordered[other]
            for other in range(len(ordered))
            if other != place and first_cause(other, parents) == place
        ]
        causes.append(with_consequences(finding, below))
    return sorted(causes, key=lambda one: (BY_SEVERITY.index(one.severity), rank(one)))


def explains(cause: Finding, symptom: Finding) -> bool:
    """Returns whether a finding may be the cause of another one."""
    if symptom.name not in EXPLAINS.get(cause.name, ()):
        return False
    is_dated = cause.name not in FROM_THE_START and symptom.name not in OF_THE_LOSS
    if is_dated and cause.steps[0] != symptom.steps[0]:
        return cause.steps[0] < symptom.steps[0]
    mutual = cause.name in EXPLAINS.get(symptom.name, ())
    return not mutual or rank(cause) < rank(symptom)


def first_cause(place: int, parents: Mapping[int, Sequence[int]]) -> int:
    """Follows causes from one to the next until nothing explains them."""
    seen = {place}
    while parents[place]:
        place = parents[place][0]
        if place in seen:
            break
        seen.add(place)
    return place


def with_consequences(finding: Finding, below: Sequence[Finding]) -> Finding:
    names = {one.name for one in below}
    severities = [one.severity for one in (finding, *below)]
    if names & FAILURES:
        severities.append(Severity.ERROR)
    worst = min(severities, key=BY_SEVERITY.index)
    return replace(finding, severity=worst, consequences=tuple(below))


def rank(finding: Finding) -> tuple[int, int]:
    return RANK.get(finding.name, len(RANK)), finding.steps[0]


def without(found: Sequence[Finding], names: Collection[str]) -> list[Finding]:
    """Leaves out findings with some names, also among the consequences."""
    return [
        replace(
            one,
            consequences=tuple(
                other for other in one.consequences if other.name not in names
            ),
        )
        for one in found
        if one.name not in names
    ]
