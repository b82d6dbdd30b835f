"""Units that output 0 for every example."""

import math
from collections.abc import Iterable

import numpy as np

from keras_xavier.diagnosis.code_changes import REMOVED, layer_line
from keras_xavier.diagnosis.finding import (
    CodeChange,
    Finding,
    FindingName,
    Number,
    Severity,
)
from keras_xavier.diagnosis.learned import has_learned
from keras_xavier.diagnosis.network import (
    changed,
    hidden_rows,
    layers_of,
    weights_change,
)
from keras_xavier.diagnosis.output_values import CONVOLUTIONS
from keras_xavier.diagnosis.program import LINEAR
from keras_xavier.diagnosis.reading import (
    NO_RECORDS,
    Array,
    NotChecked,
    layer_names,
    listed,
    read,
    read_counts,
)
from keras_xavier.diagnosis.remedies import learning_rate, try_it
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.figure_spec import FigureSpec, ReferenceLine
from keras_xavier.runs import Run
from keras_xavier.statistics import (
    Quantity,
    Statistic,
    unit_indices,
)


def dead_units(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds layers with many dead units."""
    if not run.records:
        raise NotChecked(NO_RECORDS)
    share = np.fmax(dead_share(run, thresholds), silent(run, thresholds))
    # A network that learns with the units that are left has enough of them.
    learned = has_learned(run, thresholds)
    bound = thresholds.dead_values if learned else thresholds.dead_share
    affected = [
        i
        for i in hidden_rows(run)
        if share[i] >= bound and run.layers[i].activation not in LINEAR
    ]
    if not affected:
        return
    layers = layer_names(run, affected)
    most = float(share[affected].max())
    zero = read(run, Quantity.ACTIVATION, Statistic.ZERO)[:, affected]
    often = np.flatnonzero((zero >= share[affected]).any(axis=1))
    start = int(often[0]) if len(often) else 0
    rate = learning_rate(run)
    units = unit_word(run, affected)
    severe = most >= thresholds.dead_values and not learned
    yield Finding(
        name=FindingName.DEAD_UNITS,
        severity=Severity.ERROR if severe else Severity.WARNING,
        layers=layers,
        steps=(int(run.steps[start]), int(run.steps[-1])),
        numbers=tuple(
            Number(f"share of dead {units} in {name}", float(share[index]))
            for name, index in zip(layers, affected, strict=True)
        )
        + tuple(
            Number(f"share of zeros in {name}", float(zero[-1, place]))
            for place, name in enumerate(layers)
        ),
        figure=FigureSpec(
            "layer-curves",
            Quantity.PREACTIVATION,
            band="percentiles",
            step=int(run.steps[start]),
        ),
        lines=(ReferenceLine(0.0, "dead below"),),
        summary=f"{share_text(share[affected], units)} of {listed(layers)} are dead: "
        "they are 0 for all examples of the last records.",
        explanation=(
            "Their preactivations are always negative, because of "
            "negative biases or inputs, or after an update that was too large. A "
            "rectifier has slope 0 there, so they receive no gradient and do "
            "not recover."
        ),
        remedy="Initialize biases to 0 and weights with "
        "kernel_initializer='he_normal', lower the learning rate, or use an activation "
        "with a slope on both sides, such as leaky_relu or elu.",
        change=living_units(run, affected),
        command=try_it(
            run,
            activation="leaky_relu",
            initializer="he_normal",
            learning_rate=rate and rate / 10,
        ),
        source="Maas, Hannun & Ng (2013), section 2; Lu et al. (2019), Dying ReLU and "
        "initialization",
    )


def share_text(shares: Array, units: str) -> str:
    """Writes shares of dead units.

    >>> share_text(np.array([0.6, 0.8]), "channels")
    'Up to 80% of the channels'
    """
    most, least = (f"{one:.0%}" for one in (shares.max(), shares.min()))
    if least == most == "100%":
        return f"All {units}"
    return f"{most if most == least else f'Up to {most}'} of the {units}"


def unit_word(run: Run, rows: list[int]) -> str:
    kinds = {run.layers[one.weights].kind for one in layers_of(run, rows)}
    return "channels" if kinds <= {*CONVOLUTIONS} else "units"


def living_units(run: Run, rows: list[int]) -> CodeChange | None:
    """Removes the initial biases of the first layer that has some; otherwise replaces
    its activation function."""
    for layer in layers_of(run, rows):
        name = run.layers[layer.weights].name
        line = layer_line(run, name, bias_initializer=REMOVED)
        if changed(line):
            return line
    return weights_change(run, rows, "he_normal", "leaky_relu")


def dead_share(run: Run, thresholds: Thresholds) -> Array:
    """Returns the share of units that are 0 for all examples of the latest records.

    A small batch leaves many units silent by chance, and others in the next record;
    dead units are the same in all records.

    Returns:
        Array of shape (layer,); NaN where single units are not recorded, or examples
        are too few.
    """
    dead = np.full(len(run.layers), np.nan)
    recorded = len(run.unit_steps)
    if not recorded:
        return dead
    values = read_counts(run, Quantity.ACTIVATION)
    latest: dict[int, int] = {}
    for index in hidden_rows(run):
        # Runs may list layers without units.
        units = run.layers[index].units
        examples = values[index] / units if units else 0.0
        if examples * recorded >= thresholds.min_examples:
            latest[index] = latest_records(examples, recorded, thresholds)
    start = max(recorded - max(latest.values(), default=0), 0)
    zeros = run.read_units_of_layers([*latest], [Statistic.ZERO], start=start)[..., 0]
    for place, (index, records) in enumerate(latest.items()):
        known = len(unit_indices(run.layers[index].units))
        dead[index] = np.mean(zeros[-records:, place, :known].min(axis=0) >= 1)
    return dead


def latest_records(examples: float, recorded: int, thresholds: Thresholds) -> int:
    """Returns the number of latest records that are evidence for dead units."""
    enough = math.ceil(thresholds.min_examples / examples)
    return max(enough, thresholds.consecutive_records, recorded // 4)


def silent(run: Run, thresholds: Thresholds) -> Array:
    """Returns 1 for layers without any value that is not 0, and 0 for others."""
    recent = slice(-thresholds.consecutive_records, None)
    zero = read(run, Quantity.ACTIVATION, Statistic.ZERO)[recent]
    return (zero.min(axis=0) >= 1).astype(np.float64)
