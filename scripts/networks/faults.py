"""The faults: programs to break, and findings that name the cause."""

from dataclasses import dataclass, replace

import keras

from keras_xavier.diagnosis import FindingName as N
from networks import healthy as h
from networks import operators as o
from networks.program import Program

losses = keras.losses
FAILS = frozenset(
    {
        *(N.LOSS_NOT_DECREASING, N.LOSS_RISING, N.CONSTANT_OUTPUT),
        *(N.ZERO_GRADIENT, N.VANISHING_GRADIENT, N.UPDATES_TOO_SMALL),
    }
)
"""Symptoms of a network that learns nothing."""
GROWS = frozenset(
    {
        *(N.EXPLODING_SIGNAL, N.EXPLODING_GRADIENT, N.UPDATES_TOO_LARGE),
        *(N.LEARNING_RATE_TOO_HIGH, N.NONFINITE_VALUES, N.DEAD_UNITS),
        *(N.SATURATED_LAYER, N.LOSS_RISING, N.LOSS_NOT_DECREASING),
    }
)
"""Symptoms of numbers or steps that are too large."""


@dataclass(frozen=True)
class Fault:
    """A fault, as an operator of mutation testing.

    Attributes:
        name: str. The mistake.
        programs: Tuple of `Program`. Healthy programs to break.
        apply: Function from a healthy program to the broken one.
        causes: Set of str. Findings that name the cause.
        symptoms: Set of str. Other findings that count as a detection.
    """

    name: str
    programs: tuple[Program, ...]
    apply: o.Break
    causes: frozenset[str]
    symptoms: frozenset[str] = FAILS


def names(*found: str) -> frozenset[str]:
    return frozenset(found)


SCALES = names(N.WRONG_INITIAL_SCALE, N.VANISHING_SIGNAL)
TOO_LARGE = names(N.WRONG_INITIAL_SCALE, N.EXPLODING_SIGNAL)
FAULTS: tuple[Fault, ...] = (
    # The output layer, the loss and the targets.
    Fault(
        "softmax is missing",
        (h.DIGITS, h.IMAGES, h.ROWS),
        o.changed(output=None),
        names(N.LOGITS_AS_PROBABILITIES),
        FAILS | {N.NONFINITE_VALUES},
    ),
    Fault(
        "sigmoid is missing",
        (h.CANCER, h.LABELS),
        o.changed(output=None),
        names(N.LOGITS_AS_PROBABILITIES),
        FAILS | {N.NONFINITE_VALUES},
    ),
    Fault(
        "ReLU output with cross entropy",
        (h.DIGITS, h.WINE, h.ATTENTION),
        o.changed(output="relu"),
        names(N.LOGITS_AS_PROBABILITIES),
        FAILS | {N.NONFINITE_VALUES, N.DEAD_OUTPUT, N.DEAD_UNITS},
    ),
    Fault(
        "softmax twice",
        (h.WINE, h.IMAGES, h.DEEP),
        o.from_logits,
        names(N.PROBABILITIES_AS_LOGITS),
        FAILS | {N.LEARNING_RATE_TOO_LOW},
    ),
    Fault(
        "softmax over one unit",
        (h.CANCER, h.NORMALIZED, h.DIABETES),
        o.changed(output="softmax"),
        names(N.SOFTMAX_OVER_ONE_UNIT),
    ),
    Fault(
        "categorical cross entropy of one unit",
        (h.CANCER, h.NORMALIZED),
        o.changed(output="sigmoid", loss=losses.CategoricalCrossentropy),
        names(N.SOFTMAX_OVER_ONE_UNIT, N.LOGITS_AS_PROBABILITIES),
    ),
    Fault(
        "sigmoid output in a regression",
        (h.DIABETES, h.RESIDUAL, h.HALVES),
        o.changed(output="sigmoid"),
        names(N.TARGETS_OUT_OF_RANGE),
    ),
    Fault(
        "ReLU output for negative targets",
        (h.DIABETES, h.RESIDUAL, h.HALVES),
        o.changed(output="relu"),
        names(N.TARGETS_OUT_OF_RANGE),
        FAILS | {N.DEAD_OUTPUT},
    ),
    Fault(
        "softmax for several labels",
        (h.LABELS,),
        o.changed(output="softmax", loss=losses.CategoricalCrossentropy),
        names(N.SOFTMAX_FOR_SEVERAL_LABELS),
    ),
    Fault(
        "squared error of class numbers",
        (h.DIGITS, h.WINE, h.IMAGES),
        o.squared_error,
        names(N.REGRESSION_LOSS_FOR_CLASSES, N.TARGETS_OUT_OF_RANGE),
    ),
    Fault(
        "logarithm of outputs in the loss",
        (h.DIGITS, h.IRIS, h.ROWS),
        o.with_logarithm,
        names(N.NONFINITE_LOSS, N.NONFINITE_VALUES),
    ),
    # The data.
    Fault(
        "inputs are not scaled: the table as it is",
        (h.WINE, h.CANCER),
        lambda p: o.unscaled_table("wine" if "wine" in p.name else "breast_cancer")(p),
        names(N.INPUTS_NOT_SCALED),
        FAILS | GROWS,
    ),
    Fault(
        "inputs are not scaled: 1,000 times",
        (h.DIGITS, h.DIABETES, h.DEEP),
        o.scaled_inputs(1000.0, 500.0),
        names(N.INPUTS_NOT_SCALED),
        FAILS | GROWS,
    ),
    Fault(
        "inputs are divided by 255 twice",
        (h.IMAGES, h.ROWS, h.DEEP),
        o.scaled_inputs(1 / 255**2),
        names(N.INPUTS_NOT_SCALED),
        FAILS | {N.LEARNING_RATE_TOO_LOW, N.VANISHING_SIGNAL},
    ),
    Fault(
        "targets are not scaled",
        (h.DIABETES, h.RESIDUAL, h.HALVES),
        o.scaled_targets(2e5, 1e6),
        names(N.TARGETS_NOT_SCALED),
        FAILS | GROWS | {N.LEARNING_RATE_TOO_LOW},
    ),
    Fault(
        "labels are shuffled",
        (h.DIGITS, h.CANCER, h.ROWS),
        o.data_changed(o.shuffled_labels),
        names(N.LOSS_NOT_DECREASING, N.OVERFITTING, N.CONSTANT_OUTPUT),
    ),
    Fault(
        "all labels are 0",
        (h.DIGITS, h.CANCER, h.IMAGES),
        o.data_changed(o.equal_labels),
        names(N.CONSTANT_TARGETS),
    ),
    Fault(
        "one class is rare",
        (h.CANCER,),
        o.data_changed(o.one_class),
        names(N.CONSTANT_OUTPUT),
        FAILS | {N.OVERFITTING},
    ),
    Fault(
        "NaN in the inputs",
        (h.CANCER, h.IMAGES, h.RESIDUAL),
        o.data_changed(o.nan_inputs),
        names(N.NONFINITE_VALUES),
    ),
    Fault(
        "NaN in the targets",
        (h.DIABETES, h.HALVES, h.LABELS),
        o.data_changed(o.nan_targets),
        names(N.NONFINITE_VALUES),
    ),
    Fault(
        "few examples with wrong labels, trained for long",
        (h.DIGITS, h.NORMALIZED, h.CANCER),
        lambda p: replace(o.data_changed(o.few_noisy_examples)(p), epochs=120),
        names(N.OVERFITTING),
    ),
    # The layers.
    Fault(
        "no nonlinearity",
        (h.LABELS, h.SHAPES, h.AUTOENCODER),
        o.changed(activation=None),
        names(N.NO_NONLINEARITY),
    ),
    Fault(
        "softmax in hidden layers",
        (h.DIGITS, h.WINE, h.LABELS),
        o.changed(activation="softmax"),
        names(N.SOFTMAX_IN_HIDDEN_LAYER),
        FAILS | {N.VANISHING_SIGNAL, N.WRONG_INITIAL_SCALE, N.LEARNING_RATE_TOO_LOW},
    ),
    Fault(
        "eight sigmoid layers",
        (h.DIGITS, h.DEEP, h.CANCER),
        o.changed(activation="sigmoid", depth=8),
        SCALES | {N.TOP_LAYER_STUCK, N.VANISHING_GRADIENT},
        FAILS | {N.SATURATED_LAYER, N.WRONG_INITIAL_SCALE},
    ),
    Fault(
        "24 ReLU layers without normalization",
        (h.DIGITS, h.DIABETES, h.LABELS),
        o.changed(depth=24, initializer=lambda: "glorot_uniform"),
        SCALES | {N.VANISHING_GRADIENT},
        FAILS | {N.DEAD_UNITS},
    ),
    Fault(
        "weights are too small",
        (h.DIGITS, h.DEEP, h.WINE),
        o.changed(initializer=o.random_normal(1e-3), depth=6),
        SCALES,
    ),
    Fault(
        "weights are too large",
        (h.DIGITS, h.DEEP, h.DIABETES),
        o.changed(initializer=o.random_normal(3.0), depth=4),
        TOO_LARGE,
        FAILS | GROWS,
    ),
    Fault(
        "all weights are 0",
        (h.DIGITS, h.CANCER, h.WINE),
        o.changed(initializer=o.filled(0.0)),
        names(N.SYMMETRY_NOT_BROKEN),
        FAILS | {N.DEAD_UNITS, N.WRONG_INITIAL_SCALE},
    ),
    Fault(
        "all weights are equal",
        (h.DIGITS, h.WINE, h.IMAGES),
        o.changed(initializer=o.filled(0.05)),
        names(N.SYMMETRY_NOT_BROKEN),
        FAILS | {N.WRONG_INITIAL_SCALE},
    ),
    Fault(
        "biases kill the units",
        (h.DIGITS, h.IMAGES, h.DIABETES),
        o.changed(bias=o.filled(-8.0)),
        names(N.DEAD_UNITS),
    ),
    Fault(
        "the recurrence amplifies",
        (h.RECURRENT,),
        o.changed(recurrent=o.large_recurrence, activation="linear"),
        TOO_LARGE | {N.EXPLODING_GRADIENT},
        FAILS | GROWS,
    ),
    Fault(
        "rounding stops the gradient",
        (h.DIGITS, h.DEEP, h.DIABETES),
        o.changed(after=o.rounded),
        names(N.ZERO_GRADIENT, N.VANISHING_GRADIENT),
    ),
    Fault(
        "dropout of 0.97",
        (h.DIGITS, h.CANCER, h.RESIDUAL),
        o.changed(dropout=0.97),
        names(N.TOO_MUCH_DROPOUT),
    ),
    Fault(
        "L2 regularization of 1",
        (h.DIGITS, h.SHAPES, h.DIABETES),
        o.changed(l2=1.0),
        names(N.TOO_MUCH_REGULARIZATION),
        FAILS | {N.VANISHING_SIGNAL, N.DEAD_UNITS},
    ),
    # The optimizer.
    Fault(
        "learning rate 300 times too high",
        (h.DIGITS, h.WINE, h.ATTENTION, h.RESIDUAL),
        o.rate_times(300),
        names(N.LEARNING_RATE_TOO_HIGH, N.UPDATES_TOO_LARGE),
        FAILS | GROWS | {N.TOP_LAYER_STUCK},
    ),
    Fault(
        "learning rate 1,000 times too low",
        (h.DIGITS, h.ROWS, h.CANCER, h.DEEP),
        o.rate_times(1e-3),
        names(N.LEARNING_RATE_TOO_LOW, N.UPDATES_TOO_SMALL),
    ),
    Fault(
        "negative learning rate",
        (h.WINE, h.DEEP, h.RESIDUAL),
        o.rate_times(-1),
        names(N.LEARNING_RATE_NOT_POSITIVE),
        FAILS | GROWS,
    ),
    Fault(
        "loss is summed over the batch",
        (h.WINE, h.DEEP, h.RESIDUAL),
        o.summed,
        names(N.LOSS_SUMMED),
        FAILS | GROWS,
    ),
)
