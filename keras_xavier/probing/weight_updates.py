"""Measures updates of weights between two steps, from copies of the weights."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import keras

from keras_xavier.probing.backend import Task, Tensor, load_backend
from keras_xavier.probing.reduction import Layout, reduce_collected, to_measurement
from keras_xavier.statistics import QUANTITIES, Layer, Measurement, Quantity


class WeightUpdates:
    """Measures the updates of the weights of a layer table.

    Args:
        model: `keras.Model`.
        table: Sequence of `Layer`. The layer table.
        weights: Mapping from index of a row to its `keras.Variable`.
        limit: int. Tensors of this many values or more are counted in part.
    """

    def __init__(
        self,
        model: keras.Model,
        table: Sequence[Layer],
        weights: Mapping[int, keras.Variable],
        limit: int,
    ) -> None:
        self._model = model
        self._weights = list(weights.values())
        self._backend = load_backend()
        self._limit = limit
        self._layout = Layout(
            tuple(table),
            tuple((Quantity.WEIGHT_UPDATE, row) for row in weights),
            (Task(),) * len(weights),
        )

    def copy_weights(self, state: object = None) -> list[Tensor]:
        """Returns copies of the weights: 4 bytes for each float32 weight.

        Args:
            state: The state of the training step while JAX trains, else `None`.
        """
        values = self._backend.read(self._model, self._weights, state)
        if self._backend.STEPS_ARE_PURE:
            # The next step may overwrite them.
            return [self._backend.copy(value) for value in values]
        return values

    def have_changed(self, before: Sequence[Tensor]) -> bool:
        """Returns whether the model holds other weights than these copies."""
        now = self._backend.read(self._model, self._weights, None)
        return any(
            bool(keras.ops.any(keras.ops.not_equal(new, old)))
            for new, old in zip(now, before, strict=True)
        )

    def add(
        self, measurement: Measurement, before: Sequence[Tensor], state: object = None
    ) -> Measurement:
        """Adds the difference between the weights and earlier copies."""
        after = self._backend.read(self._model, self._weights, state)
        updates = [
            self._backend.difference(new, old)
            for new, old in zip(after, before, strict=True)
        ]
        tensors = [self._backend.prepare(update) for update in updates]
        found = reduce_collected(
            self._backend,
            self._layout,
            {
                **{"tensors": tensors, "masks": [None] * len(tensors)},
                **{"gradients": [], "watched": []},
            },
            self._limit,
        )
        reduced = to_measurement(self._layout, found, {})
        statistics = measurement.statistics.copy()
        histogram = measurement.histogram.copy()
        row = QUANTITIES.index(Quantity.WEIGHT_UPDATE)
        statistics[row], histogram[row] = (
            reduced.statistics[row],
            reduced.histogram[row],
        )
        return replace(measurement, statistics=statistics, histogram=histogram)
