"""The size of updates relative to the weights over the steps."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from keras_xavier.figure_spec import AxisScale
from keras_xavier.figure_spec.reference_values import (
    REPORTED_UPDATES,
    TYPICAL_UPDATE,
    USUAL_UPDATES,
)
from keras_xavier.figures.axis_labels import Label
from keras_xavier.figures.bands import doubles
from keras_xavier.figures.data import Floats, LayerCurvesData
from keras_xavier.figures.downsampling import Strip
from keras_xavier.figures.layer_curves import LayerCurves
from keras_xavier.figures.limits import Limits
from keras_xavier.figures.references import add_reference, add_reference_band
from keras_xavier.figures.rows import UNBOUNDED
from keras_xavier.figures.ticks import power_of_ten
from keras_xavier.statistics import Quantity

AIR = 1.5
"""Factor between the usual values and the ends of a logarithmic axis."""
MEANINGS = "too small below", "too large above"
LABEL = "update-to-weight ratio √⟨ΔW²⟩ / √⟨W²⟩"


class UpdateRatio(LayerCurves):
    """One line for each layer: √⟨ΔW²⟩ / √⟨W²⟩."""

    name = "update-ratio"
    fixed: ClassVar[Mapping[str, Any]] = {
        "quantity": Quantity.WEIGHT_UPDATE,
        "theory": False,
        "band": None,
    }

    def _make(self) -> None:
        super()._make()
        for axes in self.layout.axes:
            add_reference_band(axes, *USUAL_UPDATES, self.style)
            add_reference(axes, TYPICAL_UPDATE, "rule of thumb", self.style)
            for value, meaning in zip(REPORTED_UPDATES, MEANINGS, strict=True):
                add_reference(axes, value, meaning, self.style)

    def _fit_values(self, between: Limits) -> Limits:
        low, high = super()._fit_values(between)
        if self._scale is not AxisScale.LOG:
            # On a linear axis, the band may be much wider than the values.
            return low, max(high, 1.2 * TYPICAL_UPDATE)
        return min(low, USUAL_UPDATES[0] / AIR), max(high, USUAL_UPDATES[1] * AIR)

    def _strip(self, data: LayerCurvesData) -> Strip:
        ratio = np.full(data.mean.shape, np.nan) if data.ratio is None else data.ratio
        return Strip(data.steps.astype(np.float64), *[doubles(ratio)] * 3)

    def _columns(self) -> tuple[str, ...]:
        return ("update_to_weight_ratio",)

    def _headline(self) -> str:
        return LABEL[0].upper() + LABEL[1:]

    def _value_label(self) -> Label:
        return LABEL, "|ΔW| / |W|"

    def _bounds(self, data: LayerCurvesData) -> Floats:
        return np.array((UNBOUNDED,) * len(data.layers)).reshape(-1, 2)

    def _remarks_on_values(self) -> list[str]:
        low, high = map(power_of_ten, USUAL_UPDATES)
        return [f"shaded: usual values, {low} to {high}"]
