"""Keras callbacks that measure while a model trains."""

import importlib
import json
import platform
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal, get_args

import keras
import numpy as np

import keras_xavier
from keras_xavier.probing import Probe, check_examples, make_probe
from keras_xavier.runs import RunWriter, State, open_run
from keras_xavier.schedules import Every, make_schedule

Mode = Literal["create", "overwrite", "resume"]
MODES = get_args(Mode)


class LayerStatistics(keras.callbacks.Callback):
    """Records statistics and histograms of every layer while a model trains.

    At some steps the model runs forward and backward on a fixed probe, in
    inference mode, and what flows through each layer is stored in a run:
    preactivations, activations, back-propagated gradients, weights and weight
    gradients. Training itself is not changed by that, not in a single bit. The
    logs of training are stored at the end of each epoch, `probe_loss` at each
    recorded step.

    A step is one update of the optimizer. The first and the last step are
    recorded in any case. The run is finished after `fit`; when the same callback
    is given to another `fit` of the same model, the run goes on.

    Args:
        run: Where to record, such as `"runs/tanh"`.
        probe: Examples to measure on, `(x, y)`. The paper takes 300 of the test
            set.
        every: Number of steps between two records, `"epoch"`, or a function
            from a step to whether it is recorded. With `steps_per_execution`
            above 1 the record is taken after the execution in which a step was
            due. Defaults to steps 0, 1, 2, 4, …, 64, then every 100.
        layers: Names of the layers to record. Defaults to all that have an
            activation function.
        hyperparameters: What shall be remembered of the experiment, as JSON.
        mode: What to do when the run exists: `"create"` refuses, `"overwrite"`
            replaces it, `"resume"` goes on with it from the optimizer's present
            step and drops what was recorded after that.

    Raises:
        ValueError: If an argument is not as it should be; when `fit` begins, if
            the probe or the layers do not fit the model.
        RunError: When `fit` begins, if the run exists or cannot be written.

    Example:

    ```python
    model.fit(
        x,
        y,
        callbacks=[kx.LayerStatistics("runs/tanh", probe=(x_probe, y_probe))],
    )
    ```
    """

    def __init__(
        self,
        run: str,
        *,
        probe: tuple[Any, Any],
        every: Every = None,
        layers: Sequence[str] | None = None,
        hyperparameters: Mapping[str, Any] | None = None,
        mode: Mode = "create",
    ) -> None:
        super().__init__()
        if not isinstance(probe, tuple) or len(probe) != 2:
            raise ValueError(
                "`probe` should be a tuple (x, y) of inputs and targets. Received: "
                f"{type(probe).__name__}"
            )
        if mode not in MODES:
            raise ValueError(f"`mode` should be one of {MODES}. Received: mode={mode}")
        if isinstance(layers, str):
            raise ValueError(
                "`layers` should be a list of names. Received: "
                f"layers={layers!r}; write [{layers!r}]"
            )
        check_examples(*probe)
        self.run = run
        self.every = every
        self.layers = layers
        self.hyperparameters = dict(hyperparameters or {})
        self.mode = mode
        self._examples = probe
        self._due = make_schedule(every)
        self._probe: Probe | None = None
        self._writer: RunWriter | None = None
        self._step = 0
        self._batch = -1
        self._one_update_per_batch: bool | None = None
        self._recorded: int | None = None
        self._warned = False

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        self._step = self._iterations()
        self._one_update_per_batch = None
        if self._recorded is not None and self._step < self._recorded:
            raise ValueError(
                f"The run {self.run} is recorded up to step {self._recorded}, but the "
                f"model is at step {self._step}. Give a model that starts anew a "
                "LayerStatistics of its own."
            )
        if self._probe is None or not self._probe.is_of(self.model):
            x, y = self._examples
            self._probe = make_probe(self.model, x, y, layers=self.layers)
        if self._writer is None:
            self._writer = self._open(self._probe)
        self._record()

    def on_train_batch_end(
        self, batch: int, logs: Mapping[str, float] | None = None
    ) -> None:
        before, self._step = self._step, self._step_after(batch)
        with self._training_goes_on():
            passed = range(before + 1, self._step + 1)
            if any(self._due(step) for step in passed):
                self._step = self._iterations()
                self._record()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._batch = -1

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        self._step = self._iterations()
        if self.every == "epoch":
            self._record()
        if self._writer:
            with self._training_goes_on():
                scalars = {k: v for k, v in (logs or {}).items() if np.ndim(v) == 0}
                self._writer.log(self._step, scalars)

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        self._step = self._iterations()
        self._record()
        if self._writer:
            with self._training_goes_on():
                self._writer.close(State.FINISHED)
        self._writer = None

    def _iterations(self) -> int:
        return int(self.model.optimizer.iterations)

    def _step_after(self, batch: int) -> int:
        """The step after a batch, without asking the optimizer if that can be.

        Asking takes a tenth of a millisecond. Where the first batch of a `fit` was
        one update, as without gradient accumulation, so are the others.
        """
        batches, self._batch = batch - self._batch, batch
        if self._one_update_per_batch:
            return self._step + batches
        step = self._iterations()
        if self._one_update_per_batch is None:
            self._one_update_per_batch = step == self._step + batches
        return step

    def _open(self, probe: Probe) -> RunWriter:
        """Starts the run, or goes on with it."""
        mode: Mode = self.mode if self._recorded is None else "resume"
        writer = RunWriter(
            self.run,
            layers=probe.layers,
            hyperparameters=self.hyperparameters,
            attributes=self._attributes(probe),
            mode=mode,
            resume_from=self._step if mode == "resume" else None,
        )
        steps = open_run(writer.path).steps
        self._recorded = int(steps[-1]) if len(steps) else None
        return writer

    def _attributes(self, probe: Probe) -> dict[str, Any]:
        backend = keras.backend.backend()
        optimizer = self.model.optimizer
        config = {"class": type(optimizer).__name__, **optimizer.get_config()}
        seed = self.hyperparameters.get("seed")
        return {
            "source": "probe",
            "probe_size": probe.size,
            "backend": backend,
            "versions": {
                "python": platform.python_version(),
                "keras_xavier": keras_xavier.__version__,
                "keras": keras.__version__,
                "numpy": np.__version__,
                backend: importlib.import_module(backend).__version__,
            },
            "optimizer": json.loads(json.dumps(config, default=str)),
            **({} if seed is None else {"seed": seed}),
        }

    def _record(self) -> None:
        """Measures, unless this step is recorded already."""
        if self._recorded == self._step or not (self._probe and self._writer):
            return
        with self._training_goes_on():
            measurement = self._probe.measure()
            self._writer.record(self._step, measurement)
            self._writer.log(self._step, {"probe_loss": measurement.loss})
            self._recorded = self._step

    @contextmanager
    def _training_goes_on(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever it is, training goes on
            if not self._warned:
                self._warned = True
                warnings.warn(
                    f"{self.run} misses the record of step {self._step}, and perhaps "
                    "further ones, while training goes on: "
                    f"{type(error).__name__}: {error}",
                    RuntimeWarning,
                    stacklevel=2,
                )
