"""Measuring in training loops of one's own."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import keras

from keras_xavier.diagnosis import RULES, Rule, Thresholds, TrainingStopped
from keras_xavier.diagnosis.live import OnFinding, Watch, check_on_finding
from keras_xavier.probing import (
    Layers,
    Loss,
    MeasuringPass,
    check_layers,
    measuring_pass,
)
from keras_xavier.recording.provenance import (
    Mode,
    check_mode,
    check_run,
    run_attributes,
)
from keras_xavier.runs import RunWriter, as_json


class LoopRecorder:
    """Records measurements of a model into a run; see `measuring`."""

    def __init__(
        self,
        model: keras.Model,
        run: str,
        *,
        loss: Loss | None,
        layers: Layers,
        hyperparameters: Mapping[str, Any],
        mode: Mode,
        on_finding: OnFinding | None,
        rules: Sequence[Rule],
        thresholds: Thresholds | None,
    ) -> None:
        self._model = model
        self._run = run
        self._loss = loss
        self._layers = layers
        self._hyperparameters = hyperparameters
        self._mode = mode
        self._measure: MeasuringPass | None = None
        self._writer: RunWriter | None = None
        self._stopped: TrainingStopped | None = None
        self._watch: Watch | None = None
        if on_finding is not None:
            self._watch = Watch(
                *(run, on_finding, self._stop), rules=rules, thresholds=thresholds
            )

    def record(self, x: Any, y: Any, step: int) -> None:
        """Measures the model with its present weights, and records that.

        Args:
            x: Inputs, as the model takes them, with examples along the first axis.
            y: Targets, as the loss takes them.
            step: Updates so far; more than at the last record.

        Raises:
            ValueError: If the model does not take such examples, or the step does
                not ascend.
            RunError: If the run exists or cannot be written.
            TrainingStopped: If `on_finding="stop"` found an error. It leaves the
                block of `measuring`, which ends with it.
        """
        if self._measure is None:
            self._measure = measuring_pass(
                self._model, x, y, loss=self._loss, layers=self._layers
            )
        measurement = self._measure(x, y)
        if self._writer is None:
            self._writer = RunWriter(
                self._run,
                layers=self._measure.layout.layers,
                hyperparameters=self._hyperparameters,
                attributes=run_attributes(
                    self._model,
                    source="probe",
                    probe_size=None,
                    seed=self._hyperparameters.get("seed"),
                ),
                mode=self._mode,
                resume_from=step - 1 if self._mode == "resume" else None,
            )
        self._writer.record(step, measurement)
        self._writer.log(step, measurement.scalars)
        if self._watch:
            self._watch.recorded(measurement, self._writer.flush)
        if self._stopped:
            raise self._stopped

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Records metrics of training, such as a loss or an error.

        Args:
            step: Updates so far; not less than at the last call.
            metrics: Values by name.

        Raises:
            ValueError: If nothing was recorded yet, or the step descends.
        """
        if self._writer is None:
            raise ValueError(
                "A run begins with its first record. Call record(x, y, step) first."
            )
        self._writer.log(step, metrics)

    def _stop(self) -> None:
        self._stopped = TrainingStopped(f"An error was found in {self._run}.")

    def _finish(self) -> None:
        if self._writer:
            self._writer.close()
            if self._watch and not self._stopped:
                self._watch.diagnose()


@contextmanager
def measuring(
    model: keras.Model,
    run: str,
    *,
    loss: Loss | None = None,
    layers: Layers = None,
    hyperparameters: Mapping[str, Any] | None = None,
    mode: Mode = "create",
    on_finding: OnFinding | None = None,
    rules: Sequence[Rule] = RULES,
    thresholds: Thresholds | None = None,
) -> Iterator[LoopRecorder]:
    """Measures a model in a training loop of one's own.

    Each record is one pass forward and backward on the given examples, in inference
    mode, which changes nothing of the model. It takes the weights that the model
    holds: a loop for JAX that carries them along must assign them first. The run is
    finished with the block, and failed or interrupted when an exception leaves it.

    Args:
        model: A model. It need not be compiled if `loss` is given.
        run: Where to record, such as `"runs/tanh"`.
        loss: A function of targets and predictions. Defaults to the loss that the
            model is compiled with, and all that is added to it.
        layers: The layers to record, as in `LayerStatistics`.
        hyperparameters: What shall be remembered of the experiment, as JSON.
        mode: What to do when the run exists, as in `LayerStatistics`.
        on_finding: What to do when something is wrong with what is recorded so far,
            as in `LayerStatistics`. `"stop"` leaves the block after the record in
            which an error is found, as a `break` would: the run is finished, and the
            program goes on behind the block.
        rules: What `on_finding` looks for, as in `kx.diagnose`.
        thresholds: From where on something counts as wrong, as in `kx.diagnose`.

    Yields:
        An object with `record(x, y, step)` and `log(step, metrics)`.

    Raises:
        ValueError: If an argument is not as it should be, or the model has no loss.

    Example:

    ```python
    with kx.measuring(model, "runs/own_loop") as m:
        for step, (x, y) in enumerate(batches):
            if step % 100 == 0:
                m.record(x, y, step)
            train_step(x, y)
    ```
    """
    check_mode(mode)
    check_layers(layers)
    check_on_finding(on_finding, rules, thresholds)
    check_run(run, mode, source="probe")
    if loss is None and not model.compiled:
        raise ValueError(
            f"The model {model.name!r} is not compiled, so it has no loss to measure "
            "gradients of. Give a `loss`, or call model.compile(loss=...) first."
        )
    measures = LoopRecorder(
        model,
        run,
        loss=None if loss is None else keras.losses.get(loss),
        layers=layers,
        hyperparameters=as_json("hyperparameters", hyperparameters or {}),
        mode=mode,
        on_finding=on_finding,
        rules=rules,
        thresholds=thresholds,
    )
    try:
        yield measures
    except BaseException as error:
        # That of a block around this one is none of ours.
        if error is not measures._stopped:
            if measures._writer:
                measures._writer.close_after(error)
            raise
    measures._finish()
