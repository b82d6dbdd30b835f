"""The size of updates relative to the weights over the steps."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from keras_xavier.figures.bands import doubles
from keras_xavier.figures.data import Floats, LayerCurvesData
from keras_xavier.figures.downsampling import Strip
from keras_xavier.figures.layer_curves import LayerCurves
from keras_xavier.figures.layout import Label
from keras_xavier.figures.rows import UNBOUNDED
from keras_xavier.statistics import Quantity

LABEL = "update-to-weight ratio √⟨ΔW²⟩ / √⟨W²⟩"


class UpdateRatio(LayerCurves):
    """One line for each layer: √⟨ΔW²⟩ / √⟨W²⟩."""

    name = "update-ratio"
    fixed: ClassVar[Mapping[str, Any]] = {
        "quantity": Quantity.WEIGHT_UPDATE,
        "theory": False,
        "band": None,
    }

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
        return []
