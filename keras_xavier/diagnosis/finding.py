"""Findings of a diagnosis, with their evidence and remedies."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from keras_xavier.diagnosis.reading import listed
from keras_xavier.figure_spec import FigureSpec, ReferenceLine
from keras_xavier.text import sanitize


class FindingName(StrEnum):
    """Names of the findings of this package, causes before consequences."""

    SOFTMAX_OVER_ONE_UNIT = "softmax_over_one_unit"
    LOGITS_AS_PROBABILITIES = "logits_as_probabilities"
    """the loss takes probabilities and receives other values"""
    PROBABILITIES_AS_LOGITS = "probabilities_as_logits"
    """the loss takes logits and receives probabilities"""
    OUTPUT_NOT_POSITIVE = "output_not_positive"
    """the loss takes rates, and receives values that may be negative"""
    TARGETS_OUT_OF_RANGE = "targets_out_of_range"
    """targets that the output layer cannot reach"""
    SOFTMAX_FOR_SEVERAL_LABELS = "softmax_for_several_labels"
    REGRESSION_LOSS_FOR_CLASSES = "regression_loss_for_classes"
    CONSTANT_TARGETS = "constant_targets"
    INPUTS_NOT_SCALED = "inputs_not_scaled"
    TARGETS_NOT_SCALED = "targets_not_scaled"
    LOSS_SUMMED = "loss_summed"
    """the loss is summed over the batch, and updates are too large for it"""
    LEARNING_RATE_NOT_POSITIVE = "learning_rate_not_positive"
    NOTHING_TRAINABLE = "nothing_trainable"
    SYMMETRY_NOT_BROKEN = "symmetry_not_broken"
    SOFTMAX_IN_HIDDEN_LAYER = "softmax_in_hidden_layer"
    WRONG_INITIAL_SCALE = "wrong_initial_scale"
    TOO_MUCH_REGULARIZATION = "too_much_regularization"
    TOO_MUCH_DROPOUT = "too_much_dropout"
    CLIPPING_TOO_STRONG = "clipping_too_strong"
    LEARNING_RATE_DECAYS_TOO_EARLY = "learning_rate_decays_too_early"
    LEARNING_RATE_TOO_HIGH = "learning_rate_too_high"
    EXPLODING_SIGNAL = "exploding_signal"
    DEAD_OUTPUT = "dead_output"
    DEAD_UNITS = "dead_units"
    TOP_LAYER_STUCK = "top_layer_stuck"
    """the top hidden sigmoid layer collapses to 0 and stays there"""
    SATURATED_LAYER = "saturated_layer"
    VANISHING_SIGNAL = "vanishing_signal"
    EXPLODING_GRADIENT = "exploding_gradient"
    VANISHING_GRADIENT = "vanishing_gradient"
    NONFINITE_LOSS = "nonfinite_loss"
    """the loss or its slope is the first value that is NaN or infinite"""
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
    MOVING_STATISTICS_NOT_CONVERGED = "moving_statistics_not_converged"
    """batch normalization uses other statistics for validation than for training"""
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

    @property
    def text(self) -> str:
        """The value with its unit, for display."""
        if self.unit == "step":
            return f"step {self.value:,.0f}"
        # Counts, such as parameters, would be written as 1.23e+05.
        is_count = self.unit in WHOLE or isinstance(self.value, int)
        form = ",.0f" if is_count else ".3g"
        return f"{self.value:{form}} {self.unit}".rstrip()

    def __str__(self) -> str:
        return f"{self.name} {self.text}"


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
        lines: Tuple of `ReferenceLine`. Thresholds and other values to mark in the
            figure.
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
    lines: tuple[ReferenceLine, ...] = ()

    @property
    def title(self) -> str:
        """Name of the finding, for display.

        >>> FindingName.DEAD_UNITS.replace("_", " ").capitalize()
        'Dead units'
        """
        return self.name.replace("_", " ").capitalize()

    @property
    def place(self) -> str:
        """Layers and steps of the problem, for display."""
        first, last = self.steps
        steps = f"step {first:,}" if first == last else f"steps {first:,} to {last:,}"
        return f"{listed(self.layers)}, {steps}" if self.layers else steps

    def __str__(self) -> str:
        return as_text(finding_lines(self))

    def document(self) -> dict[str, Any]:
        """Returns a JSON-serializable dict; `None` stands for NaN and ±Inf."""
        document = asdict(self)
        for number in (*document["numbers"], *document["lines"]):
            if not abs(number["value"]) < float("inf"):
                number["value"] = None
        document["consequences"] = [one.document() for one in self.consequences]
        return document


INDENT = "  "


@dataclass(frozen=True)
class Line:
    """A paragraph of the text of a finding.

    Attributes:
        text: str. Sanitized text.
        level: int. Level of indentation. Defaults to 0.
        is_code: bool. Whether the paragraph must not be wrapped, as it is code or a
            command. Defaults to `False`.
        severity: `Severity`, for the title of a finding. Defaults to `None`.
    """

    text: str
    level: int = 0
    is_code: bool = False
    severity: Severity | None = None


def as_text(lines: Iterable[Line]) -> str:
    """Returns lines as plain text."""
    return "\n".join(f"{INDENT * line.level}{line.text}".rstrip() for line in lines)


def finding_lines(finding: Finding, run: str | None = None) -> Iterator[Line]:
    """Yields the text of a finding: the cause, its consequences, the remedy.

    Args:
        finding: `Finding`.
        run: str. Path of the run, for the command that shows the evidence. Defaults to
            `None`: no such command.
    """
    title = sanitize(f"{finding.severity}: {finding.title} ({finding.place})")
    yield Line(title, severity=finding.severity)
    yield Line(sanitize(finding.summary), 1)
    if finding.explanation:
        yield Line(sanitize(finding.explanation), 1)
    if finding.consequences:
        yield Line("Consequences:", 1)
    for one in finding.consequences:
        yield Line(sanitize(f"{one.title} ({one.place}): {one.summary}"), 2)
    if finding.remedy:
        yield Line(f"Remedy: {sanitize(finding.remedy)}", 1)
    if finding.change:
        yield from change_lines(finding.change)
    numbers = "; ".join(map(str, finding.numbers))
    if numbers:
        yield Line(f"Numbers: {sanitize(numbers)}", 1)
    show = finding.figure.view_command(run) if run else ""
    for label, text in (
        ("Try", finding.command),
        ("Show", show),
        ("Source", finding.source),
    ):
        if text:
            yield Line(f"{label}: {sanitize(text)}", 1, is_code=True)


def change_lines(change: CodeChange) -> Iterator[Line]:
    """Yields the lines of code before and after a change."""
    for label, code in (("Before", change.before), ("After", change.after)):
        if code:
            yield Line(f"{label}:", 1)
        for line in code.splitlines():
            yield Line(sanitize(line), 2, is_code=True)
