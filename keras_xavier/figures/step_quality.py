"""The quality of training steps: change of the loss, alpha and sharpness."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from keras_xavier.figure_spec import AxisScale
from keras_xavier.figures.data import Floats, Integers, TrainingCurvesData
from keras_xavier.figures.legend import Entry
from keras_xavier.figures.limits import Limits
from keras_xavier.figures.loaders import training_curves_data
from keras_xavier.figures.plot import IndexedRuns, Options
from keras_xavier.figures.references import add_reference
from keras_xavier.figures.scales import pad_values
from keras_xavier.figures.training_curves import TrainingCurves
from keras_xavier.step_quality import STEP_QUALITY

CHANGE, ALPHA, SHARPNESS = "loss_change", "alpha", "sharpness"
LABELS = {
    CHANGE: ("loss after − before", "Δ loss"),
    ALPHA: ("alpha", "alpha"),
    SHARPNESS: ("sharpness", "sharpness"),
}
REFERENCES: Mapping[str, Mapping[float, str]] = {
    CHANGE: {0.0: ""},
    ALPHA: {-1.0: "no move", 0.0: "minimum", 1.0: "as high on the other side"},
    SHARPNESS: {2.0: "as high on the other side"},
}
"""Values at which lines are drawn, and their meaning."""
NO_QUALITY = (
    "No step quality was recorded. Record it with LayerStatistics(…, "
    "step_quality=True); a model with its own train_step has none."
)


class StepQuality(TrainingCurves):
    """One panel each for the change of the loss, alpha and the sharpness."""

    name = "step-quality"
    fixed: ClassVar[Mapping[str, Any]] = {"scale": AxisScale.LINEAR}

    @classmethod
    def read(cls, runs: IndexedRuns, options: Options) -> list[TrainingCurvesData]:
        return [quality_of(training_curves_data(run, index=i)) for i, run in runs]

    def _make(self) -> None:
        super()._make()
        for panel, axes in zip(self._panels, self.layout.axes, strict=True):
            if panel in LABELS:
                self.layout.set_labels(axes, y=LABELS[panel])
                for value, meaning in REFERENCES[panel].items():
                    add_reference(axes, value, meaning, self.style)

    def _name_kinds(self) -> list[Entry]:
        return []

    def _headline(self) -> str:
        return "Step quality"

    def _why_empty(self) -> str:
        if not self._runs:
            return "No runs selected"
        return "" if any(one.metrics for one in self._runs) else NO_QUALITY

    def _fit_values(self, panel: str, threshold: float, between: Limits) -> Limits:
        low, high = super()._fit_values(panel, threshold, between)
        lines = [*REFERENCES.get(panel, ())]
        if not lines:
            return low, high
        # The lines stay in view, since values mean little without them.
        seen = pad_values(AxisScale.LINEAR, min(0.0, *lines), max(lines), threshold)
        return min(low, seen[0]), max(high, seen[1])

    def _remarks(self) -> list[str]:
        remarks = super()._remarks()
        without = [one.run for one in self._runs if not one.metrics]
        if without:
            remarks.append(f"{len(without):,} of {len(self._runs):,} runs without")
        for metric in (ALPHA, SHARPNESS):
            known, steps = (
                sum(len(one.metrics[name][0]) for one in self._runs if one.metrics)
                for name in (metric, CHANGE)
            )
            if known < steps:
                label, _ = LABELS[metric]
                remarks.append(f"{label} undefined at {steps - known:,} of {steps:,}")
        return remarks


def quality_of(data: TrainingCurvesData) -> TrainingCurvesData:
    """Returns the metrics of the panels, without steps at which they are undefined."""
    if not {*STEP_QUALITY} <= data.metrics.keys():
        return replace(data, metrics={})
    before, after, alpha, sharpness = (data.metrics[name] for name in STEP_QUALITY)
    steps, first, last = np.intersect1d(before[0], after[0], return_indices=True)
    change = steps, after[1][last] - before[1][first]
    found = {CHANGE: change, ALPHA: alpha, SHARPNESS: sharpness}
    return replace(data, metrics={name: defined(*one) for name, one in found.items()})


def defined(steps: Integers, values: Floats) -> tuple[Integers, Floats]:
    known = np.isfinite(values)
    return steps[known], values[known]
