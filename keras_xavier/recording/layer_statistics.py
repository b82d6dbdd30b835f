"""Keras callbacks that measure while a model trains."""

import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from copy import copy
from typing import Any, Self

import keras
import numpy as np

from keras_xavier.diagnosis import RULES, Rule, Thresholds
from keras_xavier.diagnosis.live import OnFinding, Watch, check_on_finding
from keras_xavier.probing import (
    InstrumentedTraining,
    Layers,
    Observer,
    Probe,
    TrainingSteps,
    build_for_training,
    check_examples,
    check_layers,
    end_observation,
    is_built,
    make_probe,
    observe_training,
)
from keras_xavier.recording.provenance import (
    Mode,
    check_mode,
    check_run,
    check_step,
    numbered_runs,
    run_attributes,
)
from keras_xavier.recording.schedules import DueRecords, Every, make_schedule
from keras_xavier.runs import RunWriter, State, as_json, open_run, run_path
from keras_xavier.statistics import Layer, Measurement

_writers: dict[tuple[int, str], RunWriter] = {}
"""Writers of the fits that have not ended, by thread and path."""


class LayerStatistics(keras.callbacks.Callback):
    """Records statistics and histograms of every layer while a model trains.

    What flows through each layer is stored in a run: preactivations, activations,
    back-propagated gradients, weights, weight gradients and weight updates. Nothing
    else is needed: the training steps that are recorded measure themselves, on
    their own batch. All other steps run the code that they would run without this
    callback.

    With a `probe` these examples are measured instead, in inference mode and
    between two steps, as in the paper: records are then comparable over steps and
    between runs. There are no weight updates in them.

    A record of step t is about the weights after t updates of the optimizer. The
    first step of a `fit` is recorded in any case, and so is the last: with a probe
    after the last update, without one in the last update, if `fit` knows beforehand
    which that is. If another callback ends training early, give it before this one
    for the last step to be recorded. Where gradients are accumulated, the measured
    batch is the one that completes an update.

    The logs of training are stored at the end of each epoch; `gradient_norm`, of all
    weights together, and, with a probe, `probe_loss` at each recorded step. The run
    is finished after `fit`; when the same callback is given to another `fit` of the
    same model, the run goes on.

    A deep copy records into a run of its own, the next of `NAME-1`, `NAME-2` and so on
    that is free when its training begins. KerasTuner gives one to each trial.

    Args:
        run: Where to record, such as `"runs/tanh"`.
        probe: Examples to measure on, `(x, y)`. The paper takes 300 of the test
            set. Defaults to the batches of training.
        every: Number of steps between two records, `"epoch"`, or a function
            from a step to whether it is recorded. With `steps_per_execution`
            above 1 the record is taken with the first step of the execution after
            the one in which a step was due. Defaults to steps 0, 1, 2, 4, …, 64,
            then every 100.
        layers: The layers to record: names, globs such as `"conv*"`, classes, or a
            function from a layer to True or False. Defaults to all that apply an
            activation function or have weights.
        hyperparameters: What shall be remembered of the experiment, as JSON.
        mode: What to do when the run exists: `"create"` refuses, `"overwrite"`
            replaces it, `"resume"` goes on with it from the optimizer's present
            step, which must not be the first one, and drops what was recorded after
            that.
        on_finding: What to do when something is wrong with what is recorded so far:
            `"warn"` tells it as a warning, `"stop"` does so too and ends the training
            at an error, and a function is called with the `kx.diagnosis.Finding`.
            Each is told once, and again if it becomes graver. Defaults to no
            diagnosis. One takes about 0.1 s, the writing of the records included, and
            there are 28 in 600 records: of the first ones, then each time there are a
            quarter more; also at once when a value is not finite, and at the end.
        rules: What `on_finding` looks for, as in `kx.diagnose`. A rule that raises
            ends the diagnosis with a warning, not the training.
        thresholds: From where on something counts as wrong, as in `kx.diagnose`.

    Raises:
        ValueError: If an argument is not as it should be; when `fit` begins, if
            the probe or the layers do not fit the model.
        RunError: When `fit` begins, if the run exists or cannot be written.

    Example:

    ```python
    model.fit(x, y, callbacks=[kx.LayerStatistics("runs/tanh")])
    ```
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
                "`probe` should be a tuple (x, y) of inputs and targets. Received: "
                f"{type(probe).__name__}"
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
        self._begin_anew()

    def _begin_anew(self) -> None:
        """Forgets all trainings."""
        self._due = DueRecords(make_schedule(self.every))
        self._watch: Watch | None = None
        self._probe: Probe | None = None
        self._training: InstrumentedTraining | None = None
        self._steps: TrainingSteps | None = None
        self._writer: RunWriter | None = None
        self._recorded: int | None = None
        self._attributes: dict[str, Any] = {}
        self._epoch = 0
        self._failed = False
        self._warned = False
        self._observer = Observer(
            self._before_batches, self._after_error, exclusive=self._examples is None
        )

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # What was given is shared: examples, and functions that tell somebody.
        one = copy(self)
        one._model = one.params = None
        one._is_copy = True
        one._begin_anew()
        return one

    @property
    def source(self) -> str:
        """What is measured: `"probe"` or `"batch"`."""
        return "batch" if self._examples is None else "probe"

    def set_model(self, model: keras.Model) -> None:
        super().set_model(model)
        # Asking for `self.model` has JAX bring the state of training into the model.
        self._observed = model

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        if self._is_copy:
            # Not before: of copies, many are never used.
            self.run = next(self._numbered)
            self._is_copy = False
        if self.on_finding is not None and self._watch is None:
            self._watch = Watch(
                *(self.run, self.on_finding, self._stop_training),
                rules=self.rules,
                thresholds=self.thresholds,
            )
        if self._writer is None:
            # Another callback's, of a fit that was broken off: nobody told.
            if left := _writers.pop(self._place(), None):
                left.close(State.INTERRUPTED)
            mode = self.mode if self._recorded is None else "resume"
            check_run(self.run, mode, source=self.source)
        self._steps = None
        self._failed = False
        if self._examples is not None and not (
            self._probe and self._probe.is_of(self.model)
        ):
            self._probe = make_probe(self.model, *self._examples, layers=self.layers)
        elif self._examples is None and is_built(self.model):
            # While JAX trains, variables cannot tell on which devices they are.
            self._instrumented()
        observe_training(self.model, self._observer)

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
        if self._writer:
            with self._training_goes_on(step):
                scalars = {k: v for k, v in (logs or {}).items() if np.ndim(v) == 0}
                self._writer.log(step, scalars)

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        end_observation(self.model, self._observer)
        step = TrainingSteps(self.model).now()
        if self._steps is None:
            self._begin()
            self._record_probe(step)
        self._close(lambda writer: writer.close(State.FINISHED), step)
        if self._watch and self._recorded is not None:
            self._watch.diagnose()

    def flush(self) -> None:
        """Waits until all that was recorded so far is written, 10 s at most."""
        if self._writer:
            with self._training_goes_on(self._recorded or 0):
                self._writer.flush()

    def _after_error(self, error: BaseException) -> None:
        """Ends the run that a training ends which fails, or is interrupted."""
        self._close(lambda writer: writer.close_after(error), self._recorded or 0)

    def _close(self, close: Callable[[RunWriter], None], step: int) -> None:
        if self._writer:
            with self._training_goes_on(step):
                close(self._writer)
            _writers.pop(self._place(), None)
        self._writer = None

    def _begin(self) -> None:
        """Counts steps from where the optimizer is, once it is restored."""
        self._steps = TrainingSteps(self.model)
        self._due = DueRecords(make_schedule(self.every))
        # While JAX trains, the optimizer cannot tell its configuration.
        self._attributes = run_attributes(
            self.model,
            source=self.source,
            probe_size=self._probe.size if self._probe else None,
            seed=self.hyperparameters.get("seed"),
        )
        step = self._steps.now()
        if self._recorded is not None and step < self._recorded:
            raise ValueError(
                f"The run {self.run} is recorded up to step {self._recorded}, but the "
                f"model is at step {step}. Give a model that starts anew a "
                "LayerStatistics of its own."
            )
        if self._recorded is None and self.mode == "resume":
            check_step(self.run, step)
        if self._probe and self._writer is None:
            self._writer = self._open(self._probe.layers, step)

    def _before_batches(self, state: Any) -> Callable[..., Any] | None:
        """Called before each execution of `fit`; may return another train function."""
        if (steps := self._steps) is None:
            return None
        bound = steps.at_most(state)
        train = None
        with self._training_goes_on(bound):
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
        """Measures the probe, or returns a train function that measures its batch."""
        step = steps.now(state)
        if step == self._recorded or self._probe:
            self._due.taken(step)
            self._record_probe(step, state)
        elif not self._failed and (last or steps.is_next_update()):
            alone = self.params.get("steps") == steps.batches_of_epoch + 1
            return self._measured_training(step, alone=alone)
        return None

    def _is_last(self, steps: TrainingSteps) -> bool:
        """Whether this execution is the last of `fit`, as far as it is known."""
        batches = self.params.get("steps")
        if batches is None or not self._is_last_epoch():
            return False
        return bool(steps.batches_of_epoch + steps.batches >= batches)

    def _is_last_epoch(self) -> bool:
        epochs = self.params.get("epochs")
        return epochs is not None and self._epoch + 1 >= epochs

    def _measured_training(self, step: int, *, alone: bool) -> Callable[..., Any]:
        """A train function that measures its first batch."""

        def train(*arguments: Any) -> Any:
            plain = self._observed.train_function.plain
            if not (
                is_built(self._observed)
                or build_for_training(self._observed, arguments[-1])
            ):
                # The batch will build it; the record is taken of the next one.
                return plain(*arguments)
            training = None
            # Not at first: if `layers` do not fit, nothing should be trained.
            with self._training_goes_on(step) if self._training else nullcontext():
                training = self._instrumented()
            if training is None:
                self._failed = True
                return plain(*arguments)
            result, measurement = training(*arguments, alone=alone)
            # Not before: the data may have ended instead.
            self._due.taken(step)
            if measurement is not None and self._writer is None:
                # Who resumes a run of another model is told at once.
                self._writer = self._open(training.table, step)
            with self._training_goes_on(step):
                if measurement is None:
                    self._failed = True
                    raise training.error or RuntimeError("nothing was measured")
                # A run that is resumed may have it already.
                if self._writer and step != self._recorded:
                    self._record(self._writer, step, measurement)
            return result

        return train

    def _instrumented(self) -> InstrumentedTraining:
        if self._training is None or not self._training.is_of(self._observed):
            self._training = InstrumentedTraining(self._observed, layers=self.layers)
        return self._training

    def _record_probe(self, step: int, state: Any = None) -> None:
        if step == self._recorded or not (self._probe and self._writer):
            return
        with self._training_goes_on(step):
            self._record(self._writer, step, self._probe.measure(state))

    def _record(self, writer: RunWriter, step: int, measurement: Measurement) -> None:
        writer.record(step, measurement)
        writer.log(step, measurement.scalars)
        self._recorded = step
        if self._watch:
            self._watch.recorded(measurement, writer.flush)

    def _stop_training(self) -> None:
        self._observed.stop_training = True

    def _open(self, layers: Sequence[Layer], step: int) -> RunWriter:
        """Starts the run, or goes on with it."""
        mode: Mode = self.mode if self._recorded is None else "resume"
        writer = RunWriter(
            self.run,
            layers=layers,
            hyperparameters=self.hyperparameters,
            attributes=self._attributes,
            mode=mode,
            resume_from=step if mode == "resume" else None,
        )
        _writers[self._place()] = writer
        steps = open_run(writer.path).steps
        self._recorded = int(steps[-1]) if len(steps) else None
        return writer

    def _place(self) -> tuple[int, str]:
        return threading.get_ident(), run_path(self.run)

    @contextmanager
    def _training_goes_on(self, step: int) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever it is, training goes on
            if not self._warned:
                self._warned = True
                warnings.warn(
                    f"{self.run} misses the record of step {step}, and perhaps "
                    "further ones, while training goes on: "
                    f"{type(error).__name__}: {error}",
                    RuntimeWarning,
                    stacklevel=3,
                )
