"""Chooses remedies for findings, in the order in which they are likely to help."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from keras_xavier.diagnosis.causes import SYMPTOMS
from keras_xavier.diagnosis.finding import Finding, FindingName
from keras_xavier.remedies.data_changes import (
    balanced_classes,
    early_stopping,
    only_finite_examples,
    scale_inputs,
    scale_targets,
)
from keras_xavier.remedies.expression_changes import (
    positive_before_logarithm,
    without_blocks,
    without_layer,
)
from keras_xavier.remedies.layer_changes import (
    batch_normalization,
    better_initializers,
    faster_statistics,
    leaky_relu_in_hidden_layers,
    no_hidden_sigmoid,
    no_hidden_softmax,
    nonlinearity,
    relu_in_hidden_layers,
    usual_initializers,
)
from keras_xavier.remedies.optimizer_changes import (
    adam,
    constant_rate,
    default_rate,
    default_rate_if_not_positive,
    gradient_clipping,
    positive_rate,
    rate_times,
    usual_momentum,
    weaker_clipping,
)
from keras_xavier.remedies.output_changes import (
    linear_output,
    linear_output_and_scaled_targets,
    mean_loss,
    output_that_fits,
    usual_loss,
)
from keras_xavier.remedies.penalty_changes import (
    added_dropout,
    added_regularization,
    lower_dropout,
    no_dropout,
    no_regularization,
    weaker_regularization,
)
from keras_xavier.remedies.program import Facts, Program, Remedy

Change = Callable[[Program, Facts], Remedy | None]
"""Changes a program; `None` if the change does not apply."""
lower, much_lower = rate_times(0.1), rate_times(0.01)
higher, much_higher = rate_times(10.0), rate_times(100.0)
N = FindingName
OUTPUT = (linear_output_and_scaled_targets, output_that_fits)
WEIGHTS = (
    *(no_hidden_sigmoid, better_initializers, batch_normalization),
    relu_in_hidden_layers,
)
REMEDIES: Mapping[str, tuple[Change, ...]] = {
    **dict.fromkeys(
        (
            *(N.SOFTMAX_OVER_ONE_UNIT, N.LOGITS_AS_PROBABILITIES),
            *(N.PROBABILITIES_AS_LOGITS, N.SOFTMAX_FOR_SEVERAL_LABELS),
            *(N.REGRESSION_LOSS_FOR_CLASSES, N.TARGETS_OUT_OF_RANGE),
            N.OUTPUT_NOT_POSITIVE,
        ),
        OUTPUT,
    ),
    N.DEAD_OUTPUT: (*OUTPUT, linear_output, better_initializers),
    N.CONSTANT_TARGETS: (),
    N.INPUTS_NOT_SCALED: (scale_inputs, batch_normalization),
    N.TARGETS_NOT_SCALED: (scale_targets,),
    N.LOSS_SUMMED: (mean_loss, lower),
    N.LEARNING_RATE_NOT_POSITIVE: (positive_rate, default_rate, adam),
    N.SYMMETRY_NOT_BROKEN: (better_initializers,),
    N.SOFTMAX_IN_HIDDEN_LAYER: (relu_in_hidden_layers,),
    N.WRONG_INITIAL_SCALE: (*WEIGHTS[:-1], lower),
    N.TOO_MUCH_REGULARIZATION: (no_regularization, weaker_regularization),
    N.TOO_MUCH_DROPOUT: (lower_dropout, no_dropout),
    N.NOTHING_TRAINABLE: (),
    N.CLIPPING_TOO_STRONG: (weaker_clipping, adam),
    N.LEARNING_RATE_DECAYS_TOO_EARLY: (constant_rate, default_rate, adam),
    N.MOVING_STATISTICS_NOT_CONVERGED: (faster_statistics,),
    N.LEARNING_RATE_TOO_HIGH: (usual_momentum, lower, default_rate, much_lower, adam),
    N.EXPLODING_SIGNAL: (*WEIGHTS, lower),
    N.VANISHING_SIGNAL: (*WEIGHTS, adam),
    N.DEAD_UNITS: (
        *(better_initializers, leaky_relu_in_hidden_layers, lower),
        batch_normalization,
    ),
    N.TOP_LAYER_STUCK: (relu_in_hidden_layers, batch_normalization, adam),
    N.SATURATED_LAYER: (scale_inputs, *WEIGHTS, lower),
    N.EXPLODING_GRADIENT: (better_initializers, gradient_clipping, lower),
    N.VANISHING_GRADIENT: (relu_in_hidden_layers, *WEIGHTS, adam),
    N.NONFINITE_LOSS: (
        *(output_that_fits, usual_loss, positive_before_logarithm, scale_inputs),
        *(only_finite_examples, lower, gradient_clipping, scale_targets),
    ),
    N.NONFINITE_VALUES: (
        *(only_finite_examples, output_that_fits, usual_loss),
        *(positive_before_logarithm, without_layer, relu_in_hidden_layers),
        *(scale_inputs, lower, gradient_clipping, scale_targets),
    ),
    N.ZERO_GRADIENT: (
        *(without_blocks, *OUTPUT, better_initializers, leaky_relu_in_hidden_layers),
    ),
    N.LEARNING_RATE_TOO_LOW: (constant_rate, higher, adam, much_higher),
    N.UPDATES_TOO_LARGE: (lower, default_rate, much_lower, adam),
    N.UPDATES_TOO_SMALL: (weaker_clipping, constant_rate, higher, adam, much_higher),
    N.NO_NONLINEARITY: (relu_in_hidden_layers,),
    N.CONSTANT_OUTPUT: (
        *(output_that_fits, scale_inputs, balanced_classes, better_initializers),
        batch_normalization,
    ),
    N.LOSS_RISING: (positive_rate, default_rate, adam, lower),
    N.LOSS_NOT_DECREASING: (
        *(output_that_fits, scale_inputs, scale_targets, better_initializers),
    ),
    N.OVERFITTING: (early_stopping, added_dropout, added_regularization),
}
"""Changes for each finding, the most promising ones first."""
CERTAIN: tuple[Change, ...] = (
    *(only_finite_examples, without_blocks, *OUTPUT, positive_rate),
    *(
        default_rate_if_not_positive,
        scale_inputs,
        scale_targets,
        nonlinearity,
        no_hidden_softmax,
        lower_dropout,
    ),
    usual_initializers,
)
"""Changes that apply only where the program or the data has a certain fault."""
IN_GENERAL: tuple[Change, ...] = (
    *(
        usual_loss,
        without_layer,
        no_regularization,
        balanced_classes,
        adam,
        lower,
        higher,
    ),
    *(better_initializers, batch_normalization, relu_in_hidden_layers),
    *(much_lower, much_higher, leaky_relu_in_hidden_layers, linear_output),
    *(gradient_clipping, no_dropout),
)
"""Changes that are tried last, or without findings."""


def choose(
    findings: Sequence[Finding], program: Program, facts: Facts, limit: int
) -> list[Remedy]:
    """Chooses remedies.

    The first remedy of each cause comes first, then all of these together, then the
    other remedies of the causes, those of their consequences, and remedies that often
    help. If all findings are symptoms, faults that are visible in the program or its
    data come before them.

    Args:
        findings: Sequence of `Finding`. The causes.
        program: `Program`.
        facts: `Facts`.
        limit: int. Largest number of remedies.

    Returns:
        List of `Remedy`, those likely to help first.
    """
    found: list[Remedy] = []
    for change in ordered_changes(findings, program, facts):
        if len(found) == limit:
            break
        remedy = change(program, facts)
        if remedy and not any(same(remedy, other) for other in found):
            found.append(remedy)
    return found


def ordered_changes(
    findings: Sequence[Finding], program: Program, facts: Facts
) -> Iterator[Change]:
    lists = [
        [change for change in changes_for(one) if change(program, facts)]
        for one in findings
    ]
    firsts = list(dict.fromkeys(changes[0] for changes in lists if changes))
    if all(one.name in SYMPTOMS for one in findings):
        yield from CERTAIN
    yield from firsts[:2]
    if len(firsts) > 1:
        yield together(firsts)
    yield from firsts[2:]
    yield from alternating([changes[1:] for changes in lists])
    for finding in findings:
        for name in names_of(finding.consequences):
            yield from REMEDIES.get(name, ())
    yield from CERTAIN
    yield from IN_GENERAL


def changes_for(finding: Finding) -> tuple[Change, ...]:
    """Returns the changes for a finding, those with a measured factor first."""
    changes = REMEDIES.get(finding.name, ())
    factors = [one.value for one in finding.numbers if one.name == "factor"]
    if finding.name != N.LEARNING_RATE_TOO_HIGH or not factors:
        return changes
    # As rough as the remedy in the report.
    share = float(f"{1 / factors[0]:.1g}") if factors[0] > 1 else 1.0
    return (rate_times(share), *changes) if 0 < share < 1 else changes


def names_of(findings: Iterable[Finding]) -> Iterator[str]:
    """Yields the names of findings and of their consequences."""
    for finding in findings:
        yield finding.name
        yield from names_of(finding.consequences)


def alternating(lists: Sequence[Sequence[Change]]) -> Iterator[Change]:
    for place in range(max(map(len, lists), default=0)):
        for changes in lists:
            if place < len(changes):
                yield changes[place]


def together(changes: Sequence[Change]) -> Change:
    """Makes a change that applies several changes one after another."""

    def change(program: Program, facts: Facts) -> Remedy | None:
        titles, lines = [], []
        for one in changes:
            remedy = one(program, facts)
            if remedy is not None:
                program = remedy.program
                titles.append(remedy.title)
                lines += list(remedy.changes)
        if len(titles) < 2:
            return None
        others = [f"{title[0].lower()}{title[1:]}" for title in titles[1:]]
        title = " and ".join([titles[0], *others])
        return Remedy(title, program, tuple(lines))

    return change


def same(one: Remedy, other: Remedy) -> bool:
    """Returns whether two remedies train the same program."""
    if one.title == other.title:
        return True
    here, there = one.program, other.program
    without_loss = replace(here, loss=None) == replace(there, loss=None)
    return without_loss and repr(shown(here.loss)) == repr(shown(there.loss))


def shown(loss: object) -> object:
    config = getattr(loss, "get_config", None)
    return (type(loss).__name__, config()) if config else loss
