"""When and in which layers softsign activations gather in their knees, ±0.6 to ±0.8."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from keras_xavier.experiments.experiment import DATASET_TITLES
from keras_xavier.network.outputs import hidden_rows
from keras_xavier.paper.claims.reading import hidden, knees, sizes, text
from keras_xavier.paper.reproduction import LAYERS, Reproduction
from keras_xavier.paper.schemes import SOFTSIGN, SOFTSIGN_N
from keras_xavier.runs import Run
from keras_xavier.statistics import Statistic

RECORDS = 50
"""Number of evenly spaced records that are read."""
EXPLANATION = """\
A layer is in its knees while ±0.6 to ±0.8 is the densest fifth of its range. The \
table lists the updates at which each layer of the network with seed 0 is in its \
knees, with a dash for never; the number of networks with each layer in its knees at \
the end; and, for layer 1 at the end, medians of the networks. The std within units \
is the spread of a unit over the examples. If it is near the std of the layer, each \
unit takes both signs; if it is far below it, each unit stays on one side."""


def in_knees(run: Run, record: int = -1) -> NDArray[np.bool_]:
    """Finds the hidden layers for which ±0.6 to ±0.8 is the densest fifth.

    Args:
        run: `Run` of a softsign network.
        record: int. Index of the record. Defaults to the last.

    Returns:
        Array of bool, of shape (layer,).
    """
    layers = range(len(hidden_rows(run.layers, run.attributes)))
    return np.array([knees(sizes(run, layer, 5, record)) > 1 for layer in layers])


def periods(run: Run) -> list[str]:
    """Describes from when to when each hidden layer is in its knees.

    Returns:
        List of str, such as `"3,000 to 12,000"`, `"from 9,000"` and `"–"` for never.
    """
    last = len(run.steps) - 1
    records = np.unique(np.linspace(0, last, RECORDS).round().astype(int))
    steps = run.steps[records]
    found = []
    for layer in np.array([in_knees(run, int(record)) for record in records]).T:
        if not layer.any():
            found.append("–")
        elif layer[-1]:
            found.append(f"from {steps[np.argmax(layer)]:,}")
        else:
            first, last = steps[layer][[0, -1]]
            found.append(f"{first:,} to {last:,}")
    return found


def knees_table(of: Reproduction) -> str:
    """Compares the softsign networks of a reproduction as a Markdown table.

    Args:
        of: `Reproduction`. All its runs must be finished.

    Returns:
        str. One row for each data set and initialization, and an explanation.
    """
    layers = [f"layer {number}" for number in range(1, LAYERS + 1)]
    header = [
        *("data set", "scheme", "learning rate", "updates", *layers),
        *("in the knees at the end", "saturated", "std", "std within units"),
    ]
    rows = [header, ["---"] * len(header)]
    for dataset in of.datasets:
        for scheme in (SOFTSIGN, SOFTSIGN_N):
            runs = of.runs(scheme, dataset)
            at_the_end = np.sum([in_knees(run) for run in runs], axis=0)
            rows.append(
                [
                    DATASET_TITLES[dataset],
                    scheme.name,
                    f"{runs[0].hyperparameters['learning_rate']:g}",
                    f"{runs[0].steps[-1]:,}",
                    *periods(runs[0]),
                    f"{text(at_the_end, '.0f')} of {len(runs)}",
                    text([at_end(runs, Statistic.SATURATED)], ".0%"),
                    text([at_end(runs, Statistic.STD)], ".2f"),
                    text([at_end(runs, Statistic.UNIT_STD)], ".2f"),
                ]
            )
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n\n" + EXPLANATION


def at_end(runs: Sequence[Run], statistic: Statistic) -> float:
    """Returns the last value in the first hidden layer: the median of the networks."""
    return float(np.median([hidden(run, statistic)[-1, 0] for run in runs]))
