"""Learning rates that are too high, too low, or not positive."""

from collections.abc import Iterable, Iterator

import numpy as np

from keras_xavier.diagnosis.code_changes import optimizer_line
from keras_xavier.diagnosis.finding import Finding, FindingName, Number, Severity
from keras_xavier.diagnosis.guessing import loss_before_learning, loss_of_guessing
from keras_xavier.diagnosis.loss import loss_values
from keras_xavier.diagnosis.network import hidden_rows
from keras_xavier.diagnosis.program import default_learning_rate, is_number, optimizer
from keras_xavier.diagnosis.reading import (
    NO_RECORDS,
    NotChecked,
    has_matrix,
    read,
    read_counts,
    read_metrics,
    root_mean_square,
    whole,
)
from keras_xavier.diagnosis.remedies import learning_rate, try_it
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.diagnosis.updates import (
    of_their_size,
    read_update_ratio,
    typical_update,
)
from keras_xavier.figure_spec import FigureSpec, ReferenceLine
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity, Statistic

HIGH_MOMENTUM = 0.98
"""Momentum above the usual 0.9 to 0.95; 0.99 needs a lower learning rate."""
SOURCE = (
    "Bengio (2012), Practical recommendations for gradient-based training of deep "
    "architectures; Schneider et al. (2021), Cockpit"
)


def learning_rate_not_positive(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds a learning rate of 0 or below."""
    if not run.records:
        raise NotChecked(NO_RECORDS)
    recorded = optimizer(run).get("learning_rate")
    if not is_number(recorded):
        raise NotChecked("the learning rate is not recorded as a number")
    rate = float(recorded)
    logged = read_metrics(run).get("learning_rate")
    if not rate <= 0 or (logged is not None and (logged[1] > 0).any()):
        return
    moved = read(run, Quantity.WEIGHT_UPDATE, Statistic.STD)
    if rate == 0 and (np.nan_to_num(moved) > 0).any():
        # The program changes the rate during training.
        return
    kind = str(optimizer(run).get("class"))
    usual = default_learning_rate(kind)
    negative = rate < 0
    yield Finding(
        name=FindingName.LEARNING_RATE_NOT_POSITIVE,
        severity=Severity.ERROR,
        layers=(),
        steps=whole(run),
        numbers=(Number("learning rate", rate),),
        figure=FigureSpec("training-curves"),
        summary=f"The learning rate is {rate:g}, which is not positive.",
        explanation=(
            "The optimizer subtracts the learning rate times the gradient. With a "
            "negative learning rate, each update increases the loss."
            if negative
            else "With a learning rate of 0, updates do not change the weights."
        ),
        remedy=f"Use a positive learning rate, such as {usual:g}.",
        change=optimizer_line(run, learning_rate=-rate if negative else usual),
        source="keras.optimizers",
    )


def learning_rate_too_high(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds steps that are too long."""
    rate = learning_rate(run)
    ratio = early_ratio(run, thresholds)
    evidence = [
        *by_step_quality(run, thresholds),
        *by_gradient(run),
        *by_update(run, thresholds, ratio),
    ] or [*by_momentum(run, thresholds)]
    if not evidence:
        return
    if has_high_momentum(run):
        yield too_much_momentum(run, thresholds, evidence[0][0])
        return
    factor = max(found for _, found in evidence)
    facts = " and ".join(text for text, _ in evidence[:2])
    advice = f"by a factor of about {float(f'{factor:.1g}'):,.0f}"
    lower = None if rate is None else float(f"{rate / factor:.1g}")
    yield Finding(
        name=FindingName.LEARNING_RATE_TOO_HIGH,
        severity=Severity.ERROR,
        layers=(),
        steps=whole(run),
        numbers=(
            *(() if rate is None else (Number("learning rate", rate),)),
            Number("factor", factor),
            *(() if np.isnan(ratio) else (Number("early update ratio", ratio),)),
        ),
        figure=FigureSpec("update-ratio", step=int(run.steps[0])),
        lines=(ReferenceLine(thresholds.usual_update, "largest usual ratio"),),
        summary=(
            ("The learning rate" if rate is None else f"The learning rate of {rate:g}")
            + f" is too high: {facts}."
        ),
        explanation=(
            "Each update leads beyond the minimum along its direction, and overwrites "
            "what earlier updates have learned. Units that it saturates or kills do "
            "not recover."
        ),
        remedy="Lower the learning rate "
        + (f"from {rate:g} to about {lower:g}." if rate else f"{advice}."),
        change=None if rate is None else optimizer_line(run, learning_rate=lower),
        command="" if lower is None else try_it(run, learning_rate=lower),
        source=SOURCE,
    )


def has_high_momentum(run: Run) -> bool:
    momentum = optimizer(run).get("momentum")
    return is_number(momentum) and HIGH_MOMENTUM < momentum < 1


def too_much_momentum(run: Run, thresholds: Thresholds, fact: str) -> Finding:
    momentum = float(optimizer(run)["momentum"])
    rate = learning_rate(run)
    times = 1 / (1 - momentum)
    return Finding(
        name=FindingName.LEARNING_RATE_TOO_HIGH,
        severity=Severity.ERROR,
        layers=(),
        steps=whole(run),
        numbers=(
            Number("1 − momentum", 1 - momentum),
            *(() if rate is None else (Number("learning rate", rate),)),
        ),
        figure=FigureSpec("update-ratio", step=int(run.steps[0])),
        lines=(ReferenceLine(thresholds.usual_update, "largest usual ratio"),),
        summary=(f"Updates are too large with a momentum of {momentum:g}: {fact}."),
        explanation=(
            f"Momentum adds up the last {times:,.0f} gradients or so, which makes "
            f"steps in a lasting direction up to {times:,.0f} times as long as the "
            "learning rate alone, and the network keeps moving uphill for as many "
            "updates."
        ),
        remedy="Use a momentum of 0.9. If the loss still rises, lower the learning "
        "rate tenfold.",
        change=optimizer_line(run, momentum=0.9),
        source="Sutskever et al. (2013), On the importance of initialization and "
        "momentum in deep learning",
    )


Evidence = Iterator[tuple[str, float]]


def early_ratio(run: Run, thresholds: Thresholds) -> float:
    """Returns the largest update-to-weight ratio of the first updates.

    Weights that are initialized to 0, such as those of a new output, do not count.
    Updates of weights that are initialized far too small are compared with weights that
    are not: the size of the weights is at fault, not that of the updates.
    """
    if not run.records:
        return float("nan")
    matrix = has_matrix(run)
    ratio = read_update_ratio(run)[run.steps <= thresholds.early_updates][:, matrix]
    fan_in = read_counts(run, Quantity.WEIGHT) / [
        max(layer.units, 1) for layer in run.layers
    ]
    first = (root_mean_square(run, Quantity.WEIGHT)[0] * np.sqrt(fan_in))[matrix]
    ratio = ratio * np.minimum(first / thresholds.small_weight, 1)
    known = ratio[np.isfinite(ratio)]
    return float(known.max()) if len(known) else float("nan")


def by_step_quality(run: Run, thresholds: Thresholds) -> Evidence:
    metrics = read_metrics(run)
    names = ("loss_before", "loss_after", "step_sharpness")
    if any(name not in metrics for name in names):
        return
    steps, before = metrics["loss_before"]
    after, sharpness = metrics["loss_after"][1], metrics["step_sharpness"][1]
    if not len(before) == len(after) == len(sharpness):
        return
    early = (
        (steps <= thresholds.early_updates) & np.isfinite(before) & np.isfinite(after)
    )
    if np.count_nonzero(early) < thresholds.min_losses:
        return
    share = float(np.mean(after[early] > before[early]))
    steep = sharpness[early & np.isfinite(sharpness)]
    curvature = float(np.median(steep)) if len(steep) else 0.0
    if share >= thresholds.raising_share and curvature > 1:
        yield (
            f"{share:.0%} of the first updates raise the loss of their batch",
            (max(curvature, 2.0)),
        )


def by_gradient(run: Run) -> Evidence:
    """Compares the first decrease η‖g‖² with the loss, for gradient descent.

    A parabola that is never negative has at least the sharpness η‖g‖² / 2L.
    """
    settings, metrics = optimizer(run), read_metrics(run)
    rate = settings.get("learning_rate")
    clips = any(settings.get(name) for name in ("clipnorm", "clipvalue"))
    clips = clips or bool(settings.get("global_clipnorm") or settings.get("momentum"))
    if settings.get("class") != "SGD" or clips or not is_number(rate):
        return
    if "loss" not in metrics or "gradient_norm" not in metrics or run.steps[0]:
        return
    (ends, losses), (steps, norms) = metrics["loss"], metrics["gradient_norm"]
    if not len(losses) or not (losses > 0).all():
        return
    chosen = norms[steps < ends[0]]
    chosen = chosen[np.isfinite(chosen)]
    if len(chosen) < 3:
        return
    bound = float(rate) * float(np.mean(chosen**2)) / float(losses[0]) / 2
    if bound > 2:
        text = f"the gradient is at least {bound:.2g} times too large for it"
        yield text, bound


def by_update(run: Run, thresholds: Thresholds, ratio: float) -> Evidence:
    """Large first updates, and what becomes of the network."""
    if not ratio > thresholds.large_update / 2:
        return
    factor = ratio / thresholds.usual_update
    large = f"first updates change weights by up to {of_their_size(ratio)}"
    early = np.flatnonzero(run.steps <= thresholds.early_updates)
    dead = read(run, Quantity.ACTIVATION, Statistic.DEAD)
    hidden = hidden_rows(run)
    if hidden and len(early) > 1:
        grown = np.nan_to_num(dead[early[-1], hidden] - dead[0, hidden])
        last = np.nan_to_num(dead[early[-1], hidden])
        if ((grown >= thresholds.dying_share) & (last >= thresholds.dead_share)).any():
            dying = "all" if last.max() == 1 else f"{last.max():.0%} of the"
            yield f"{large}, and {dying} units of a layer die", factor
            return
    norms = read_metrics(run).get("gradient_norm")
    if ratio >= 1 and norms is not None:
        finite = np.isfinite(norms[1])
        if finite[:1].all() and not finite.all():
            yield f"{large}, until the gradient is not finite", factor
            return
    try:
        _, _, values = loss_values(run, thresholds)
    except NotChecked:
        return
    guess = loss_of_guessing(run, thresholds)
    start = max(values[0], 0) if guess is None else guess
    if values[-1] > 2 * start > 0:
        yield f"{large}, and the loss ends at {values[-1]:.3g}", factor
        return
    before = values[:-1]
    rises = np.diff(values) > thresholds.loss_jump * np.abs(before)
    # Small losses fluctuate.
    rises &= values[1:] > 0.05 * abs(values[0])
    share = float(rises.mean())
    if share >= thresholds.jumping_share and ratio >= thresholds.large_update:
        jump = f"more than {thresholds.loss_jump:.0%}"
        text = f"the loss rises by {jump} in {share:.0%} of the epochs"
        yield f"{large}, and {text}", factor


def by_momentum(run: Run, thresholds: Thresholds) -> Evidence:
    """A loss that rises again, with a momentum that is unusually high."""
    if not has_high_momentum(run):
        return
    try:
        name, _, values = loss_values(run, thresholds)
    except NotChecked:
        return
    lowest, last = float(values.min()), float(values[-1])
    level = loss_before_learning(run, thresholds, values)
    rises = last > (1 + thresholds.unsteady_rise) * lowest
    if rises and last > thresholds.solved_share * level > 0:
        yield f"the {name} rises from {lowest:.3g} to {last:.3g}", 1.0


def learning_rate_too_low(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds small updates with a loss that still falls at its first pace."""
    name, steps, values = loss_values(run, thresholds)
    rate = learning_rate(run)
    if rate is None:
        raise NotChecked("the learning rate is not recorded as a number")
    typical = typical_update(run)
    slow = thresholds.slow_update
    if not 0 < typical < slow or run.steps[0]:
        return
    middle = len(values) // 2
    early, late = values[0] - values[middle], values[middle] - values[-1]
    pace = early / (steps[middle] - steps[0]), late / (steps[-1] - steps[middle])
    guess = loss_of_guessing(run, thresholds)
    # A network that starts below the level of guessing is trained already.
    trained = guess is None or values[0] < (1 - 0.1) * guess
    falling = early > 0 and pace[1] >= 0.5 * pace[0]
    mostly_left = values[-1] > 0.5 * values[0]
    kind = str(optimizer(run).get("class"))
    highest = 10 * default_learning_rate(kind)
    better = float(f"{min(rate * 10 * slow / typical, highest):.1g}")
    if trained or not falling or not mostly_left or better < 3 * rate:
        return
    yield Finding(
        name=FindingName.LEARNING_RATE_TOO_LOW,
        severity=Severity.WARNING,
        layers=(),
        steps=whole(run),
        numbers=(
            Number("learning rate", rate),
            Number("typical update-to-weight ratio", typical),
            Number(f"first {name}", float(values[0])),
            Number(f"last {name}", float(values[-1])),
        ),
        figure=FigureSpec("training-curves"),
        summary=(
            f"The learning rate of {rate:g} is too low: after {steps[-1]:,} updates, "
            f"the {name} of {values[-1]:.4g} still falls at its first pace."
        ),
        explanation=(
            f"A typical update changes the weights by {of_their_size(typical)}; "
            "about 0.1% is usual. Training needs many more updates than "
            "necessary."
        ),
        remedy=f"Raise the learning rate from {rate:g} to about {better:g}.",
        change=optimizer_line(run, learning_rate=better),
        command=try_it(run, learning_rate=better),
        source=SOURCE,
    )
