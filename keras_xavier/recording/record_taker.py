"""Measures a model at the steps that a callback chooses, and writes the records."""

from collections.abc import Callable, Mapping
from typing import Any

import keras

from keras_xavier.probing import Pauses, TrainingSteps, train_with_pauses
from keras_xavier.recording.compilation_notice import CompilationNotice
from keras_xavier.recording.measurers import Measurers
from keras_xavier.recording.one_warning import OneWarning
from keras_xavier.recording.probe_records import ProbeRecords
from keras_xavier.recording.provenance import model_attributes
from keras_xavier.recording.run_recorder import RunRecorder
from keras_xavier.recording.schedules import DueRecords


class RecordTaker:
    """Takes the records of `LayerStatistics`.

    Args:
        measurers: `Measurers`.
        due: `DueRecords`. Learns which records have been taken.
        errors: `OneWarning`.
        notice: `CompilationNotice`.

    Attributes:
        run: `RunRecorder` or `None`. The run, once a `fit` has begun.
        attributes: dict. Metadata to store with the run.
        is_described: bool. Whether these describe the model after it was built.
        probe_records: `ProbeRecords`.
    """

    def __init__(
        self,
        measurers: Measurers,
        due: DueRecords,
        errors: OneWarning,
        notice: CompilationNotice,
    ) -> None:
        self.run: RunRecorder | None = None
        self.attributes: dict[str, Any] = {}
        self.is_described = True
        self._measurers = measurers
        self._due = due
        self._errors = errors
        self._notice = notice
        self._lacks_quality: int | None = None
        self.probe_records = ProbeRecords(errors.while_recording)

    @property
    def last_step(self) -> int:
        """The step of the last record; 0 before the first."""
        return (self.run and self.run.last_step) or 0

    @property
    def awaits_step(self) -> bool:
        """Whether a record of the probe still lacks the quality of its step."""
        return self._lacks_quality is not None

    def open_for_probe(self, model: keras.Model, step: int) -> None:
        """Starts the run, if it is measured on a probe and the model is built."""
        probe = self._measurers.probe
        if self.run and probe and not self.run.is_open:
            self._describe_built(model, step)
            self.run.open(probe.layers, self.attributes, resume_from=step)

    def announce_last(self, steps: TrainingSteps, state: Any, batches: int) -> Pauses:
        """Prepares the last record of a `fit` before its last execution.

        Args:
            steps: `TrainingSteps`.
            state: The state of the training step while JAX trains, else `None`.
            batches: int. Number of batches of the execution.

        Returns:
            `Pauses`. What is left to do before the last batch.
        """
        probe = self._measurers.probe
        if not self._measurers.has_examples:
            self._due.request()
            return {}
        if probe is None:
            return {}

        def announce(state: Any) -> None:
            with self._errors.while_recording(self.last_step):
                step = steps.read(state)
                self.probe_records.announce_last_update(probe, step, state)

        if steps.batches == 1 and steps.is_next_update():
            announce(state)
        elif steps.batches > 1 and steps.ends_with_update(batches):
            if batches > 1:
                return {batches - 1: [announce]}
            announce(state)
        return {}

    def pauses_for_updates(self, steps: TrainingSteps) -> Pauses:
        """Returns the pause after the update that a record of the probe waits for."""
        records, batches = self.probe_records, steps.batches_to_update()
        if records.step is None or batches >= steps.batches:
            return {}

        def complete(state: Any) -> None:
            with self._errors.while_recording(self.last_step):
                records.complete(steps.read(state), state)

        return {batches: [complete]}

    def take(
        self,
        model: keras.Model,
        steps: TrainingSteps,
        state: Any,
        *,
        last: bool,
        params: Mapping[str, Any] | None,
    ) -> Callable[..., Any] | None:
        """Takes a record that is due.

        Args:
            model: `keras.Model`. The model that is being trained.
            steps: `TrainingSteps`.
            state: The state of the training step while JAX trains, else `None`.
            last: bool. Whether the execution is the last one.
            params: dict. Parameters of the callback.

        Returns:
            A train function that measures its first batch, or `None`.
        """
        step = steps.now(state)
        if self._measurers.has_examples or self._is_recorded(step):
            with self._errors.while_preparing():
                # Now, if the model has been built by its first batch.
                self._measurers.prepare(model)
                self.open_for_probe(model, step)
            self._due.taken(step)
            self.record_probe(step, params, state)
        elif not self._errors.failed and (last or steps.is_next_update()):
            return self._measured_training(model, steps, step, params)
        return None

    def take_quality(
        self,
        model: keras.Model,
        steps: TrainingSteps,
        state: Any,
        params: Mapping[str, Any] | None,
    ) -> Callable[..., Any] | None:
        """Adds the quality of the next step to a record of the probe.

        Returns:
            A train function that measures its first batch, or `None` if this batch does
            not complete the step.
        """
        step = self._lacks_quality
        if step is None or not steps.is_next_update():
            return None
        self._lacks_quality = None
        if step != steps.now(state) or not steps.completes_update():
            return None
        alone, has_trained = self._describe(model, steps, params)

        def train(plain: Callable[..., Any], *arguments: Any, pauses: Pauses) -> Any:
            training = None
            with self._errors.while_measuring_quality():
                training = self._measurers.training(
                    model, arguments[-1], has_trained=has_trained
                )
                if training is not None and training.quality_error:
                    raise training.quality_error
            if training is None or self._errors.lacks_quality:
                return train_with_pauses(
                    plain, *arguments, batches=steps.batches, pauses=pauses
                )
            with self._notice.waiting(params):
                result, measurement = training(
                    plain, *arguments, pauses=pauses, alone=alone
                )
            with self._errors.while_measuring_quality():
                if error := training.error or training.quality_error:
                    raise error
                if self.run and measurement:
                    self.run.log(step, measurement.scalars)
            return result

        return train

    def _measured_training(
        self,
        model: keras.Model,
        steps: TrainingSteps,
        step: int,
        params: Mapping[str, Any] | None,
    ) -> Callable[..., Any]:
        """Returns a train function that measures its first batch."""
        alone, has_trained = self._describe(model, steps, params)
        updates = steps.completes_update()

        def train(plain: Callable[..., Any], *arguments: Any, pauses: Pauses) -> Any:
            training = None
            with self._errors.while_preparing():
                training = self._measurers.training(
                    model, arguments[-1], has_trained=has_trained
                )
            if training is None:
                return train_with_pauses(
                    plain, *arguments, batches=steps.batches, pauses=pauses
                )
            self._describe_built(model, step)
            with self._notice.waiting(params):
                result, measurement = training(
                    plain, *arguments, pauses=pauses, alone=alone
                )
            # Not before the call, which may have found the end of the data.
            self._due.taken(step)
            run = self.run
            with self._errors.while_preparing():
                if measurement and run and not run.is_open:
                    run.open(training.table, self.attributes, resume_from=step)
            with self._errors.while_recording(step):
                if measurement is None:
                    self._errors.failed = True
                    raise training.error or RuntimeError("its step was not measured")
                # A resumed run may contain this step already.
                if run and not self._is_recorded(step):
                    run.record(
                        step, measurement if updates else measurement.without_updates()
                    )
            with self._errors.while_measuring_quality():
                if training.quality_error:
                    raise training.quality_error
            return result

        return train

    def _describe_built(self, model: keras.Model, step: int) -> None:
        """Describes a model again that had not been built when its `fit` began."""
        if self.run and not self.is_described:
            source = self.attributes["source"]
            self.attributes |= model_attributes(model, source=source, step=step)
            self.is_described = True

    def _describe(
        self, model: keras.Model, steps: TrainingSteps, params: Mapping[str, Any] | None
    ) -> tuple[bool, bool]:
        """Returns whether one batch of the epoch is left, and whether others came."""
        alone = (params or {}).get("steps") == steps.batches_of_epoch + 1
        return alone, self._measurers.has_trained(model)

    def record_probe(
        self, step: int, params: Mapping[str, Any] | None, state: Any = None
    ) -> None:
        """Takes a record of the probe, unless the step is recorded already."""
        run, probe = self.run, self._measurers.probe
        if run and probe and run.is_open and not self._is_recorded(step):
            with self._notice.waiting(params):
                self.probe_records.take(run, probe, step, state)
            if self._measurers.step_quality and not self._errors.lacks_quality:
                self._lacks_quality = step

    def _is_recorded(self, step: int) -> bool:
        last = self.run.last_step if self.run else None
        return step in (last, self.probe_records.step)
