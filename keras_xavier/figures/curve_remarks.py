"""Remarks on the values of layer curves, and on what theory predicts of them."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from keras_xavier.figure_spec import Band
from keras_xavier.figures.bands import predicted_statistic, theory_reasons
from keras_xavier.figures.data import LayerCurvesData
from keras_xavier.figures.downsampling import Strip
from keras_xavier.figures.facets import Key
from keras_xavier.figures.labels import at_steps
from keras_xavier.figures.theory_lines import ratio_remarks, ratios
from keras_xavier.text import shorten


def first_undefined(
    runs: Sequence[LayerCurvesData], strips: Sequence[Strip], keys: Collection[Key]
) -> list[str]:
    """Returns a remark on the first value of some lines that is not finite, if any."""
    first = []
    for i, j in keys:
        undefined = np.isnan(strips[i].middle[:, j])
        if undefined.any():
            step = int(runs[i].steps[undefined.argmax()])
            first.append((step, shorten(runs[i].layers[j])))
    if not first:
        return []
    step, name = min(first, key=lambda one: one[0])
    return [f"NaN or ±Inf first at step {step:,} in {name}"]


def remarks_on_theory(
    runs: Sequence[LayerCurvesData], predicted: Mapping[Key, float], band: Band
) -> list[str]:
    """Returns measured over expected values, and why theory does not describe runs.

    Args:
        runs: The runs.
        predicted: Prediction of each line that is drawn; NaN if there is none.
        band: `Band`. The statistics that are drawn.
    """
    found, steps = [], set()
    for (i, j), value in predicted.items():
        statistic = predicted_statistic(runs[i], band)
        if statistic is not None and np.isfinite(value):
            measured = getattr(runs[i], statistic)[0, j]
            found.append(float(ratios(measured, np.array(value))))
            steps.add(int(runs[i].steps[0]))
    reasons = theory_reasons([runs[i] for i in sorted({i for i, _ in predicted})], band)
    if not found:
        return reasons
    symbol = runs[0].quantity.symbol
    return ratio_remarks(np.array(found), symbol, f" {at_steps(steps)}") + reasons
