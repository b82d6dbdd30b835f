"""The prediction of theory in figures: its legend, and measured over expected."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import Annotation
from numpy.typing import NDArray

from keras_xavier.figures.data import Floats
from keras_xavier.figures.layer_axis import stride
from keras_xavier.figures.legend import Entry
from keras_xavier.figures.style import NOTE_SIZE, THEORY_LOOK, Style
from keras_xavier.text import shorten_all

THEORY = "theory, before training"
RATIO = "measured / theory"


def theory_entry(style: Style) -> Entry:
    """Returns the entry of the legend for the prediction of theory."""
    return Entry(Line2D([], [], color=style.muted, **THEORY_LOOK), THEORY)


def ratios(measured: Floats, predicted: Floats) -> NDArray[np.float64]:
    """Returns measured over predicted values; NaN where theory has no prediction."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.asarray(measured, np.float64) / predicted
    return np.where(np.isfinite(found), found, np.nan)


def ratio_text(ratio: float) -> str:
    """Returns a ratio with two or three digits.

    >>> [ratio_text(one) for one in (0.973, 1.0, 12.34, 0.000123)]
    ['0.97', '1.00', '12', '0.00012']
    """
    return f"{ratio:.2f}" if 0.1 <= ratio < 9.995 else f"{ratio:.2g}"


def ratio_remarks(found: NDArray[np.float64], what: str, when: str = "") -> list[str]:
    """Returns a remark on measured over predicted values, if any are known.

    Args:
        found: Ratios; NaN where unknown.
        what: Symbol of the quantity.
        when: Text after the quantity, such as `" at step 0"`.
    """
    known = found[~np.isnan(found)]
    if not known.size:
        return []
    low, high = ratio_text(float(known.min())), ratio_text(float(known.max()))
    between = low if low == high else f"{low} to {high}"
    return [f"{what}: {RATIO} {between}{when}"]


class RatioTexts:
    """Measured over predicted values as numbers above axes of layers.

    Args:
        axes: The axes.
        style: `Style`. Colors.
    """

    def __init__(self, axes: Axes, style: Style) -> None:
        self._axes, self._style = axes, style
        self._texts: list[Annotation] = []

    def show(self, found: Mapping[int, float]) -> None:
        """Replaces the numbers.

        Args:
            found: Ratios by the place of their layer on the x axis; NaN where unknown.
        """
        for text in self._texts:
            text.remove()
        left, right = self._axes.get_xlim()
        written = {
            place: ratio_text(float(ratio))
            for place, ratio in found.items()
            if left <= place <= right and not np.isnan(ratio)
        }
        every = stride(self._axes, written.values())
        self._texts = [
            self._axes.annotate(
                written[place],
                (place, 1.0),
                xycoords=self._axes.get_xaxis_transform(),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                va="bottom",
                fontsize=NOTE_SIZE,
                color=self._style.muted,
            )
            for place in [*written][::every]
        ]


def reasons_of(found: Sequence[tuple[str, str]], all_runs: int) -> list[str]:
    """Returns the reasons why theory does not describe runs, each once.

    Args:
        found: Name of a run and its reason, which may be empty.
        all_runs: Number of runs.

    >>> reasons_of([("mlp", ""), ("cnn", "theory: it covers dense layers")], 2)
    ['cnn: theory: it covers dense layers']
    """
    runs: dict[str, list[str]] = {}
    for run, reason in found:
        if reason:
            runs.setdefault(reason, []).append(run)
    return [
        reason if len(of) == all_runs else f"{', '.join(shorten_all(of))}: {reason}"
        for reason, of in runs.items()
    ]


def has_values(predicted: Floats | None, shown: NDArray[np.bool_]) -> bool:
    """Returns whether theory has a prediction for a layer that is shown."""
    return predicted is not None and bool(np.isfinite(predicted[shown]).any())
