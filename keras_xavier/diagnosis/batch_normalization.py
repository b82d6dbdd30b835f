"""Batch normalization whose moving statistics have not converged."""

from collections.abc import Iterable

from keras_xavier.diagnosis.code_changes import layer_line
from keras_xavier.diagnosis.finding import Finding, FindingName, Number, Severity
from keras_xavier.diagnosis.guessing import loss_of_guessing
from keras_xavier.diagnosis.program import graph, is_number
from keras_xavier.diagnosis.reading import NotChecked, read_metrics
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.figure_spec import FigureSpec
from keras_xavier.network.outputs import measured_rows
from keras_xavier.runs import Run
from keras_xavier.runs.phases import read_phases
from keras_xavier.statistics import Quantity

MOMENTUM = 0.99
"""Default of `keras.layers.BatchNormalization`."""


def slowest(run: Run) -> tuple[tuple[str, ...], float]:
    """Returns the layers with the largest momentum, and the momentum; 0 without any.

    Layers that are frozen keep their statistics.
    """
    rows = measured_rows(run.layers)
    momenta: dict[str, float] = {}
    for name, layer in graph(run).items():
        momentum = (layer.settings or {}).get("momentum", MOMENTUM)
        if layer.kind != "BatchNormalization" or not is_number(momentum):
            continue
        own = [row for row in rows if run.layers[row].name == name]
        frozen = [Quantity.WEIGHT_GRADIENT in run.layers[row].absent for row in own]
        if 0 < momentum < 1 and not (frozen and all(frozen)):
            momenta[name] = float(momentum)
    largest = max(momenta.values(), default=0.0)
    return tuple(name for name, one in momenta.items() if one == largest), largest


def initial_share(run: Run, step: int) -> float:
    """Returns the share of the initial values in the moving statistics at a step."""
    _, momentum = slowest(run)
    if not momentum or not run.records or read_phases(run.attributes):
        # A model of a later phase is no longer at its initial values.
        return 0.0
    return float(momentum ** max(step - int(run.steps[0]), 0))


def moving_statistics_not_converged(
    run: Run, thresholds: Thresholds
) -> Iterable[Finding]:
    """Finds a high validation loss with moving statistics near their initial values."""
    metrics = read_metrics(run)
    if not run.records or "val_loss" not in metrics or "loss" not in metrics:
        raise NotChecked("there is no validation loss")
    names, momentum = slowest(run)
    steps, validation = metrics["val_loss"]
    _, losses = metrics["loss"]
    if not (names and len(steps) and len(losses)):
        return
    share = initial_share(run, int(steps[-1]))
    if share <= thresholds.initial_statistics:
        return
    loss, last = float(losses[-1]), float(validation[-1])
    guess = loss_of_guessing(run, thresholds)
    learns = guess is None or loss < thresholds.unlearned_share * guess
    if not (learns and 0 < loss < thresholds.memorized_share * last):
        return
    updates = int(steps[-1] - run.steps[0])
    # A tenth of the updates should be enough.
    faster = 0.9 if updates < 1000 else 0.95
    yield Finding(
        name=FindingName.MOVING_STATISTICS_NOT_CONVERGED,
        severity=Severity.WARNING,
        layers=names,
        steps=(int(run.steps[0]), int(run.steps[-1])),
        numbers=(
            Number("momentum", momentum),
            Number("trained for", updates, "updates"),
            Number("share of the initial values", share),
            Number("last loss", loss),
            Number("last val_loss", last),
        ),
        figure=FigureSpec("training-curves"),
        summary=(
            f"The validation loss of {last:.3g}, with a training loss of {loss:.3g}, "
            "does not show what the network has learned: the moving statistics of "
            f"batch normalization have not converged after {updates:,} updates."
        ),
        explanation=(
            "In training, batch normalization uses mean and variance of the batch; in "
            "validation and prediction, moving averages, which begin at 0 and 1. With "
            f"a momentum of {momentum:g}, {share:.0%} of them are still these initial "
            "values."
        ),
        remedy=f"Use BatchNormalization(momentum={faster:g}), or train for more "
        "updates. Judge overfitting only after that.",
        change=layer_line(run, names[0], momentum=faster),
        source="Ioffe & Szegedy (2015), section 3.1; keras.layers.BatchNormalization",
    )
