"""The share of saturated activations of each layer over the steps."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Text

from keras_xavier.figure_spec import AxisScale
from keras_xavier.figures.axis_labels import Label
from keras_xavier.figures.bands import doubles
from keras_xavier.figures.data import Floats, LayerCurvesData, why_empty
from keras_xavier.figures.downsampling import Strip
from keras_xavier.figures.facets import Key
from keras_xavier.figures.labels import write
from keras_xavier.figures.layer_curves import LayerCurves
from keras_xavier.figures.style import TEXT_SIZE
from keras_xavier.figures.ticks import ShareFormatter
from keras_xavier.statistics import Quantity


class Saturation(LayerCurves):
    """One line for each layer: the share of its activations that is saturated."""

    name = "saturation"
    fixed: ClassVar[Mapping[str, Any]] = {
        "quantity": Quantity.ACTIVATION,
        "theory": False,
        "band": None,
        "scale": AxisScale.LINEAR,
        "full_range": False,
    }

    def _strip(self, data: LayerCurvesData) -> Strip:
        x = data.steps.astype(np.float64)
        return Strip(x, *[doubles(data.saturated)] * 3)

    def _columns(self) -> tuple[str, ...]:
        return ("saturated",)

    def _headline(self) -> str:
        return f"{self._runs[0].quantity.label}: share of saturated values"

    def _value_label(self) -> Label:
        return "share of saturated values", "saturated"

    def _bounds(self, data: LayerCurvesData) -> Floats:
        return np.reshape(((0.0, 1.0),) * len(data.layers), (-1, 2))

    def _formatter(self) -> ShareFormatter:
        return ShareFormatter()

    def _why_empty(self) -> str:
        reason = why_empty(self._runs, any(one.any() for one in self._shown))
        if reason or self._has_values():
            return reason
        return "The saturation of these layers is not known"

    def _make(self) -> None:
        super()._make()
        self._reasons: list[Text] = []

    def _draw(self) -> None:
        """Explains panels without lines."""
        for text in self._reasons:
            text.remove()
        self._reasons = []
        panels: dict[Axes, list[Key]] = {}
        for key, drawn in self._artists.items():
            panels.setdefault(drawn.axes, []).append(key)
        for axes, keys in panels.items() if not self._why_empty() else ():
            if all(self._is_unknown(key) for key in keys):
                text = axes.text(
                    *(0.5, 0.5, ""),
                    transform=axes.transAxes,
                    ha="center",
                    va="center",
                    size=TEXT_SIZE,
                    color=self.style.muted,
                    parse_math=False,
                )
                write(text, f"unknown for {self._activation(keys[0])}")
                self._reasons.append(text)

    def _is_unknown(self, key: Key) -> bool:
        """Returns whether there are records, and still no line to draw."""
        values = self._strips[key[0]].middle[:, key[1]]
        return bool(values.size and np.isnan(values).all())

    def _activation(self, key: Key) -> str:
        """Returns the activation function of a layer, or else its name."""
        data = self._runs[key[0]]
        names = data.activations or ("",) * len(data.layers)
        return names[key[1]] or data.layers[key[1]]

    def _remarks_on_values(self) -> list[str]:
        unknown = [key for key in self._artists if self._is_unknown(key)]
        if not unknown or self._reasons or self._why_empty():
            return []
        return [f"unknown for {self._activation(unknown[0])}"]
