"""Measuring inside of the training step, on the very batch and gradients of it."""

import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import keras

from keras_xavier.probing import introspection
from keras_xavier.probing.backend import Backend, Tensor, load_backend
from keras_xavier.probing.layer_table import make_rows
from keras_xavier.probing.probe import unscale
from keras_xavier.probing.recording import (
    Recorder,
    observed,
    present_recorder,
    recording,
)
from keras_xavier.probing.reduction import (
    Layout,
    gradient_norm,
    make_layout,
    reduce_rows,
    to_measurement,
)
from keras_xavier.probing.selection import Layers, is_float, kernels, select_layers
from keras_xavier.statistics import Layer, Measurement

KEY = "keras_xavier"
"""Where an instrumented step puts what it found into its logs."""


class InstrumentedTraining:
    """A second train function of a model, whose steps measure themselves.

    It does what the plain one does, and beside that measures the first of its
    batches: activations and gradients as they pass, weights before and after. The
    plain function stays as it is.

    Args:
        model: A model that is built.
        layers: Which of its layers to measure.
    """

    def __init__(self, model: keras.Model, *, layers: Layers = None) -> None:
        self.model = model
        self._compilation = introspection.compilation(model)
        self.layers = select_layers(model, layers)
        self._layer_names = introspection.layer_names(model)
        self.layout = Layout()
        self.error: Exception | None = None
        self._backend: Backend = load_backend()
        self._plain_step = model.train_step
        self._kernels = distinct(
            kernel
            for layer in self.layers
            for kernel in kernels(layer)
            if is_float(kernel)
        )
        self._names = {id(v): str(i) for i, v in enumerate(model.variables)}
        self._batches = model.steps_per_execution
        self._one = self._make(self._measured_step, 1)
        self._others = None
        if self._batches > 1:
            self._others = self._make(self._plain_step, self._batches - 1)

    @property
    def table(self) -> tuple[Layer, ...]:
        """The measured layers; known after the first call."""
        return self.layout.layers

    def is_of(self, model: keras.Model) -> bool:
        """Whether it trains this model, as it is compiled now."""
        return introspection.is_same(self._compilation, model)

    def __call__(
        self, *arguments: Any, alone: bool = False
    ) -> tuple[Any, Measurement | None]:
        """Trains as the train function of the model does.

        Args:
            arguments: Those of the train function.
            alone: Whether the epoch has only one batch left. TensorFlow would count
                an update more in looking for another one.

        Returns:
            What the train function returns, and the measurement; `None` instead,
            with the reason in `error`, if measuring failed.
        """
        step = introspection.training_attributes(self._measured_step, batches=1)
        shadows = [(self.model, step), *self._optimizer_shadows()]
        with observed(self.layers), introspection.shadowed(*shadows):
            result = self._one(*arguments)
        found = logs_of(result).pop(KEY, None)
        if self._others is not None and not alone:
            result = self._go_on(self._others, result, arguments[-1])
        if found is None:
            return result, None
        try:
            reduced, scalars = found["reduced"], found["scalars"]
            return result, to_measurement(self.layout, reduced, scalars)
        except Exception as error:  # noqa: BLE001 - the step is done, training goes on
            self.error = error
            return result, None

    def _go_on(self, train: Callable[..., Any], result: Any, iterator: Any) -> Any:
        """Does the other batches of an execution in the plain way."""
        state = result[1:] if isinstance(result, tuple) else ()
        step = introspection.training_attributes(
            self._plain_step, batches=self._batches - 1
        )
        with introspection.shadowed((self.model, step)):
            try:
                return train(*state, iterator)
            except self._backend.END_OF_DATA:
                return result

    def _measured_step(self, *arguments: Any) -> Any:
        """The training step, with what it measured added to its logs.

        Args:
            arguments: The data; on JAX the state of the training before it.
        """
        recorder = Recorder(self._backend)
        try:
            with recording(recorder):
                result = self._backend.run_marked(
                    lambda *arguments: self._marked_step(recorder, *arguments),
                    recorder.marks,
                    *arguments,
                )
        except Exception as error:
            if not self._backend.STEPS_ARE_PURE:
                raise
            # A mistake of the step itself comes up again.
            self.error = error
            return self._plain_step(*arguments)
        try:
            logs_of(result)[KEY] = self._reduce(recorder)
        except Exception as error:  # noqa: BLE001 - whatever it is, training goes on
            self.error = error
        return result

    def _marked_step(self, recorder: Recorder, *arguments: Any) -> Any:
        state = arguments[0] if len(arguments) > 1 else None
        scale = introspection.loss_scale(self.model)
        if scale is not None:
            recorder.mark("scale", *self._backend.read(self.model, [scale], state))
        before = self._backend.read(self.model, self._kernels, state)
        result = self._plain_step(*arguments)
        state = result[1] if state is not None else None
        after = self._backend.read(self.model, self._kernels, state)
        for kernel, old, new in zip(self._kernels, before, after, strict=True):
            name = self._names[id(kernel)]
            recorder.mark(f"w/{name}", old)
            recorder.mark(f"u/{name}", new - old)
        return result

    def _reduce(self, recorder: Recorder) -> dict[str, dict[str, Tensor]]:
        unscale(recorder.marks, recorder.marks.pop("scale", None))
        gradients = [name for name in recorder.marks if name.startswith("dw/")]
        for name in gradients:
            recorder.marks[name] = self._backend.over_replicas(recorder.marks[name])
        rows = make_rows(
            recorder, self.layers, self._layer_names, lambda v: self._names[id(v)], {}
        )
        names = [row.layer.name for row in rows]
        if self.table and names != [layer.name for layer in self.table]:
            raise ValueError(
                "the model calls its layers in another order than in the first record, "
                f"where they were {[layer.name for layer in self.table]}: {names}"
            )
        self.layout = make_layout(rows, self.layout)
        scalars = {}
        if gradients:
            norm = gradient_norm(self._backend, [recorder.marks[n] for n in gradients])
            scalars["gradient_norm"] = norm
        reduced = reduce_rows(self._backend, rows, self.layout)
        return {"reduced": reduced, "scalars": scalars}

    def _make(self, step: Callable[..., Any], batches: int) -> Callable[..., Any]:
        return introspection.make_train_function(self.model, step, batches=batches)

    def _optimizer_shadows(self) -> Iterator[tuple[object, dict[str, Any]]]:
        """Optimizers that mark the gradients they are given: as they come, before
        clipping, accumulation and weight decay.
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
            recorder = present_recorder()
            if recorder is None:
                return update(*args, **kwargs)
            call = signature.bind(*args, **kwargs)
            for name, value in call.arguments.items():
                # Keras takes iterators, which can be used only once.
                call.arguments[name] = list(value) if is_iterator(value) else value
            variables = introspection.updated_variables(optimizer, call.arguments)
            call.arguments["grads"] = [
                gradient
                if gradient is None or id(variable) not in self._names
                else recorder.mark(f"dw/{self._names[id(variable)]}", gradient)
                for gradient, variable in zip(
                    call.arguments["grads"], variables, strict=True
                )
            ]
            return update(*call.args, **call.kwargs)

        return recorded


def logs_of(result: Any) -> dict[str, Any]:
    """The logs in what a training step, or a train function, returns."""
    return result[0] if isinstance(result, tuple) else result


def is_iterator(value: Any) -> bool:
    return isinstance(value, Iterator)


def distinct(variables: Iterable[keras.Variable]) -> list[keras.Variable]:
    return list({id(variable): variable for variable in variables}.values())
