"""Remedies that make the output, the loss and the targets fit together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from keras_xavier.diagnosis.finding import CodeChange
from keras_xavier.diagnosis.output_values import RANGES
from keras_xavier.remedies.compile_code import compile_change
from keras_xavier.remedies.data_changes import scale_targets
from keras_xavier.remedies.editing import code_change, line, set_activation
from keras_xavier.remedies.graph_edits import OutputLayers, outputs
from keras_xavier.remedies.program import (
    Facts,
    Program,
    Remedy,
    loss_names,
    losses_by_output,
    output_keys,
    takes_logits,
)
from keras_xavier.remedies.task import CROSS_ENTROPIES, Kind, Task

LOSSES = {
    Kind.CLASSES: ("softmax", keras.losses.SparseCategoricalCrossentropy),
    Kind.ONE_HOT: ("softmax", keras.losses.CategoricalCrossentropy),
    Kind.BINARY: ("sigmoid", keras.losses.BinaryCrossentropy),
    Kind.LABELS: ("sigmoid", keras.losses.BinaryCrossentropy),
    Kind.REGRESSION: ("linear", keras.losses.MeanSquaredError),
}
"""Usual activation function of the output, and loss, by task."""
ACCEPTED = {
    Kind.CLASSES: ("sparse_categorical_crossentropy",),
    Kind.ONE_HOT: (
        *("categorical_crossentropy", "categorical_focal_crossentropy"),
        *("kl_divergence",),
    ),
    Kind.BINARY: (
        *("binary_crossentropy", "binary_focal_crossentropy", "hinge"),
        "squared_hinge",
    ),
    Kind.LABELS: ("binary_crossentropy", "binary_focal_crossentropy"),
}
"""Losses that suit classes or labels."""


@dataclass(frozen=True)
class Fit:
    """How an output, its loss and its targets should fit together.

    Attributes:
        activation: str. Activation function of the output.
        loss: Loss.
        units: int or `None`. Units of the output layer; `None` keeps them.
    """

    activation: str
    loss: Any
    units: int | None = None


def exceeds(values: Any, limits: tuple[float, float]) -> bool:
    numbers = np.asarray(values, np.float64)
    numbers = numbers[np.isfinite(numbers)]
    return bool((numbers < limits[0]).any() or (numbers > limits[1]).any())


def fitting(
    task: Task, output: OutputLayers, loss: Any, name: str | None, values: Any
) -> Fit | None:
    """Returns how an output should be; `None` if it is, or has a custom loss."""
    activation = output.activation or "linear"
    usual, kind = LOSSES[task.kind]
    units = None if output.weights is None else output.weights.settings.get("units")
    if task.kind is Kind.REGRESSION:
        if name in CROSS_ENTROPIES and exceeds(values, (0, 1)):
            return Fit("linear", kind())
        if name == "poisson" and RANGES.get(output.activation, (-1,))[0] < 0:
            return Fit("softplus", loss)
        wrong = exceeds(values, RANGES.get(activation, (-np.inf, np.inf))) or (
            activation == "softmax" and units == 1
        )
        return Fit("linear", loss) if wrong else None
    if name is None:
        return None
    logits = takes_logits(loss)
    missing = None
    if task.kind is Kind.CLASSES and isinstance(units, int) and units < task.classes:
        missing = task.classes
    if name in ACCEPTED[task.kind]:
        if "hinge" in name:
            return None
        same = kind if name == ACCEPTED[task.kind][0] else type(loss)
        if name == "kl_divergence":
            return None if activation == "softmax" else Fit("softmax", loss)
        if activation == "linear" and missing is None:
            return None if logits else Fit("linear", same(from_logits=True))
        if activation == usual and missing is None and not logits:
            return None
        return Fit(usual, same() if logits else loss, missing)
    if task.kind is Kind.ONE_HOT and name == "binary_crossentropy":
        if activation == "sigmoid" and not logits:
            return None
        if activation == "linear" and logits:
            return None
    return Fit(usual, kind(), missing)


def output_that_fits(program: Program, facts: Facts) -> Remedy | None:
    """Changes output layers and losses that do not suit the targets."""
    return changed_outputs(
        program,
        facts,
        [
            fitting(task, one, loss, name, values)
            for task, one, loss, name, values in zip(
                facts.tasks,
                outputs_of(program, facts),
                losses_by_output(program, len(facts.tasks)),
                loss_names(program, len(facts.tasks)),
                facts.y,
                strict=True,
            )
        ],
    )


def outputs_of(program: Program, facts: Facts) -> list[OutputLayers]:
    found = outputs(dict(program.network.config))
    unknown = OutputLayers(None, ())
    return found if len(found) == len(facts.tasks) else [unknown] * len(facts.tasks)


def usual_loss(program: Program, facts: Facts) -> Remedy | None:
    """Replaces losses of the user by the usual loss of the task."""
    wanted: list[Fit | None] = []
    for task, name in zip(
        facts.tasks, loss_names(program, len(facts.tasks)), strict=True
    ):
        activation, kind = LOSSES[task.kind]
        wanted.append(Fit(activation, kind()) if name is None else None)
    return changed_outputs(program, facts, wanted)


def mean_loss(program: Program, facts: Facts) -> Remedy | None:
    """Divides losses that are summed over the batch by the number of examples."""
    losses = losses_by_output(program, len(facts.tasks))
    changed = [with_mean(one) for one in losses]
    if all(new is old for new, old in zip(changed, losses, strict=True)):
        return None
    after = replace(program, loss=in_form(program, changed))
    title = "Mean of the loss over the batch"
    return Remedy(title, after, (compile_change(program, after),))


def with_mean(loss: Any) -> Any:
    """Returns a loss that is not summed; the same if it is not."""
    if not isinstance(loss, keras.losses.Loss) or loss.reduction != "sum":
        return loss
    # Configurations, from which Keras makes copies, lack parameters of some losses.
    mean = object.__new__(type(loss))
    vars(mean).update(vars(loss) | {"reduction": "sum_over_batch_size"})
    return mean


def linear_output(program: Program, facts: Facts) -> Remedy | None:
    """Makes the outputs of regressions linear."""
    losses = losses_by_output(program, len(facts.tasks))
    wanted = [
        Fit("linear", loss)
        if task.kind is Kind.REGRESSION and one.activation is not None
        else None
        for task, one, loss in zip(
            facts.tasks, outputs_of(program, facts), losses, strict=True
        )
    ]
    return changed_outputs(program, facts, wanted)


def linear_output_and_scaled_targets(program: Program, facts: Facts) -> Remedy | None:
    """Makes the outputs of regressions linear, and scales their targets."""
    first = output_that_fits(program, facts) or linear_output(program, facts)
    second = scale_targets(first.program, facts) if first else None
    if first is None or second is None:
        return None
    title = f"{first.title} and scaled targets"
    return Remedy(title, second.program, (*first.changes, *second.changes))


def changed_outputs(
    program: Program, facts: Facts, wanted: Sequence[Fit | None]
) -> Remedy | None:
    config = program.network.copied()
    found = outputs(config)
    losses = losses_by_output(program, len(wanted))
    new_losses = list(losses)
    before, after, words = [], [], []
    for place, fit in enumerate(wanted):
        if fit is None:
            continue
        new_losses[place] = fit.loss
        layers = found[place] if len(found) == len(wanted) else None
        if layers is None or not layers.entries:
            continue
        old = [line(program, one.layer) for one in layers.entries]
        set_output(layers, fit)
        new = [line(program, one.layer) for one in layers.entries]
        for was, now in zip(old, new, strict=True):
            if was != now:
                before.append(was)
                after.append(now)
    has_layers = bool(before)
    changes: list[CodeChange] = []
    if has_layers:
        changes.append(code_change(before, after))
        names = [fit.activation for fit in wanted if fit is not None]
        words.append(f"{' and '.join(dict.fromkeys(names))} output")
    after_loss = program
    if any(new is not old for new, old in zip(new_losses, losses, strict=True)):
        after_loss = replace(program, loss=in_form(program, new_losses))
        changes.append(compile_change(program, after_loss))
        words.append(loss_title(program, wanted, losses))
    if not changes:
        return None
    title = " and ".join(words)
    return Remedy(
        title[0].upper() + title[1:], after_loss.with_config(config), tuple(changes)
    )


def loss_title(
    program: Program, wanted: Sequence[Fit | None], losses: Sequence[Any]
) -> str:
    names = []
    for fit, old in zip(wanted, losses, strict=True):
        if fit is None or fit.loss is old:
            continue
        text = fit.loss.name.replace("_", " ").replace("crossentropy", "cross-entropy")
        if takes_logits(fit.loss) != takes_logits(old):
            text += f" with from_logits={takes_logits(fit.loss)}"
        names.append(text)
    return " and ".join(dict.fromkeys(names))


def set_output(layers: OutputLayers, fit: Fit) -> None:
    """Changes the activation function of an output, and its number of units."""
    weights = layers.weights
    if weights is not None and fit.units is not None:
        weights.settings["units"] = fit.units
    if layers.activations:
        last, *others = layers.activations
        set_activation(last, fit.activation)
        for one in others:
            set_activation(one, "linear")
    elif weights is not None and "activation" in weights.settings:
        weights.settings["activation"] = fit.activation


def in_form(program: Program, losses: Sequence[Any]) -> Any:
    """Returns losses in the form in which `compile` got them."""
    if isinstance(program.loss, Mapping):
        keys = output_keys(program)
        keys = keys if set(keys) == set(program.loss) else list(program.loss)
        return dict(zip(keys, losses, strict=True))
    return losses[0] if len(losses) == 1 else list(losses)
