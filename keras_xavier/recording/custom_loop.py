"""Records a model in a custom training loop."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import keras

from keras_xavier.diagnosis import RULES, Rule, Thresholds, TrainingStopped
from keras_xavier.diagnosis.live import LiveOptions, OnFinding
from keras_xavier.probing import (
    Layers,
    Loss,
    MeasuringPass,
    WeightUpdates,
    check_layers,
    measuring_pass,
)
from keras_xavier.recording.fit_watch import Ending
from keras_xavier.recording.probe_records import ProbeRecords
from keras_xavier.recording.provenance import run_attributes
from keras_xavier.recording.run_checks import check_mode, check_run
from keras_xavier.recording.run_recorder import RunRecorder
from keras_xavier.runs import Mode, State, as_json

SOURCE = "probe"


class LoopRecorder:
    """Records a model in a custom training loop. `kx.measuring` creates it."""

    def __init__(
        self,
        model: keras.Model,
        run: str,
        *,
        loss: Loss | None,
        layers: Layers,
        exact: bool,
        hyperparameters: Mapping[str, Any],
        mode: Mode,
        diagnosis: LiveOptions,
    ) -> None:
        self._model = model
        self._loss = loss
        self._layers = layers
        self._exact = exact
        self._seed = hyperparameters.get("seed")
        self._measure: MeasuringPass | None = None
        self._updates: WeightUpdates | None = None
        self._records = ProbeRecords(lambda step: nullcontext())
        self._stopped: TrainingStopped | None = None
        self._path = run
        self._run = RunRecorder(
            run,
            source=SOURCE,
            hyperparameters=hyperparameters,
            mode=mode,
            diagnosis=diagnosis,
            stop=self._stop,
        )

    def record(self, x: Any, y: Any, step: int) -> None:
        """Measures the model with its current weights, and records the result.

        Args:
            x: Array, or list or dict of arrays, with examples along the first axis.
                Inputs of the model.
            y: Array, or list or dict of arrays. Targets of the loss.
            step: int. Number of updates so far. Larger than in the last record.

        Raises:
            ValueError: If the model does not accept the examples, or `step` is not
                larger than in the last record.
            RunError: If the run cannot be written.
            TrainingStopped: If a diagnosis with `on_finding="stop"` found an error. The
                block of `kx.measuring` catches it.
        """
        self._reach(step)
        if self._measure is None:
            self._measure = measuring_pass(
                self._model,
                x,
                y,
                loss=self._loss,
                layers=self._layers,
                exact=self._exact,
                updates=True,
            )
            self._updates = self._measure.weight_updates()
        measurement = self._measure(x, y)
        if not self._run.is_open:
            attributes = run_attributes(
                self._model,
                source=SOURCE,
                probe_size=None,
                seed=self._seed,
                step=step,
            )
            # A record of this step in a resumed run is replaced.
            self._run.open(self._measure.table, attributes, resume_from=step - 1)
        self._run.position = step
        # Problems are found, and errors raised, without waiting.
        is_next = self._run.last_step is None or step > self._run.last_step
        waits = is_next and measurement.is_finite()
        updates = self._updates if waits else None
        self._records.hold(self._run, step, measurement, updates)
        self._raise_stopped()

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Stores metrics of training, such as a loss or an error rate.

        Args:
            step: int. Number of updates so far. Not smaller than in the last call.
            metrics: Dict from name to float.

        Raises:
            ValueError: If nothing was recorded yet, or `step` is smaller than in the
                last call.
        """
        if not self._run.is_open:
            raise ValueError(
                "A run begins with its first record. Call record(x, y, step) first."
            )
        if step != self._records.step:
            self._reach(step)
        self._run.position = step
        self._run.log(step, metrics)

    def _reach(self, step: int) -> None:
        """Writes the record that waits for the next update.

        Updates are measured as long as each record is followed by a call after exactly
        one update. Otherwise, each record is written at once.
        """
        before = self._records.step
        if before is None:
            return
        if step != before + 1 or not self._records.has_changed_weights():
            self._updates = None
            self._records.flush()
        self._records.complete(step)
        self._raise_stopped()

    def _raise_stopped(self) -> None:
        if self._stopped:
            raise self._stopped

    def _stop(self) -> None:
        self._stopped = TrainingStopped(f"An error was found in {self._path}.")

    def _finish(self) -> None:
        self._records.flush()
        is_stopped = self._stopped is not None
        ending = self._run.stopped() if is_stopped else Ending(State.FINISHED)
        self._run.end_fit(ending)
        if not is_stopped:
            self._run.diagnose()


@contextmanager
def measuring(
    model: keras.Model,
    run: str,
    *,
    loss: Loss | None = None,
    layers: Layers = None,
    exact: bool = False,
    hyperparameters: Mapping[str, Any] | None = None,
    mode: Mode = "create",
    on_finding: OnFinding | None = None,
    rules: Sequence[Rule] = RULES,
    thresholds: Thresholds | None = None,
    ignore: Sequence[str] = (),
) -> Iterator[LoopRecorder]:
    """Records a model in a custom training loop.

    Each record is one forward and backward pass on given examples in inference mode,
    which leaves the model unchanged. It uses the weights that the model holds, so a JAX
    loop that carries the weights in arrays has to assign them first. The run is
    finished at the end of the block, or marked failed or interrupted if an exception
    leaves it.

    A record contains the update of the weights that follows it, if the next call of
    `record` or `log` comes after exactly one update, and the model holds the new
    weights then. So records are written at the next call. After the first record for
    which this fails, records contain no updates and are written at once.

    Args:
        model: `keras.Model`. It has to be compiled unless `loss` is given.
        run: str. Path of the run, such as `"runs/tanh"`. `.zarr` is appended if
            missing.
        loss: Function of targets and predictions, or str. The loss to differentiate.
            Defaults to `None`: the loss that the model is compiled with, and its
            additional losses.
        layers: str, class, function from a layer to bool, or list of str and classes.
            Names, globs such as `"conv*"` or classes of the layers to record. Defaults
            to `None`: all layers that apply an activation function or have weights.
        exact: bool. Whether to count all values of tensors of 1,000,000 values or
            more, as for `kx.LayerStatistics`. Defaults to False.
        hyperparameters: dict. JSON-serializable hyperparameters to store with the run.
            Defaults to `None`: none.
        mode: str. If the run exists, `"create"` raises an error, `"overwrite"` replaces
            it, and `"resume"` continues it with the first recorded step: records of
            this and of later steps are dropped. `"resume_or_create"` resumes a run that
            exists, and creates it otherwise. Defaults to `"create"`.
        on_finding: `"warn"`, `"stop"`, or function of a `kx.diagnosis.Finding`. How to
            report problems in the records so far, as for `kx.LayerStatistics`. `"stop"`
            leaves the block after the record with which an error is found, as `break`
            leaves a loop: the run is marked stopped, and execution continues after the
            block.
            Defaults to `None`: no diagnosis.
        rules: Sequence of functions. The rules to check, as for `kx.diagnose`. Defaults
            to `kx.diagnosis.RULES`.
        thresholds: `kx.diagnosis.Thresholds`. Thresholds above which a rule reports a
            finding. Defaults to `None`: the default thresholds.
        ignore: Sequence of str. Names of findings to leave out, as for
            `kx.LayerStatistics`. Defaults to `()`.

    Yields:
        `LoopRecorder` with the methods `record(x, y, step)` and `log(step, metrics)`.

    Raises:
        ValueError: If an argument is invalid, or the model has no loss.
        RunError: If the run exists already, or does not exist and `mode` is `"resume"`.

    Example:

    >>> import keras_xavier as kx
    >>> model = kx.models.mlp((8,), classes=3, layers=2, units=16)
    >>> model.compile("sgd", "sparse_categorical_crossentropy")
    >>> x, y = keras.random.normal((320, 8)), keras.random.randint((320,), 0, 3)
    >>> with kx.measuring(model, "runs/own_loop") as m:
    ...     for step in range(20):
    ...         if step % 10 == 0:
    ...             m.record(x, y, step)
    ...         loss = model.train_on_batch(x, y)
    ...         m.log(step + 1, {"loss": float(loss)})
    >>> kx.open_run("runs/own_loop").steps.tolist()
    [0, 10]
    """
    check_mode(mode)
    check_layers(layers)
    diagnosis = LiveOptions(on_finding, rules, thresholds, ignore)
    check_run(run, mode, source=SOURCE)
    if loss is None and not model.compiled:
        raise ValueError(
            f"The model {model.name!r} is not compiled, so it has no loss to measure "
            "gradients of. Pass a `loss`, or call model.compile(loss=...) first."
        )
    recorder = LoopRecorder(
        model,
        run,
        loss=None if loss is None else keras.losses.get(loss),
        layers=layers,
        exact=exact,
        hyperparameters=as_json("hyperparameters", hyperparameters or {}),
        mode=mode,
        diagnosis=diagnosis,
    )
    try:
        yield recorder
    except BaseException as error:
        # A TrainingStopped of an enclosing block passes through.
        if error is not recorder._stopped:
            recorder._run.fail(error)
            raise
    recorder._finish()
