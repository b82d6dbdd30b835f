"""The Keras callback that records statistics of every layer while a model trains."""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from copy import copy
from typing import Any, Self

import keras
import numpy as np

from keras_xavier.diagnosis import RULES, Rule, Thresholds
from keras_xavier.diagnosis.live import OnFinding, check_on_finding
from keras_xavier.probing import (
    FitHook,
    InstrumentedTraining,
    Layers,
    Probe,
    TrainingSteps,
    build_for_training,
    check_examples,
    check_layers,
    install_hook,
    instrument_training,
    is_built,
    make_probe,
    remove_hook,
)
from keras_xavier.recording.compilation_notice import CompilationNotice
from keras_xavier.recording.provenance import run_attributes
from keras_xavier.recording.run_recorder import (
    RunRecorder,
    check_mode,
    numbered_runs,
)
from keras_xavier.recording.schedules import DueRecords, Every, make_schedule
from keras_xavier.runs import Mode, as_json


class LayerStatistics(keras.callbacks.Callback):
    """Records statistics and histograms of every layer during training.

    The preactivations, activations, back-propagated gradients, weights, weight
    gradients and weight updates of each layer are written to a run. Read it with
    `kx.open_run`, plot it with `kx.figures`, or watch it in the app while it grows.

    By default, recorded steps measure their own training batch. With a `probe`, a fixed
    set of examples is measured between two steps in inference mode, as in Glorot &
    Bengio (2010). These records are comparable between steps and between runs, but
    contain no weight updates. Measuring does not change the training in either case.

    - **Steps.** The record of step t measures the weights after t updates of the
      optimizer. The first and the last step of a `fit` are always recorded. With a
      probe, the last record measures the weights after the last update. Without a
      probe, it measures the last update, if `fit` knows the number of its steps. Place
      callbacks that stop training early before this callback in the list. With
      gradient accumulation, the batch that completes the update is measured.
    - **Metrics.** The training logs are stored at the end of each epoch. Each record
      adds `gradient_norm`, the norm of the gradient with respect to all weights, and
      with a probe also `probe_loss`.
    - **Several fits.** The run is finished after `fit`. Another `fit` of the same model
      with the same callback continues the run.
    - **Copies.** A deep copy records into another run: the first of `NAME-1`, `NAME-2`
      and so on that does not exist when its training begins. KerasTuner makes a copy
      for each trial.
    - **Compilation.** The first record compiles the measuring functions. If that takes
      over 5 s, one line says so, unless `fit` is called with `verbose=0`.
    - **Cost.** Unrecorded steps take 10 to 15 µs longer. Compared with
      training steps on batches of 10 in a network of five layers of 1,000 units, a
      recorded step takes 5 to 8 times as long, and training with a record at every
      100th step takes 5 to 9 % longer.

    Args:
        run: str. Path of the run, such as `"runs/tanh"`. `.zarr` is appended if
            missing.
        probe: Tuple `(x, y)` of arrays, or of lists or dicts of arrays, with examples
            along the first axis. Examples to measure on; the paper uses 300 test
            examples. Defaults to `None`: the training batches.
        every: int, `"epoch"`, or function from a step to bool. Number of updates
            between two records, or the steps to record. If `steps_per_execution` is
            above 1, the first step of the next execution is recorded instead. Defaults
            to `None`: steps 0, 1, 2, 4, …, 64, then every 100.
        layers: str, class, function from a layer to bool, or list of str and classes.
            Names, globs such as `"conv*"` or classes of the layers to record. Defaults
            to `None`: all layers that apply an activation function or have weights.
        hyperparameters: dict. JSON-serializable hyperparameters to store with the run.
            Defaults to `None`: none.
        mode: str. If the run exists, `"create"` raises an error, `"overwrite"` replaces
            it, and `"resume"` continues it at the optimizer's current step: later
            records are dropped. Defaults to `"create"`.
        on_finding: `"warn"`, `"stop"`, or function of a `kx.diagnosis.Finding`. How to
            report problems while the model trains. `"warn"` issues a warning, `"stop"`
            also stops training at an error, and a function is called with the finding.
            Each finding is reported once, and again if it becomes more severe. A
            diagnosis takes about 0.1 s. It runs after each of the first records, then
            whenever the number of records has grown by a quarter (28 times in 600
            records), after the first nonfinite value, and at the end of training.
            Defaults to `None`: no diagnosis.
        rules: Sequence of functions. The rules to check, as for `kx.diagnose`. A rule
            that raises an error ends the diagnosis with a warning, but not the
            training. Defaults to `kx.diagnosis.RULES`.
        thresholds: `kx.diagnosis.Thresholds`. Thresholds above which a rule reports a
            finding. Defaults to `None`: the default thresholds.

    Raises:
        ValueError: If an argument is invalid. When `fit` begins: if the model does not
            accept the probe, or `layers` selects none of its layers.
        RunError: When `fit` begins: if the run exists already, cannot be written, or is
            resumed with an untrained or another model.

    Example:

    >>> import keras_xavier as kx
    >>> model = kx.models.mlp((8,), classes=3, layers=2, units=16)
    >>> model.compile("sgd", "sparse_categorical_crossentropy")
    >>> x, y = np.random.rand(320, 8), np.random.randint(3, size=320)
    >>> recorder = kx.LayerStatistics("runs/tanh", every=5)
    >>> history = model.fit(x, y, batch_size=32, verbose=0, callbacks=[recorder])
    >>> run = kx.open_run("runs/tanh")
    >>> run.steps.tolist(), [layer.name for layer in run.layers]
    ([0, 5, 9], ['hidden_1', 'hidden_2', 'output'])
    """

    def __init__(
        self,
        run: str,
        *,
        probe: tuple[Any, Any] | None = None,
        every: Every = None,
        layers: Layers = None,
        hyperparameters: Mapping[str, Any] | None = None,
        mode: Mode = "create",
        on_finding: OnFinding | None = None,
        rules: Sequence[Rule] = RULES,
        thresholds: Thresholds | None = None,
    ) -> None:
        super().__init__()
        if probe is not None and not (isinstance(probe, tuple) and len(probe) == 2):
            raise ValueError(
                "`probe` must be a tuple (x, y) of inputs and targets. Received: "
                f"probe of type {type(probe).__name__}"
            )
        check_mode(mode)
        if probe is not None:
            check_examples(*probe)
        check_layers(layers)
        check_on_finding(on_finding, rules, thresholds)
        self.run = run
        self.every = every
        self.layers = layers
        self.hyperparameters = as_json("hyperparameters", hyperparameters or {})
        self.mode = mode
        self.on_finding = on_finding
        self.rules = rules
        self.thresholds = thresholds
        self._examples = probe
        self._numbered = numbered_runs(run, mode)
        self._is_copy = False
        self._reset()

    def _reset(self) -> None:
        self._due = DueRecords(make_schedule(self.every))
        self._run: RunRecorder | None = None
        self._probe: Probe | None = None
        self._training: InstrumentedTraining | None = None
        self._steps: TrainingSteps | None = None
        self._attributes: dict[str, Any] = {}
        self._epoch = 0
        self._failed = False
        self._warned = False
        part = "recorded step" if self.source == "batch" else "pass over the probe"
        self._notice = CompilationNotice(f"the {part}")
        self._hook = FitHook(
            self._before_batches, self._after_error, exclusive=self._examples is None
        )

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # Examples and functions are shared with the copy.
        one = copy(self)
        one._model = one.params = None
        one._is_copy = True
        one._reset()
        return one

    @property
    def source(self) -> str:
        """str. The measured data: `"probe"` or `"batch"`."""
        return "batch" if self._examples is None else "probe"

    def set_model(self, model: keras.Model) -> None:
        super().set_model(model)
        # Reading `self.model` synchronizes the state of training with the model on JAX.
        self._trained = model

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        if self._is_copy:
            # Named only now, because many copies are never used.
            self.run = next(self._numbered)
            self._is_copy = False
        if self._run is None:
            self._run = RunRecorder(
                self.run,
                source=self.source,
                hyperparameters=self.hyperparameters,
                mode=self.mode,
                on_finding=self.on_finding,
                rules=self.rules,
                thresholds=self.thresholds,
                stop=self._stop_training,
            )
        if not self._run.is_open:
            self._run.check_run()
        self._steps = None
        self._failed = False
        if self._examples is not None and not (
            self._probe and self._probe.is_of(self.model)
        ):
            with self._notice.waiting(verbose=self._is_verbose, last=False):
                self._probe = make_probe(
                    self.model, *self._examples, layers=self.layers
                )
        elif self._examples is None and is_built(self.model):
            # Made now, because variables have no devices while JAX trains.
            self._instrumented()
        install_hook(self.model, self._hook)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch = epoch
        if self._steps is None:
            self._begin()
        else:
            self._steps.begin_epoch()
        if self.source == "batch" and self.every == "epoch":
            self._due.request()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        step = TrainingSteps(self.model).now()
        # After the last epoch, others may put different weights into the model.
        if self.every == "epoch" or self._is_last_epoch() or self.model.stop_training:
            self._record_probe(step)
        if self._run:
            with self._errors_as_warnings(step):
                scalars = {k: v for k, v in (logs or {}).items() if np.ndim(v) == 0}
                self._run.log(step, scalars)

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        remove_hook(self.model, self._hook)
        step = TrainingSteps(self.model).now()
        if self._steps is None:
            self._begin()
            self._record_probe(step)
        if self._run:
            with self._errors_as_warnings(step):
                self._run.close()
            self._run.diagnose()

    def flush(self) -> None:
        """Waits until all records are written, for at most 10 s."""
        if self._run:
            with self._errors_as_warnings(self._run.last_step or 0):
                self._run.flush()

    def _after_error(self, error: BaseException) -> None:
        """Ends the run of a `fit` that fails or is interrupted."""
        if self._run:
            with self._errors_as_warnings(self._run.last_step or 0):
                self._run.close(error)

    def _begin(self) -> None:
        """Starts counting steps, after other callbacks have restored the optimizer."""
        self._steps = TrainingSteps(self.model)
        self._due = DueRecords(make_schedule(self.every))
        # Read now, because the optimizer has no configuration while JAX trains.
        self._attributes = run_attributes(
            self.model,
            source=self.source,
            probe_size=self._probe.size if self._probe else None,
            seed=self.hyperparameters.get("seed"),
        )
        step = self._steps.now()
        if self._run:
            self._run.check_step(step)
            if self._probe and not self._run.is_open:
                self._run.open(self._probe.layers, self._attributes, resume_from=step)

    def _before_batches(self, state: Any) -> Callable[..., Any] | None:
        """Records the probe, or returns a train function that measures its batch."""
        if (steps := self._steps) is None:
            return None
        bound = steps.at_most(state)
        train = None
        with self._errors_as_warnings(bound):
            last = self._is_last(steps)
            if last and self.source == "batch":
                self._due.request()
            if self._due.may_be_due(bound) and self._due.is_due(steps.now(state)):
                train = self._take_record(steps, state, last=last)
        steps.advance()
        return train

    def _take_record(
        self, steps: TrainingSteps, state: Any, *, last: bool
    ) -> Callable[..., Any] | None:
        step = steps.now(state)
        if self._probe or self._is_recorded(step):
            self._due.taken(step)
            self._record_probe(step, state)
        elif not self._failed and (last or steps.is_next_update()):
            alone = self.params.get("steps") == steps.batches_of_epoch + 1
            return self._measured_training(step, alone=alone)
        return None

    def _is_last(self, steps: TrainingSteps) -> bool:
        """Returns whether this execution is known to be the last of `fit`."""
        batches = self.params.get("steps")
        if batches is None or not self._is_last_epoch():
            return False
        return bool(steps.batches_of_epoch + steps.batches >= batches)

    def _is_last_epoch(self) -> bool:
        epochs = self.params.get("epochs")
        return epochs is not None and self._epoch + 1 >= epochs

    def _measured_training(self, step: int, *, alone: bool) -> Callable[..., Any]:
        """Returns a train function that measures its first batch."""

        def train(*arguments: Any) -> Any:
            plain = self._trained.train_function.plain
            if not (
                is_built(self._trained)
                or build_for_training(self._trained, arguments[-1])
            ):
                # This batch builds the model; the next one is recorded.
                return plain(*arguments)
            training = None
            # Invalid `layers` raise an error before the first update.
            with self._errors_as_warnings(step) if self._training else nullcontext():
                training = self._instrumented()
            if training is None:
                self._failed = True
                return plain(*arguments)
            with self._notice.waiting(verbose=self._is_verbose):
                result, measurement = training(plain, *arguments, alone=alone)
            # Not before the call, which may have found the end of the data.
            self._due.taken(step)
            run = self._run
            if run and measurement is not None and not run.is_open:
                # Outside the block below: resuming a run of another model is an error.
                run.open(training.table, self._attributes, resume_from=step)
            with self._errors_as_warnings(step):
                if measurement is None:
                    self._failed = True
                    raise training.error or RuntimeError("nothing was measured")
                # A resumed run may contain this step already.
                if run and not self._is_recorded(step):
                    run.record(step, measurement)
            return result

        return train

    def _instrumented(self) -> InstrumentedTraining:
        if self._training is None or not self._training.is_of(self._trained):
            self._training = instrument_training(self._trained, layers=self.layers)
        return self._training

    def _record_probe(self, step: int, state: Any = None) -> None:
        if self._is_recorded(step) or not (self._probe and self._run):
            return
        if not self._run.is_open:
            return
        with self._errors_as_warnings(step):
            with self._notice.waiting(verbose=self._is_verbose):
                measurement = self._probe.measure(state)
            self._run.record(step, measurement)

    @property
    def _is_verbose(self) -> bool:
        """Whether `fit` prints its progress."""
        return bool((self.params or {}).get("verbose"))

    def _is_recorded(self, step: int) -> bool:
        return self._run is not None and self._run.last_step == step

    def _stop_training(self) -> None:
        self._trained.stop_training = True

    @contextmanager
    def _errors_as_warnings(self, step: int) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 - recording never stops training
            if not self._warned:
                self._warned = True
                warnings.warn(
                    f"{self.run} lacks the record of step {step}, and perhaps further "
                    "records, but training continues: "
                    f"{type(error).__name__}: {error}",
                    RuntimeWarning,
                    stacklevel=3,
                )
