"""Measures a training step that is a pure function of its state, as on JAX.

The step is not replaced. Before it runs, a measuring pass computes its activations and
gradients on the same state and batch. So the model trains with the program that Keras
compiles, and the measuring pass contains neither the optimizer nor the metrics.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import keras
import numpy as np

from keras_xavier.probing import introspection
from keras_xavier.probing.attention_masks import masks_kept
from keras_xavier.probing.backend import Reduced, Tensor, load_backend
from keras_xavier.probing.data_rows import mark_batch
from keras_xavier.probing.nonfinite_watch import watching
from keras_xavier.probing.pauses import (
    Pauses,
    later,
    pause,
    train_with_pauses,
)
from keras_xavier.probing.reduction import Collected, reduce_collected, to_measurement
from keras_xavier.probing.selection import Layers
from keras_xavier.probing.step_logs import ENDS, no_layers
from keras_xavier.probing.step_quality import to_metrics
from keras_xavier.probing.tensor_recorder import (
    TensorRecorder,
    instrumented,
    recording,
)
from keras_xavier.probing.training_step import InstrumentedTraining
from keras_xavier.statistics import Measurement

State = Any


@dataclass(frozen=True)
class WeightRow:
    """Stands for a weight in the layer table: its values are known without the pass.

    Attributes:
        index: int. Index of the weight.
        is_update: bool. Whether the row holds the update of the weight.
    """

    index: int
    is_update: bool


class PureTraining(InstrumentedTraining):
    """Trains as the train function of a model does, and measures its first batch.

    Args:
        model: `keras.Model`. A built model.
        layers: As for `select_layers`, or `()` to measure no layers.
        exact: bool. Whether large tensors are counted completely.
        step_quality: bool. Whether the losses before and after the step are measured.
    """

    def __init__(
        self,
        model: keras.Model,
        *,
        layers: Layers = None,
        exact: bool = False,
        step_quality: bool = False,
    ) -> None:
        super().__init__(model, layers=layers, exact=exact, step_quality=step_quality)
        self._pass = self._backend.compiled(self._collect_batch)
        self._weight_rows: dict[int, WeightRow] = {}

    def __call__(
        self,
        plain: Callable[..., Any],
        *arguments: Any,
        pauses: Pauses,
        alone: bool = False,
    ) -> tuple[Any, Measurement | None]:
        state, iterator = arguments
        self.error = None
        data = next(iterator)
        measured = None
        try:
            measured = self._measure(state, data) if self.layers else (no_layers(), [])
        except Exception as error:  # noqa: BLE001 - measuring never stops training
            self.error = error
        start = self._before_step(data, state)
        # A train function of several batches also accepts one.
        result = plain(state, iter([data]))
        measurement = None
        if measured is not None:
            try:
                scalars = to_metrics(self._after_step(start, data, result[1]).get(ENDS))
                measurement = self._with_updates(*measured, result[1], scalars)
            except Exception as error:  # noqa: BLE001 - the update is made
                self.error = error
        pause(pauses, 1, result[1])
        if self._batches > 1:
            others = self._batches - 1
            with suppress(*self._backend.END_OF_DATA):
                result = train_with_pauses(
                    *(plain, result[1], islice(iterator, others)),
                    batches=others,
                    pauses=later(pauses, 1),
                )
        return result, measurement

    def _measure(self, state: State, data: Any) -> tuple[Reduced, list[Tensor]]:
        """Returns summaries of everything except updates, and copies of the weights."""
        with (
            instrumented(self.layers),
            masks_kept(self.model),
            watching(self.model, self.layers, self._layer_names),
            introspection.shadowed(*self._optimizer_shadows()),
        ):
            found = self._pass(state, data)
        weights = self._backend.read(self.model, self._weights, state)
        rows = self._rows(is_update=False)
        found["tensors"] += [weights[row.index] for row in rows.values()]
        found["masks"] += [None] * len(rows)
        measured = [
            i for i in range(len(self.layout.keys)) if i not in self._weight_rows
        ]
        reduced = self._reduce_rows([*measured, *rows], found)
        # The step may overwrite the weights.
        return reduced, [self._backend.copy(weight) for weight in weights]

    def _with_updates(
        self,
        reduced: Reduced,
        before: list[Tensor],
        state: State,
        scalars: Mapping[str, float],
    ) -> Measurement:
        """Adds the updates of the weights, and returns the measurement."""
        if not self.layers:
            return to_measurement(self.layout, reduced, scalars)
        after = self._backend.read(self.model, self._weights, state)
        rows = self._rows(is_update=True)
        updates = [
            self._backend.difference(after[row.index], before[row.index])
            for row in rows.values()
        ]
        masks = [None] * len(updates)
        found = self._reduce_rows(
            [*rows],
            {"tensors": updates, "masks": masks, "gradients": [], "watched": []},
        )
        reduced = merged(reduced, found)
        self._count(reduced)
        return to_measurement(self.layout, reduced, scalars)

    def _reduce_rows(self, rows: list[int], found: Collected) -> Reduced:
        tasks = tuple(self.layout.tasks[row] for row in rows)
        layout = replace(self.layout, tasks=tasks)
        reduced = reduce_collected(self._backend, layout, found, self._limit)
        return reduced | {"rows": np.array(rows, int)}

    def _rows(self, *, is_update: bool) -> dict[int, WeightRow]:
        return {
            row: weight
            for row, weight in self._weight_rows.items()
            if weight.is_update is is_update
        }

    def _collect_batch(self, state: State, data: Any) -> Collected:
        """Returns the tensors that a training step computes; see `Collected`."""
        recorder = TensorRecorder(self._backend)

        def step(state: State, data: Any) -> None:
            scale = introspection.loss_scale(self.model)
            if scale is not None:
                values = self._backend.read(self.model, [scale], state)
                recorder.mark("scale", *values)
            mark_batch(recorder, self.model, data)
            self._plain_step(state, data)

        # Python code of the model is executed only while it is traced.
        with introspection.unchanged_state(self.model), recording(recorder):
            self._backend.run_marked(step, recorder.marks, state, data)
        for index, kernel in enumerate(self._weights):
            name = self._name(kernel)
            recorder.marks[f"w/{name}"] = WeightRow(index, is_update=False)
            recorder.marks[f"u/{name}"] = WeightRow(index, is_update=True)
        try:
            found = self._collect(recorder)
        except Exception as error:
            raise (recorder.error or error) from error
        rows = dict(enumerate(found["tensors"]))
        self._weight_rows = {
            row: kernel for row, kernel in rows.items() if isinstance(kernel, WeightRow)
        }
        others = [row for row in rows if row not in self._weight_rows]
        tensors, masks = (
            [found[name][row] for row in others] for name in ("tensors", "masks")
        )
        return {**found, "tensors": tensors, "masks": masks}

    def _recorded_update(
        self, optimizer: keras.optimizers.Optimizer, method: str
    ) -> Callable[..., Any]:
        if introspection.has_own_step(self.model):
            # What follows the update may use its results.
            return super()._recorded_update(optimizer, method)
        with introspection.shadowed((optimizer, {method: no_update})):
            return super()._recorded_update(optimizer, method)


def no_update(
    optimizer_variables: list[Tensor],
    grads: list[Tensor],
    trainable_variables: list[Tensor],
) -> tuple[list[Tensor], list[Tensor]]:
    """Replaces `optimizer.stateless_apply`, which takes long to trace."""
    return trainable_variables, optimizer_variables


def merged(*parts: Mapping[str, Tensor]) -> Reduced:
    """Joins summaries of some rows each; the rows are numbered by `rows`."""
    host = [
        {name: keras.ops.convert_to_numpy(values) for name, values in part.items()}
        for part in parts
    ]
    # A summary of no rows has no other entries.
    filled = [part for part in host if len(part["rows"])]
    # These have other rows; the kernels, which are added, have no units.
    others = {
        name: np.concatenate([part.pop(name) for part in host if name in part])
        for name in ("norms", "units", "watched")
        if any(name in part for part in host)
    }
    names = filled[0] if filled else ()
    joined = {name: np.concatenate([part[name] for part in filled]) for name in names}
    order = np.argsort(joined.pop("rows", np.empty(0)))
    return {name: values[order] for name, values in joined.items()} | others


def instrument_training(
    model: keras.Model,
    *,
    layers: Layers = None,
    exact: bool = False,
    step_quality: bool = False,
) -> InstrumentedTraining:
    """Returns a train function that also measures; see `InstrumentedTraining`."""
    pure = load_backend().STEPS_ARE_PURE
    kind = PureTraining if pure else InstrumentedTraining
    return kind(model, layers=layers, exact=exact, step_quality=step_quality)
