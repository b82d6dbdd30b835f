"""The outputs of a model with their values, losses and targets, for rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keras_xavier.diagnosis.code_changes import (
    REMOVED,
    activation_layer_line,
    compile_line,
    layer_line,
    short,
)
from keras_xavier.diagnosis.data_values import DataValues, data_values
from keras_xavier.diagnosis.finding import CodeChange
from keras_xavier.diagnosis.output_values import (
    OVER_UNITS,
    WEIGHTED,
    Values,
    output_values,
)
from keras_xavier.diagnosis.program import (
    OF_ACTIVATION,
    Loss,
    Output,
    function_name,
    graph,
    outputs,
)
from keras_xavier.diagnosis.reading import NO_RECORDS, NotChecked, once
from keras_xavier.figure_spec import FigureSpec
from keras_xavier.network.recorded import mapping
from keras_xavier.runs import Run
from keras_xavier.text import sanitize

BINARY_LOSSES = ("binary_crossentropy", "binary_focal_crossentropy")
CLASS_LOSSES = (
    *("categorical_crossentropy", "categorical_focal_crossentropy"),
    *("sparse_categorical_crossentropy", "categorical_generalized_cross_entropy"),
)
"""Losses that normalize the predictions over the units."""
SPARSE_LOSSES = (
    *("sparse_categorical_crossentropy", "categorical_generalized_cross_entropy"),
)
"""Losses of integer labels."""
PROBABILITY_LOSSES = (
    *(*BINARY_LOSSES, *CLASS_LOSSES, "kl_divergence", "dice", "tversky"),
)
"""Losses of probabilities, unless `from_logits` is set."""
LOGIT_LOSSES = tuple(
    name
    for name in (*BINARY_LOSSES, *CLASS_LOSSES)
    if name != "categorical_generalized_cross_entropy"
)
"""Losses with the argument `from_logits`."""
REGRESSION_LOSSES = (
    *("mean_squared_error", "mean_absolute_error", "huber", "log_cosh"),
    *("mean_absolute_percentage_error", "mean_squared_logarithmic_error"),
)
CURVES = FigureSpec("training-curves")
FROM_LOGITS = "from_logits"
MARGIN_LOSSES = ("hinge", "squared_hinge")


@dataclass(frozen=True)
class Head:
    """An output of a model with its values, its loss and its targets.

    Attributes:
        output: `Output`.
        values: `Values` or `None`. `None` if they are unknown.
        loss: `Loss` or `None`. `None` if the loss is unknown, such as a function of the
            program.
        takes: str. What the loss takes: `"probabilities"`, `"logits"` or `"values"`.
        target: `DataValues` or `None`.
    """

    output: Output
    values: Values | None
    loss: Loss | None
    takes: str
    target: DataValues | None

    @property
    def name(self) -> str:
        """Name of the layer to change, for display."""
        layer = self.values.layer if self.values else None
        return sanitize(layer or self.output.name)

    @property
    def is_sparse(self) -> bool:
        """Whether the targets are numbers of classes."""
        return self.loss is not None and self.loss.name in SPARSE_LOSSES

    def layers(self, run: Run) -> tuple[str, ...]:
        """Returns the row of the layer table to show."""
        names = {layer.name for layer in run.layers}
        chosen = (self.values and self.values.layer, self.output.name)
        row = self.output.row
        rest = () if row is None else (run.layers[row].name,)
        return next(((name,) for name in chosen if name in names), rest)


def heads(run: Run) -> list[Head]:
    """Returns the outputs of a model.

    Raises:
        NotChecked: If the run has no records, or its outputs are not recorded.
    """
    if not run.records:
        raise NotChecked(NO_RECORDS)
    found = once(run, heads, lambda: _heads(run))
    if not found:
        raise NotChecked("the outputs of the model are not recorded")
    return found


def _heads(run: Run) -> list[Head]:
    found = []
    for output in outputs(run):
        loss, takes = output.loss, "values"
        if loss and loss.name in LOGIT_LOSSES and FROM_LOGITS not in loss.settings:
            # A function of the program with the name of a loss of Keras.
            loss = None
        if loss is not None and loss.name in PROBABILITY_LOSSES:
            takes = "logits" if loss.from_logits else "probabilities"
        found.append(
            Head(
                output,
                output_values(run, output),
                loss,
                takes,
                data_values(run, output.target),
            )
        )
    return found


def with_losses(run: Run) -> list[Head]:
    """Returns the outputs with a loss of Keras.

    Raises:
        NotChecked: If there is none.
    """
    found = [head for head in heads(run) if head.loss is not None]
    if not found:
        raise NotChecked("the loss is not recorded")
    return found


def activation_change(
    run: Run, head: Head, activation: str | None
) -> CodeChange | None:
    """Replaces the activation function of an output; `None` is a linear output."""
    layer = graph(run).get(head.values.layer or "") if head.values else None
    if layer is None or layer.settings is None:
        return None
    if layer.kind in WEIGHTED:
        return layer_line(run, layer.name, activation=activation or REMOVED)
    if layer.kind in OF_ACTIVATION:
        return activation_layer_line(run, layer.name, activation)
    added = f'keras.layers.Activation("{activation}")'
    return CodeChange("", added) if activation else None


def loss_change(run: Run, head: Head, **changes: Any) -> CodeChange | None:
    """Replaces the loss of an output, or some of its arguments.

    Args:
        run: `Run`.
        head: `Head`.
        **changes: Arguments of the loss, or `name`, the name of another loss.
    """
    given = mapping(run.attributes.get("training")).get("loss")
    if isinstance(given, Mapping) and not isinstance(given.get("class"), str):
        keys = [*given]
        if len(outputs(run)) != len(keys):
            return None
        key = head.output.name if head.output.name in keys else None
        if key is None:
            return None
        return compile_line(run, loss={**given, key: changed(given[key], changes)})
    if isinstance(given, list):
        return None
    return compile_line(run, loss=changed(given, changes))


def changed(given: Any, changes: Mapping[str, Any]) -> Any:
    if name := changes.get("name"):
        return name
    settings = {**mapping(given), **changes}
    kind = function_name(settings.get("class"))
    if kind is not None and str(settings["class"]).islower():
        # A function takes no arguments in `compile`, but its class does.
        settings["class"] = "".join(part.capitalize() for part in kind.split("_"))
    return short(settings)


def spelled(head: Head) -> str:
    """Returns the name of the loss in a sentence."""
    name = head.loss.name if head.loss else "the loss"
    return name.replace("_", " ").replace("crossentropy", "cross entropy")


def number(value: float) -> str:
    """Writes a number in a sentence.

    >>> number(20), number(180.7), number(1e6), number(0.00012)
    ('20', '181', '1,000,000', '0.00012')
    """
    if value == 0:
        return "0"
    return f"{value:,.0f}" if 100 <= abs(value) < 1e7 else f"{value:.3g}"


def over_one_unit(head: Head) -> bool:
    """Returns whether `softmax_over_one_unit` reports the output."""
    values, loss = head.values, head.loss
    if values is None or values.units != 1:
        return False
    normalized = bool(loss and loss.name in CLASS_LOSSES and values.is_certain)
    return normalized or values.activation in OVER_UNITS
