"""Learning rates that fall too early, and warm-up that does not end."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from keras_xavier.diagnosis.code_changes import optimizer_line
from keras_xavier.diagnosis.finding import Finding, FindingName, Number, Severity
from keras_xavier.diagnosis.guessing import loss_before_learning
from keras_xavier.diagnosis.learned import has_learned
from keras_xavier.diagnosis.loss import loss_values
from keras_xavier.diagnosis.program import is_number, optimizer
from keras_xavier.diagnosis.reading import (
    Array,
    NotChecked,
    has_matrix,
    root_mean_square,
    whole,
)
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.diagnosis.updates import read_update_ratio
from keras_xavier.figure_spec import FigureSpec
from keras_xavier.network.recorded import mapping
from keras_xavier.runs import Run
from keras_xavier.runs.phases import read_phases
from keras_xavier.statistics import Quantity

SOURCE = "Loshchilov & Hutter (2017), SGDR; Goyal et al. (2017), section 2.2 (warm-up)"
PEAKS = ("warmup_target", "initial_learning_rate")


def schedule(run: Run) -> Mapping[str, Any]:
    """Returns the settings of the learning rate schedule; empty without one."""
    rate = mapping(optimizer(run).get("learning_rate"))
    config = mapping(rate.get("config")) or rate
    kind = rate.get("class_name", rate.get("class"))
    return {"class": kind, **config} if isinstance(kind, str) else {}


def highest_rate(run: Run) -> float | None:
    """Returns the highest learning rate that is known from the settings."""
    settings, rate = schedule(run), optimizer(run).get("learning_rate")
    values = settings.get("values")
    listed = values if isinstance(values, list) else []
    candidates = [rate, *(settings.get(name) for name in PEAKS), *listed]
    known = [float(one) for one in candidates if is_number(one) and one > 0]
    return max(known, default=None)


def learning_rate_decays_too_early(
    run: Run, thresholds: Thresholds
) -> Iterable[Finding]:
    """Finds updates that shrink to nothing while the gradient does not.

    The size of updates shows what a schedule of any kind or a callback does.
    """
    name, _, values = loss_values(run, thresholds)
    if read_phases(run.attributes):
        # Another phase of training may have another learning rate.
        raise NotChecked("the model was compiled more than once")
    sizes, gradients = sizes_of_updates(run), sizes_of_gradients(run)
    peak = int(np.argmax(sizes))
    small = sizes < sizes[peak] / thresholds.rate_decay
    large = np.flatnonzero(~small)
    first = int(large[-1]) + 1
    if first >= len(sizes):
        return
    rest = int(run.steps[-1] - run.steps[first])
    if rest < max(thresholds.min_updates, (run.steps[-1] - run.steps[0]) / 2):
        return
    # The gradient of networks that have converged or died falls like the updates.
    if np.median(gradients[first:]) < np.max(gradients) / 10:
        return
    if has_learned(run, thresholds):
        return
    level = loss_before_learning(run, thresholds, values)
    failed = values[-1] > thresholds.unlearned_share * level
    kind = schedule(run).get("class")
    rate = highest_rate(run)
    step = int(run.steps[first])
    if kind:
        remedy = f"Stretch {kind} over the whole training run"
        if rate is not None:
            remedy += f", or first try a constant learning rate of {rate:g}"
    else:
        remedy = (
            "Remove the callback that lowers the learning rate, or raise its min_lr "
            "and its patience"
        )
    yield Finding(
        name=FindingName.LEARNING_RATE_DECAYS_TOO_EARLY,
        severity=Severity.ERROR if failed else Severity.WARNING,
        layers=(),
        steps=(step, int(run.steps[-1])),
        numbers=(
            Number("largest update-to-weight ratio", float(sizes[peak])),
            Number("last update-to-weight ratio", float(sizes[-1])),
            *(() if rate is None else (Number("highest learning rate", rate),)),
            Number(f"last {name}", float(values[-1])),
        ),
        figure=FigureSpec("update-ratio", step=step),
        summary=(
            "The learning rate falls too early"
            + (f", with the schedule {kind}" if kind else "")
            + f": from step {step:,} on, updates are less than a "
            f"{number_word(thresholds.rate_decay)} of the largest, and the {name} "
            f"stays near {values[-1]:.3g}."
        ),
        explanation=(
            "The gradient does not shrink with them, so there is something left to "
            "learn. "
            f"The last {rest:,} of {int(run.steps[-1]):,} updates change the weights "
            "by almost nothing."
        ),
        remedy=f"{remedy}.",
        change=None
        if rate is None or not kind
        else optimizer_line(run, learning_rate=rate),
        source=SOURCE,
    )


def number_word(factor: float) -> str:
    return "hundredth" if factor == 100 else f"1/{factor:g}"


def sizes_of_updates(run: Run) -> Array:
    """Returns the median update-to-weight ratio of the layers, of shape (record,)."""
    return median_of_layers(run, read_update_ratio(run), "updates")


def sizes_of_gradients(run: Run) -> Array:
    """Returns the median size of the gradient of the layers, of shape (record,)."""
    sizes = root_mean_square(run, Quantity.WEIGHT_GRADIENT)
    return median_of_layers(run, sizes, "gradients")


def median_of_layers(run: Run, values: Array, name: str) -> Array:
    values = values[:, has_matrix(run)]
    values = values[:, np.isfinite(values).all(axis=0)]
    if not values.size:
        raise NotChecked(f"{name} of the weights are not recorded")
    found: Array = np.median(values, axis=1)
    return found


def warm_up_too_long(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds a warm-up that has hardly begun when training ends."""
    settings = schedule(run)
    length, target = settings.get("warmup_steps"), settings.get("warmup_target")
    start = settings.get("initial_learning_rate")
    if not (is_number(length) and is_number(target) and is_number(start)):
        return
    name, _, values = loss_values(run, thresholds)
    updates = int(run.steps[-1] - run.steps[0])
    if not 0 < updates < length or target <= 0 or read_phases(run.attributes):
        return
    reached = start + (target - start) * updates / length
    if reached > thresholds.warm_up_share * target or has_learned(run, thresholds):
        return
    shorter = max(updates // 10, 1)
    others = {key: one for key, one in settings.items() if key != "class"}
    shortened = {**others, "warmup_steps": shorter}
    changed = {"class_name": settings["class"], "config": shortened}
    yield Finding(
        name=FindingName.LEARNING_RATE_TOO_LOW,
        severity=Severity.WARNING,
        layers=(),
        steps=whole(run),
        numbers=(
            Number("last learning rate", reached),
            Number("warmup_target", target),
            Number("warmup_steps", length, "updates"),
            Number(f"last {name}", float(values[-1])),
        ),
        figure=FigureSpec("update-ratio", step=whole(run)[-1]),
        summary=(
            f"The learning rate is too low, because the warm-up is too long: after "
            f"{updates:,} of {length:,.0f} updates, it has reached {reached:.2g} of "
            f"{target:g}."
        ),
        explanation="Until the warm-up ends, the learning rate is only a part of its "
        "target, and updates are smaller by the same factor.",
        remedy=f"Use a shorter warm-up, such as a tenth of the updates: {shorter:,}.",
        change=optimizer_line(run, learning_rate=changed),
        source=SOURCE,
    )
