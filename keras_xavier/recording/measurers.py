"""Makes what measures a model, as soon as the model is built."""

from typing import Any

import keras

from keras_xavier.probing import (
    InstrumentedTraining,
    Layers,
    Probe,
    build_for_training,
    can_pause,
    instrument_training,
    is_buildable,
    is_built,
    make_probe,
)


class Measurers:
    """The probe or the instrumented training of the model that is being trained.

    Both are replaced if the model is compiled again.

    Args:
        examples: Tuple `(x, y)`, or `None` to measure the training batches.
        layers: As for `LayerStatistics`.
        exact: As for `LayerStatistics`.
        step_quality: As for `LayerStatistics`.

    Attributes:
        probe: `Probe` or `None`. It is missing until the model is built.
        has_examples: bool. Whether a probe is measured.
        step_quality: bool. Whether the quality of steps is measured.
    """

    def __init__(
        self,
        examples: tuple[Any, Any] | None,
        layers: Layers,
        *,
        exact: bool,
        step_quality: bool,
    ) -> None:
        self.probe: Probe | None = None
        self.has_examples = examples is not None
        self.step_quality = step_quality
        self._examples = examples
        self._layers = layers
        self._exact = exact
        self._training: InstrumentedTraining | None = None
        self._trained: keras.Model | None = None

    def prepare(self, model: keras.Model) -> None:
        """Measures a model from now on, unless its first batch has to build it."""
        if self._examples is None:
            if is_built(model):
                # Made now, because variables have no devices while JAX trains.
                self._instrumented(model)
        elif not (self.probe and self.probe.is_of(model)):
            self.probe = None
            if self.has_trained(model) or is_built(model) or is_buildable(model):
                self.probe = make_probe(
                    model,
                    *self._examples,
                    layers=self._layers,
                    exact=self._exact,
                    # The weights are read after the next update.
                    updates=model.steps_per_execution == 1 or can_pause(model),
                )

    def training(
        self, model: keras.Model, iterator: Any, *, has_trained: bool
    ) -> InstrumentedTraining | None:
        """Returns what measures a batch; `None` if this batch builds the model."""
        if has_trained or is_built(model) or build_for_training(model, iterator):
            return self._instrumented(model)
        return None

    def has_trained(self, model: keras.Model) -> bool:
        """Returns whether a model has been trained on a batch, which has built it."""
        return self._trained is model

    def trains(self, model: keras.Model) -> None:
        """Notices that a model is trained on a batch."""
        self._trained = model

    def _instrumented(self, model: keras.Model) -> InstrumentedTraining:
        if self._training is None or not self._training.is_of(model):
            self._training = instrument_training(
                model,
                layers=() if self.has_examples else self._layers,
                exact=self._exact,
                step_quality=self.step_quality,
            )
        return self._training
