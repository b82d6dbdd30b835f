"""Inputs and targets that are not scaled."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from keras_xavier.diagnosis.data_values import DataValues, data_values, feature_sizes
from keras_xavier.diagnosis.finding import (
    CodeChange,
    Finding,
    FindingName,
    Number,
    Severity,
)
from keras_xavier.diagnosis.heads import Head, heads, number
from keras_xavier.diagnosis.output_values import (
    NORMALIZATIONS,
    RECURRENT,
    SELECTING,
    WEIGHTED,
)
from keras_xavier.diagnosis.program import LayerSetup, graph, input_rows
from keras_xavier.diagnosis.reading import (
    NotChecked,
    has_matrix,
    read_counts,
    root_mean_square,
    whole,
)
from keras_xavier.diagnosis.target_range import has_distance, span
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.figure_spec import FigureSpec
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity, Role, Statistic
from keras_xavier.text import sanitize

PASSING = (
    *(*SELECTING, "Concatenate", "Stack", "GaussianNoise", "Resizing", "CenterCrop"),
    *("RandomFlip", "RandomCrop", "RandomRotation", "RandomZoom", "RandomTranslation"),
    *("ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D", "Add", "Average"),
)
"""Layers that leave the scale of their inputs as it is."""
LEARNING = (
    *(*WEIGHTED, *RECURRENT, "Bidirectional", "TimeDistributed", "MultiHeadAttention"),
)
"""Layers with weights that act on the scale of their inputs."""


def inputs_not_scaled(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds inputs that are large or small, or features of very different size."""
    rows = input_rows(run)
    if not run.records or not rows:
        raise NotChecked("the inputs are not recorded")
    known = graph(run)
    for place, row in enumerate(rows):
        inputs = data_values(run, row)
        if inputs is None:
            continue
        start = entry(run, known, rows, place)
        layers = (
            [*consumers(known, start)]
            if start
            else [*first_layer(run, inputs, thresholds)]
        )
        reached = [one for one in layers if acts_on_scale(run, one)]
        scale = Scale.of(run, inputs)
        if not reached or not (problem := scale.problem(thresholds)):
            continue
        if problem == "size" and all(is_normalized(known, one) for one in reached):
            continue
        yield not_scaled(run, inputs, scale, reached, thresholds)


@dataclass(frozen=True)
class Scale:
    """Sizes of an input and of its features, as root mean squares.

    Attributes:
        size: float. Size of all values.
        highest: float. Largest absolute value.
        zero: float. Share of zeros.
        largest: float. Size of the largest feature; NaN if unknown.
        median: float. Median size of the features that are mostly not 0.
    """

    size: float
    highest: float
    zero: float
    largest: float
    median: float

    @classmethod
    def of(cls, run: Run, inputs: DataValues) -> "Scale":
        sizes = feature_sizes(run, inputs.row)
        return cls(
            inputs.size,
            max(abs(inputs.lowest), abs(inputs.highest)),
            float(inputs.of(Statistic.ZERO).mean()),
            float(sizes[-1]) if len(sizes) > 1 else math.nan,
            float(sizes[(len(sizes) - 1) // 2]) if len(sizes) > 1 else math.nan,
        )

    def problem(self, thresholds: Thresholds) -> str:
        """Returns `"features"`, `"size"` or `""`."""
        if self.largest > thresholds.feature_ratio * self.median > 0:
            return "features"
        if self.size > thresholds.large_input:
            return "size"
        # Sparse inputs, such as one-hot vectors, are small on average only.
        is_dense = self.zero < 0.5 and self.highest < 10 * self.size
        is_small = 0 < self.size < thresholds.small_input
        return "size" if is_small and is_dense else ""


def entry(
    run: Run, known: Mapping[str, LayerSetup], rows: list[int], place: int
) -> str | None:
    """Returns the input layer of the graph that belongs to a row of inputs."""
    names = [run.layers[row].name.partition(":")[2] for row in rows]
    entries = [
        one.name
        for one in known.values()
        if one.kind == "InputLayer" and not one.inputs
    ]
    if names[place] in entries:
        return names[place]
    # The recorder numbers the default names of Keras from 0 up.
    rest = sorted((one for one in entries if one not in names), key=numbered)
    unnamed = sorted((one for one in names if one not in entries), key=numbered)
    if len(rest) != len(unnamed):
        return None
    return rest[unnamed.index(names[place])]


def numbered(name: str) -> tuple[str, int]:
    stem, _, number_text = name.rpartition("_")
    return (stem, int(number_text)) if number_text.isdecimal() else (name, 0)


def consumers(known: Mapping[str, LayerSetup], start: str) -> Iterator[LayerSetup]:
    """Yields the first layers after an input that do more than pass it on."""
    after: dict[str, list[str]] = {}
    for one in known.values():
        for name in one.inputs:
            after.setdefault(name, []).append(one.name)
    found, seen = [start], {start}
    while found:
        for name in after.get(found.pop(), ()):
            if name in seen:
                continue
            seen.add(name)
            if known[name].kind in PASSING and known[name].activation is None:
                found.append(name)
            else:
                yield known[name]


def first_layer(
    run: Run, inputs: DataValues, thresholds: Thresholds
) -> Iterator[LayerSetup]:
    """Yields the first layer of a model without a graph if its input is as large.

    Before training, the ratio of a preactivation to the weights is the size of what
    the layer receives, which a program may have scaled after the input.
    """
    if Quantity.PREACTIVATION not in run.quantities or is_trained(run, thresholds):
        return
    layers = (
        index
        for index in np.flatnonzero(has_matrix(run))
        if run.layers[index].role is Role.LAYER
        and Quantity.PREACTIVATION not in run.layers[index].absent
    )
    if (first := next(layers, None)) is None or run.layers[first].kind == "Embedding":
        return
    units = max(run.layers[first].units, 1)
    fan_in = read_counts(run, Quantity.WEIGHT)[first] / units
    weight = root_mean_square(run, Quantity.WEIGHT)[0, first]
    signal = root_mean_square(run, Quantity.PREACTIVATION)[0, first]
    received = signal / (weight * math.sqrt(fan_in)) if weight > 0 else math.nan
    if 0.1 < received / inputs.size < 10:
        yield LayerSetup(run.layers[first].name, run.layers[first].kind)


def is_trained(run: Run, thresholds: Thresholds) -> bool:
    """Returns whether the first record is too late for the initial weights.

    TensorFlow cannot record the first step of a subclassed model that runs eagerly.
    """
    return bool(run.steps[0] > thresholds.first_updates)


def acts_on_scale(run: Run, layer: LayerSetup) -> bool:
    """Returns whether a layer with weights that are trained receives the input."""
    if layer.kind not in LEARNING:
        return False
    rows = [
        one
        for one in run.layers
        if one.role is Role.LAYER
        and (one.name == layer.name or one.name.startswith(f"{layer.name}/"))
    ]
    # Frozen weights were trained for inputs of this size.
    return not rows or any(Quantity.WEIGHT_GRADIENT not in one.absent for one in rows)


def is_normalized(known: Mapping[str, LayerSetup], layer: LayerSetup) -> bool:
    """Returns whether normalization follows: the scale of the inputs cancels."""
    after = [one for one in known.values() if layer.name in one.inputs]
    return bool(after) and all(one.kind in NORMALIZATIONS for one in after)


def not_scaled(
    run: Run,
    inputs: DataValues,
    scale: Scale,
    layers: list[LayerSetup],
    thresholds: Thresholds,
) -> Finding:
    name = sanitize(inputs.name)
    differ = scale.largest > thresholds.feature_ratio * scale.median
    of_images = inputs.lowest >= 0 and 128 < inputs.highest <= 255 and not differ
    if differ:
        summary = (
            f"The features of the input {name} have very different sizes: the root "
            f"mean square of the largest is {number(scale.largest)}, of the median "
            f"{number(scale.median)}."
        )
    else:
        summary = (
            f"The input {name} is not scaled: its values, {span(inputs)}, have the "
            f"size {number(scale.size)} (root mean square)."
        )
    numbers = [
        Number("root mean square", scale.size),
        Number("lowest value", inputs.lowest),
        Number("highest value", inputs.highest),
    ]
    if not math.isnan(scale.largest):
        numbers.append(Number("largest feature", scale.largest))
        numbers.append(Number("median feature", scale.median))
    before = "model.fit(x, y)"
    after = (
        "model.fit(x / 255, y)"
        if of_images
        else "x = (x - x.mean(axis=0)) / x.std(axis=0)\nmodel.fit(x, y)"
    )
    small = not differ and scale.size < 1
    explanation = (
        "Initial weights are chosen for inputs of size 1. "
        + (
            "With much smaller inputs, the preactivations and the gradients of the "
            "first weights are as small, "
            if small
            else "With large features, the preactivations are as large, units saturate "
            "or die, and the gradients of their weights exceed all others, "
        )
        + "so no learning rate suits all weights. "
        + ("" if small else "Small features beside large ones are without influence. ")
    ).rstrip()
    names = {layer.name for layer in run.layers}
    return Finding(
        name=FindingName.INPUTS_NOT_SCALED,
        severity=Severity.WARNING,
        layers=tuple(one.name for one in layers if one.name in names),
        steps=whole(run),
        numbers=tuple(numbers),
        figure=FigureSpec("histograms", Quantity.PREACTIVATION, step=whole(run)[0]),
        summary=summary,
        explanation=explanation,
        remedy="Divide the images by 255."
        if of_images
        else "Scale each feature to mean 0 and variance 1, with mean and std of the "
        "training data, or begin the model with keras.layers.Normalization.",
        change=CodeChange(before, after),
        source="LeCun et al. (1998), Efficient BackProp, section 4.3",
    )


def targets_not_scaled(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds regression targets that are much larger or smaller than the outputs."""
    checked = False
    for head in heads(run):
        target, values = head.target, head.values
        if target is None or values is None or not is_regression(head):
            continue
        checked = True
        if not values.contains(-math.inf, math.inf) and values.activation not in (
            *("relu", "softplus", "elu", "selu", "gelu", "silu", "swish"),
        ):
            continue
        if values.activation == "rescaled" or head.output.row is None:
            continue
        size = output_size(run, head, thresholds)
        ratio = target.size / size if size else math.inf
        is_large = target.size > thresholds.large_target
        large = is_large and ratio > thresholds.large_target
        spread = float(np.median(target.of(Statistic.STD)))
        small = target.size > 0 and spread < thresholds.small_target
        small = small and target.size < thresholds.small_target and ratio < 0.01
        if large or small:
            yield unscaled_target(run, head, target, size, is_small=small)
    if not checked:
        raise NotChecked("no output has a regression loss and recorded targets")


def is_regression(head: Head) -> bool:
    known = head.loss is not None and head.takes == "values" and has_distance(head)
    return known and not head.is_sparse


def output_size(run: Run, head: Head, thresholds: Thresholds) -> float:
    """Returns the root mean square of the output in the first record."""
    sizes = root_mean_square(run, Quantity.ACTIVATION)[:, head.output.row]
    finite = sizes[np.isfinite(sizes)]
    known = len(finite) and not is_trained(run, thresholds)
    return float(finite[0]) if known else math.nan


def unscaled_target(
    run: Run, head: Head, target: DataValues, size: float, *, is_small: bool
) -> Finding:
    effect = (
        "Gradients of the loss are as small as the targets, and steps of optimizers "
        "such as Adam move the output by more than the targets differ. "
        if is_small
        else "The output has to grow to this size first, in steps of the size of the "
        "learning rate; with plain gradient descent, the large error makes the first "
        "steps too large. "
    )
    return Finding(
        name=FindingName.TARGETS_NOT_SCALED,
        severity=Severity.WARNING,
        layers=head.layers(run),
        steps=whole(run),
        numbers=(
            Number("root mean square of the targets", target.size),
            Number("root mean square of the outputs at first", size),
            Number("lowest target", target.lowest),
            Number("highest target", target.highest),
        ),
        figure=FigureSpec("training-curves"),
        summary=(
            f"The targets, {span(target)}, are not scaled: the outputs begin at the "
            f"size {number(size)} (root mean square)."
        ),
        explanation=(
            "Initial weights give outputs of about size 1. "
            + effect
            + "Scaled targets need no other learning rate than other problems."
        ),
        remedy="Scale the targets to mean 0 and variance 1; scale predictions back.",
        change=CodeChange(
            "model.fit(x, y)",
            "mean, std = y.mean(axis=0), y.std(axis=0)\n"
            "model.fit(x, (y - mean) / std)\n"
            "predictions = model.predict(x) * std + mean",
        ),
        source="LeCun et al. (1998), Efficient BackProp, section 4.5; Bishop (1995), "
        "section 8.2",
    )
