"""Measures a training step from inside, on its own batch and gradients."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import chain
from typing import Any

import keras
import numpy as np

from keras_xavier.probing import introspection, naming
from keras_xavier.probing.attention_masks import masks_kept
from keras_xavier.probing.backend import Backend, Reduced, Tensor, load_backend
from keras_xavier.probing.data_rows import mark_batch
from keras_xavier.probing.layer_table import in_order_of, make_layer_table
from keras_xavier.probing.nonfinite_watch import watched_marks, watching
from keras_xavier.probing.pauses import Pauses, pause
from keras_xavier.probing.probe import unscale
from keras_xavier.probing.reduction import (
    Collected,
    Layout,
    collect,
    measured_sizes,
    reduce_collected,
    to_measurement,
    with_counted,
)
from keras_xavier.probing.sampling import LIMIT, NO_LIMIT
from keras_xavier.probing.selection import Layers, select_layers
from keras_xavier.probing.step_logs import ENDS, extended, no_layers, split
from keras_xavier.probing.step_quality import StepQuality, StepStart, to_metrics
from keras_xavier.probing.tensor_recorder import (
    TensorRecorder,
    current_recorder,
    instrumented,
    recording,
)
from keras_xavier.probing.train_function import (
    make_train_function,
    training_attributes,
)
from keras_xavier.probing.weights import measured_weights
from keras_xavier.statistics import Layer, Measurement


class InstrumentedTraining:
    """A second train function of a model, which also measures its first batch.

    It trains as the plain train function does. During the first batch it measures
    activations and gradients, and the weights before and after. The plain function is
    unchanged. Where steps are pure functions, `PureTraining` takes its place.

    Args:
        model: `keras.Model`. A built model.
        layers: As for `select_layers`, or `()` to measure no layers.
        exact: bool. Whether large tensors are counted completely.
        step_quality: bool. Whether the losses before and after the step are measured.

    Attributes:
        table: Tuple of `Layer`. The layer table; empty before the first record.
        error: Exception or `None`. Why the last batch was not measured.
        quality_error: Exception or `None`. Why the quality of steps is not measured.
    """

    def __init__(
        self,
        model: keras.Model,
        *,
        layers: Layers = None,
        exact: bool = False,
        step_quality: bool = False,
    ) -> None:
        self.model = model
        self._compilation = introspection.compilation(model)
        self.layers = [] if layers == () else select_layers(model, layers)
        self._layer_names = naming.layer_names(model)
        self.layout = Layout()
        self.table: tuple[Layer, ...] = ()
        self._counted = False
        self._limit = NO_LIMIT if exact else LIMIT
        self.error: Exception | None = None
        self._backend: Backend = load_backend()
        self._plain_step = model.train_step
        self._weights = measured_weights(self.layers)
        self._names = {id(v): str(i) for i, v in enumerate(model.variables)}
        self._batches = model.steps_per_execution
        self._tracing = self._training = False
        self.quality_error: Exception | None = None
        self._quality: StepQuality | None = None
        if step_quality:
            with self._quality_errors_kept():
                self._quality = StepQuality(model)

    @cached_property
    def _functions(self) -> tuple[Callable[..., Any], Callable[..., Any] | None]:
        """The train functions of the first batch, and of the others of an execution."""
        make, others = make_train_function, None
        if self._batches > 1:
            others = make(self.model, self._plain_step, batches=self._batches - 1)
        return make(self.model, self._measured_step, batches=1), others

    def is_of(self, model: keras.Model) -> bool:
        """Returns whether it fits this model and its current compilation."""
        same = introspection.is_same(self._compilation, model)
        return same and model.steps_per_execution == self._batches

    def __call__(
        self,
        plain: Callable[..., Any],
        *arguments: Any,
        pauses: Pauses,
        alone: bool = False,
    ) -> tuple[Any, Measurement | None]:
        """Trains as the train function of the model does, and measures.

        Args:
            plain: The train function of the model.
            arguments: The arguments of the train function.
            pauses: `Pauses`. On TensorFlow, the other batches have none.
            alone: bool. Whether only one batch of the epoch is left. On TensorFlow, an
                attempt to read another batch would count one update too many.

        Returns:
            Tuple of the result of the train function and the `Measurement`, which is
            `None` if measuring failed; `error` is then the reason.
        """
        self.error = None
        (iterator,) = arguments
        given = again = iterator
        if self.model.run_eagerly and is_iterator(iterator):
            # Read here, because a train function that fails has used up its batch.
            batch = [next(iterator)]
            given, again = iter(batch), chain(batch, iterator)
        updates = self._updates()
        self._tracing = self._training = False
        try:
            one, others = self._functions
            logs = self._train_measured(one, given)
        except self._backend.END_OF_DATA:
            raise
        except Exception as error:
            if not self._may_repeat(error, updates):
                raise
            self.error = error
            return plain(again), None
        result, reduced = split(logs)
        pause(pauses, 1, None)
        if others is not None and not alone:
            result = self._train_others(others, result, iterator)
        if reduced is None:
            return result, None
        try:
            scalars = to_metrics(reduced.pop(ENDS, None))
            measurement = to_measurement(self.layout, reduced, scalars)
            self._count(reduced)
            return result, measurement
        except Exception as error:  # noqa: BLE001 - the update is made, so training continues
            self.error = error
            return result, None

    @contextmanager
    def _quality_errors_kept(self) -> Iterator[None]:
        """Ends the block at an error, after which steps have no quality."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - measuring never stops training
            self._quality, self.quality_error = None, error

    def _before_step(self, data: Any, state: Any = None) -> StepStart | None:
        if self._quality is not None:
            with self._quality_errors_kept():
                return self._quality.before(data, state)
        return None

    def _after_step(
        self, start: StepStart | None, data: Any, state: Any = None
    ) -> Reduced:
        if self._quality is not None and start is not None:
            with self._quality_errors_kept():
                return {ENDS: self._quality.after(start, data, state)}
        return {}

    def _count(self, reduced: Reduced) -> None:
        """Adds the tensors that are counted in part to the layer table, once."""
        if not self._counted:
            sizes = measured_sizes(self.layout, reduced)
            self.table = with_counted(self.layout, sizes, self._limit)
            self._counted = True

    def _train_measured(self, train: Callable[..., Any], iterator: Any) -> Any:
        introspection.create_variables(self.model, iterator)
        step = training_attributes(self._measured_step, batches=1)
        shadows = [(self.model, step), *self._optimizer_shadows()]
        recorded, kept = instrumented(self.layers), masks_kept(self.model)
        watched = watching(self.model, self.layers, self._layer_names)
        with recorded, kept, watched, introspection.shadowed(*shadows):
            self._training = True
            return train(iterator)

    def _updates(self) -> list[int] | None:
        """Returns the counters of the optimizers."""
        try:
            counters = introspection.call_counters(self.model)
            values = self._backend.read(self.model, counters, None)
            return [int(np.asarray(value)) for value in values]
        except Exception:  # noqa: BLE001 - the plain step may work without them
            return None

    def _may_repeat(self, error: Exception, updates: list[int] | None) -> bool:
        """Returns whether the batch can be trained on after an error.

        The plain step then raises errors of the program's own again.
        """
        if self._tracing or not self._training:
            return True
        if not self._backend.is_out_of_memory(error):
            return False
        return updates is not None and self._updates() == updates

    def _train_others(
        self, train: Callable[..., Any], result: Any, iterator: Any
    ) -> Any:
        """Trains on the other batches of an execution with the plain step."""
        step = training_attributes(self._plain_step, batches=self._batches - 1)
        with introspection.shadowed((self.model, step)):
            try:
                return train(iterator)
            except self._backend.END_OF_DATA:
                return result

    def _measured_step(self, data: Any) -> Any:
        """Runs the training step, and adds the measurement to its logs."""
        if not self._backend.is_traced(data):
            return self._step(data)
        self._tracing = True
        with introspection.unchanged_state(self.model):
            logs = self._step(data)
        self._tracing = False
        return logs

    def _step(self, data: Any) -> Any:
        start = self._before_step(data)
        logs, reduced = (
            self._train_recorded(data)
            if self.layers
            else (
                self._plain_step(data),
                no_layers(),
            )
        )
        if reduced is None:
            return logs
        return extended(logs, reduced | self._after_step(start, data))

    def _train_recorded(self, data: Any) -> tuple[Any, Reduced | None]:
        """Runs the training step; returns its logs, and a summary of all layers."""
        recorder = TensorRecorder(self._backend)
        results = []

        def step(data: Any) -> Any:
            results.append(self._marked_step(recorder, data))
            return results[0]

        try:
            with recording(recorder):
                logs = self._backend.run_marked(step, recorder.marks, data)
        except Exception as error:
            self.error = error
            if not results:
                raise
            return results[0], None
        try:
            return logs, self._reduce(self._collect(recorder))
        except Exception as error:  # noqa: BLE001 - measuring never stops training
            self.error = recorder.error or error
            return logs, None

    def _marked_step(self, recorder: TensorRecorder, data: Any) -> Any:
        before: list[Tensor] = []
        with recorder.errors_kept():
            scale = introspection.loss_scale(self.model)
            if scale is not None:
                recorder.mark("scale", *self._backend.read(self.model, [scale], None))
            before = self._backend.read(self.model, self._weights, None)
            mark_batch(recorder, self.model, data)
        logs = self._plain_step(data)
        with recorder.errors_kept():
            for weight, old in zip(self._weights, before, strict=True):
                recorder.mark(f"w/{self._name(weight)}", old)
                update = self._backend.difference(weight.value, old)
                recorder.mark(f"u/{self._name(weight)}", update)
        return logs

    def _collect(self, recorder: TensorRecorder) -> Collected:
        unscale(recorder.marks, recorder.marks.pop("scale", None))
        gradients = [name for name in recorder.marks if name.startswith("dw/")]
        for name in gradients:
            recorder.marks[name] = self._backend.over_replicas(recorder.marks[name])
        table = make_layer_table(
            recorder, self.layers, self._layer_names, self._name, {}
        )
        names = [one.layer.name for one in table]
        if self.table and names != [layer.name for layer in self.table]:
            if self._tracing:
                raise ValueError(
                    "the model calls its layers in another order than in the first "
                    f"record: {names} instead of {[one.name for one in self.table]}"
                )
            table = in_order_of(self.table, table)
        self.layout, found = collect(
            self._backend,
            table,
            [recorder.marks[name] for name in gradients],
            watched_marks(recorder.marks),
        )
        self.table = self.table or self.layout.layers
        return found

    def _reduce(self, found: Collected) -> Reduced:
        return reduce_collected(self._backend, self.layout, found, self._limit)

    def _name(self, variable: keras.Variable) -> str:
        # Some variables are created while the step is traced.
        return self._names.setdefault(id(variable), str(len(self._names)))

    def _optimizer_shadows(self) -> Iterator[tuple[object, dict[str, Any]]]:
        """Yields replacements of the optimizers' update methods.

        They mark gradients before clipping, accumulation and weight decay.
        """
        method = self._backend.UPDATE_METHOD
        for optimizer in introspection.optimizers(self.model):
            yield optimizer, {method: self._recorded_update(optimizer, method)}

    def _recorded_update(
        self, optimizer: keras.optimizers.Optimizer, method: str
    ) -> Callable[..., Any]:
        update = getattr(optimizer, method)
        signature = inspect.signature(update)

        def recorded(*args: Any, **kwargs: Any) -> Any:
            recorder = current_recorder()
            if recorder is None:
                return update(*args, **kwargs)
            try:
                call = signature.bind(*args, **kwargs)
            except TypeError:
                return update(*args, **kwargs)
            for name, value in call.arguments.items():
                # Keras accepts iterators, which can be read only once.
                call.arguments[name] = list(value) if is_iterator(value) else value
            with recorder.errors_kept():
                variables = introspection.updated_variables(optimizer, call.arguments)
                call.arguments["grads"] = [
                    gradient
                    if gradient is None
                    else recorder.mark(f"dw/{self._name(variable)}", gradient)
                    for gradient, variable in zip(
                        call.arguments["grads"], variables, strict=True
                    )
                ]
            return update(*call.args, **call.kwargs)

        return recorded


def is_iterator(value: Any) -> bool:
    return isinstance(value, Iterator)
