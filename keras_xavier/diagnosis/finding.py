"""Findings of a diagnosis, with their evidence and remedies."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from keras_xavier.figure_spec import FigureSpec


class FindingName(StrEnum):
    """Names of the findings of this package, causes before consequences."""

    SOFTMAX_OVER_ONE_UNIT = "softmax_over_one_unit"
    LOGITS_AS_PROBABILITIES = "logits_as_probabilities"
    """the loss takes probabilities and receives other values"""
    PROBABILITIES_AS_LOGITS = "probabilities_as_logits"
    """the loss takes logits and receives probabilities"""
    TARGETS_OUT_OF_RANGE = "targets_out_of_range"
    """targets that the output layer cannot reach"""
    SOFTMAX_FOR_SEVERAL_LABELS = "softmax_for_several_labels"
    REGRESSION_LOSS_FOR_CLASSES = "regression_loss_for_classes"
    CONSTANT_TARGETS = "constant_targets"
    INPUTS_NOT_SCALED = "inputs_not_scaled"
    TARGETS_NOT_SCALED = "targets_not_scaled"
    LEARNING_RATE_NOT_POSITIVE = "learning_rate_not_positive"
    SYMMETRY_NOT_BROKEN = "symmetry_not_broken"
    SOFTMAX_IN_HIDDEN_LAYER = "softmax_in_hidden_layer"
    WRONG_INITIAL_SCALE = "wrong_initial_scale"
    TOO_MUCH_REGULARIZATION = "too_much_regularization"
    TOO_MUCH_DROPOUT = "too_much_dropout"
    LEARNING_RATE_TOO_HIGH = "learning_rate_too_high"
    EXPLODING_SIGNAL = "exploding_signal"
    VANISHING_SIGNAL = "vanishing_signal"
    DEAD_OUTPUT = "dead_output"
    DEAD_UNITS = "dead_units"
    TOP_LAYER_STUCK = "top_layer_stuck"
    """the top hidden sigmoid layer collapses to 0 and stays there"""
    SATURATED_LAYER = "saturated_layer"
    EXPLODING_GRADIENT = "exploding_gradient"
    VANISHING_GRADIENT = "vanishing_gradient"
    NONFINITE_VALUES = "nonfinite_values"
    ZERO_GRADIENT = "zero_gradient"
    LEARNING_RATE_TOO_LOW = "learning_rate_too_low"
    UPDATES_TOO_LARGE = "updates_too_large"
    UPDATES_TOO_SMALL = "updates_too_small"
    NO_NONLINEARITY = "no_nonlinearity"
    CONSTANT_OUTPUT = "constant_output"
    """the network predicts one class or one value for all examples"""
    LOSS_RISING = "loss_rising"
    LOSS_NOT_DECREASING = "loss_not_decreasing"
    OVERFITTING = "overfitting"


class Severity(StrEnum):
    """Severity of a finding."""

    NOTE = "note"
    """the problem is over"""
    WARNING = "warning"
    """training is slower or worse than necessary"""
    ERROR = "error"
    """training fails"""


BY_SEVERITY = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
FAILING = (Severity.ERROR, Severity.WARNING)
"""Severities for which `keras-xavier diagnose` exits with status 1."""


@dataclass(frozen=True)
class Number:
    """A number that supports a finding.

    Attributes:
        name: str. Description of the number.
        value: float. May be NaN or infinite.
        unit: str. Unit, such as `"updates"`. Defaults to `""`: a ratio.
    """

    name: str
    value: float
    unit: str = ""

    def __str__(self) -> str:
        if self.unit == "step":
            return f"{self.name} step {self.value:,.0f}"
        form = ",.0f" if self.unit in WHOLE else ".3g"
        return f"{self.name} {self.value:{form}} {self.unit}".rstrip()


WHOLE = ("layers", "records", "units", "updates")
"""Units with integer values."""


@dataclass(frozen=True)
class CodeChange:
    """A change of the program that trains the network.

    Attributes:
        before: str. Lines of Python as they are; `""` if lines are only added.
        after: str. Lines of Python that replace them.
    """

    before: str
    after: str


@dataclass(frozen=True)
class Finding:
    """A problem of a run.

    Attributes:
        name: str. A `FindingName`, or the name of a custom rule.
        severity: `Severity`.
        layers: Tuple of str. Names of the affected layers, in the order of the model
            or in the order in which they became affected.
        steps: Tuple of two int. First and last recorded step with the problem.
        numbers: Tuple of `Number`. Evidence.
        figure: `FigureSpec`. Figure that shows the problem.
        summary: str. The problem in one sentence.
        explanation: str. Two or three sentences: cause and effect.
        remedy: str. Suggested changes.
        source: str. Literature.
        change: `CodeChange` or `None`. The remedy as a change of the program.
        command: str. Command that tries the remedy, if `keras-xavier train` recorded
            the run; otherwise `""`.
        consequences: Tuple of `Finding`. Problems that this one explains, in the order
            of cause and effect.
    """

    name: str
    severity: Severity
    layers: tuple[str, ...]
    steps: tuple[int, int]
    numbers: tuple[Number, ...]
    figure: FigureSpec
    summary: str
    explanation: str
    remedy: str
    source: str
    change: CodeChange | None = None
    command: str = ""
    consequences: tuple["Finding", ...] = ()

    @property
    def title(self) -> str:
        """Name of the finding, for display.

        >>> FindingName.DEAD_UNITS.replace("_", " ").capitalize()
        'Dead units'
        """
        return self.name.replace("_", " ").capitalize()

    def document(self) -> dict[str, Any]:
        """Returns a JSON-serializable dict; `None` stands for NaN and ±Inf."""
        document = asdict(self)
        for number in document["numbers"]:
            if not abs(number["value"]) < float("inf"):
                number["value"] = None
        document["consequences"] = [one.document() for one in self.consequences]
        return document
