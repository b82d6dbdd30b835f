"""A gradient of exactly 0, and outputs that do not depend on the inputs."""

from collections.abc import Iterable, Iterator

import numpy as np

from keras_xavier.diagnosis.connections import connections
from keras_xavier.diagnosis.finding import (
    CodeChange,
    Finding,
    FindingName,
    Number,
    Severity,
)
from keras_xavier.diagnosis.guessing import loss_of_guessing
from keras_xavier.diagnosis.heads import Head, heads
from keras_xavier.diagnosis.learned import has_learned
from keras_xavier.diagnosis.loss import loss_values
from keras_xavier.diagnosis.output_values import RECURRENT
from keras_xavier.diagnosis.program import PASSIVE, is_number
from keras_xavier.diagnosis.reading import (
    NO_RECORDS,
    NotChecked,
    listed,
    read,
    read_metrics,
    root_mean_square,
    whole,
)
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.figure_spec import FigureSpec
from keras_xavier.network.recorded import mapping
from keras_xavier.runs import Run
from keras_xavier.runs.phases import read_phases
from keras_xavier.statistics import NO_INFLUENCE, Quantity, Statistic

NO_BETTER = 0.95
"""Share of the loss of guessing above which a network has learned nothing."""
SAME = 1e-4
"""Standard deviation of an output that is constant, relative to its size."""
IMBALANCED = 0.6
"""Share of the frequent class above which the classes are to be weighted."""


def zero_gradient(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds a gradient of exactly 0 with a loss that has not been minimized."""
    if run.records and is_frozen(run):
        raise NotChecked("no weight of the model is trainable")
    _, _, values = loss_values(run, thresholds)
    metrics = read_metrics(run)
    if "gradient_norm" not in metrics:
        raise NotChecked("the norm of the gradient is not recorded")
    steps, norms = metrics["gradient_norm"]
    others = np.flatnonzero(norms != 0)
    first = int(others[-1]) + 1 if len(others) else 0
    if len(norms) - first < thresholds.consecutive_records:
        return
    # Losses such as the hinge loss have no gradient where they are minimized.
    if not values[-1] > thresholds.solved_share * abs(values[0]):
        return
    yield Finding(
        name=FindingName.ZERO_GRADIENT,
        severity=Severity.ERROR,
        layers=(),
        steps=(int(steps[first]), int(steps[-1])),
        numbers=(Number("gradient norm", 0.0), Number("last loss", float(values[-1]))),
        figure=FigureSpec("training-curves"),
        summary=f"The gradient is exactly 0 from step {steps[first]:,} on.",
        explanation=(
            "No weight changes any more, whatever the learning rate: all paths from "
            "the loss to the weights pass dead or saturated units, or a function "
            "without a slope."
        ),
        remedy="Check the output layer and the loss, and use activation functions "
        "with a slope for all inputs, such as leaky_relu.",
        source="Goodfellow, Bengio & Courville (2016), section 6.3",
    )


def is_frozen(run: Run) -> bool:
    """Returns whether no weight of the model was trainable, in all phases."""
    model = mapping(run.attributes.get("model"))
    total, trained = model.get("parameters"), model.get("trainable_parameters")
    if read_phases(run.attributes) or not (is_number(total) and is_number(trained)):
        return False
    return total > 0 and trained == 0


def nothing_trainable(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds a model of which no weight is trainable."""
    if not run.records:
        raise NotChecked(NO_RECORDS)
    if not is_frozen(run):
        return
    parameters = run.attributes["model"]["parameters"]
    yield Finding(
        name=FindingName.NOTHING_TRAINABLE,
        severity=Severity.ERROR,
        layers=(),
        steps=whole(run),
        numbers=(
            Number("parameters", parameters),
            Number("trainable parameters", 0),
        ),
        figure=FigureSpec("training-curves"),
        summary="No weight of the model is trainable.",
        explanation=(
            "The model, or each of its layers, has trainable = False, so that training "
            "leaves all weights as they are."
        ),
        remedy="Set trainable = True for the layers to train, then compile the model.",
        source="Keras guide, Transfer learning & fine-tuning",
    )


def blocked_gradient(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds layers below the output that the loss does not depend on."""
    found = connections(run)
    rows = {layer.name: layer for layer in run.layers}
    # With several outputs, some may have no loss.
    below = [found.before([end]) for end in found.ends]
    shared = set[str].intersection(*below)
    blocked = [
        name
        for name in found.layers
        if name in shared
        and name in rows
        and rows[name].absent.get(Quantity.WEIGHT_GRADIENT) == NO_INFLUENCE
    ]
    if not blocked:
        return
    after = [
        name
        for name in found.layers
        if found.layers[name].kind not in PASSIVE
        and not found.layers[name].parameters
        and {*blocked} <= found.before([name])
    ]
    through = f", as it does not pass {listed(tuple(after))}" if after else ""
    learned = has_learned(run, thresholds)
    yield Finding(
        name=FindingName.ZERO_GRADIENT,
        severity=Severity.WARNING if learned else Severity.ERROR,
        layers=tuple(blocked),
        steps=whole(run),
        numbers=(Number("layers without a gradient", len(blocked)),),
        figure=FigureSpec("depth-profile", step=int(run.steps[0])),
        summary=f"No gradient reaches {listed(tuple(blocked))}{through}.",
        explanation=(
            "The output depends on these layers, but the loss has no gradient for "
            "their weights: on the way, a function has no slope, such as round or "
            "argmax, or stops the gradient. The weights keep their initial values."
        ),
        remedy="Replace the function by one with a slope, or leave it out. To keep "
        "initial weights on purpose, set trainable=False.",
        source="Bengio, Léonard & Courville (2013), Estimating or propagating "
        "gradients through stochastic neurons",
    )


def constant_output(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds an output that has the same values for all examples."""
    known = heads(run)
    spread = read(run, Quantity.ACTIVATION, Statistic.UNIT_STD)
    size = root_mean_square(run, Quantity.ACTIVATION)
    latest = min(thresholds.consecutive_records, run.records)
    if latest < thresholds.consecutive_records:
        raise NotChecked("the run has too few records")
    if run.steps[-1] - run.steps[0] < thresholds.min_updates:
        raise NotChecked("the run has too few updates")
    for head in known:
        row = head.output.row
        if row is None or not head.output.is_known:
            continue
        same = spread[-latest:, row] <= SAME * size[-latest:, row]
        if not same.all():
            yield from one_class(run, thresholds, head, row, latest)
            continue
        yield Finding(
            name=FindingName.CONSTANT_OUTPUT,
            severity=Severity.ERROR,
            layers=head.layers(run),
            steps=(int(run.steps[-latest]), int(run.steps[-1])),
            numbers=(
                Number("std within units", float(spread[-1, row])),
                Number("size of the output", float(size[-1, row])),
            ),
            figure=FigureSpec("layer-curves", quantity=Quantity.ACTIVATION),
            summary=f"The output {head.name} is the same for all examples.",
            explanation=(
                "The prediction does not depend on the inputs: the signal of the "
                "inputs is lost in a layer before the output."
            ),
            remedy=f"{padding(run)}Check that hidden layers are neither dead nor "
            "saturated, and that inputs and labels match.",
            source="Goodfellow, Bengio & Courville (2016), section 11.5",
        )


def padding(run: Run) -> str:
    """Returns advice for recurrent layers, which forget during long padding."""
    if not any(layer.kind in RECURRENT for layer in run.layers):
        return ""
    return (
        "If sequences are padded at the end, mask the padding, as with "
        "mask_zero=True in Embedding, or pad at the beginning: the last states of "
        "recurrent layers see the padding only. "
    )


def one_class(
    run: Run, thresholds: Thresholds, head: Head, row: int, latest: int
) -> Iterator[Finding]:
    """Finds one sigmoid unit that predicts the frequent class for all examples.

    A network may predict a rare class with less than 1/2 for good reason. It has
    learned nothing if its loss is that of predicting the frequency.
    """
    target, loss = head.target, head.loss
    one_unit = run.layers[row].units == 1 and head.output.activation == "sigmoid"
    if not one_unit or target is None or loss is None or not target.is_binary:
        return
    guess = loss_of_guessing(run, thresholds)
    _, _, values = loss_values(run, thresholds)
    if guess is None or not values[-1] > NO_BETTER * guess > 0:
        return
    extremes = [
        read(run, Quantity.ACTIVATION, one)[-latest:, row]
        for one in (Statistic.MIN, Statistic.MAX)
    ]
    if not ((extremes[1] < 0.5).all() or (extremes[0] > 0.5).all()):
        return
    share = float(np.mean(target.of(Statistic.MEAN)))
    frequent = int(share > 0.5)
    most = max(share, 1 - share)
    if most < IMBALANCED:
        return
    yield Finding(
        name=FindingName.CONSTANT_OUTPUT,
        severity=Severity.ERROR,
        layers=head.layers(run),
        steps=(int(run.steps[-latest]), int(run.steps[-1])),
        numbers=(
            Number(f"share of the class {frequent}", most),
            Number("largest output", float(extremes[1].max())),
            Number("last loss", float(values[-1])),
            Number("loss at chance", guess),
        ),
        figure=FigureSpec("layer-curves", quantity=Quantity.ACTIVATION),
        summary=f"{head.name} predicts the class {frequent} for all examples, to which "
        f"{most:.0%} of them belong.",
        explanation=(
            f"The loss of {values[-1]:.3g} is that of predicting the frequency of the "
            f"classes, {guess:.3g}: so far, the predictions do not use the inputs. An "
            f"accuracy of {most:.0%} says nothing here."
        ),
        remedy="Weight the rare class with class_weight in fit, or train on as many "
        "examples of either class; and judge by balanced accuracy or by the area "
        "under the precision-recall curve.",
        change=CodeChange(
            "model.fit(x, y)",
            f"model.fit(x, y, class_weight={{{frequent}: 1, {1 - frequent}: "
            f"{most / max(1 - most, 1e-3):.0f}}})",
        ),
        source="He & Garcia (2009), Learning from imbalanced data, sections 3 and 4",
    )
