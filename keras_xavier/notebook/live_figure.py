"""A Keras callback that shows figures in a notebook while a model trains."""

import math
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from typing import Any, Self

import keras

from keras_xavier.figure_spec import FigureSpec
from keras_xavier.notebook.budget import Budget
from keras_xavier.notebook.cell_output import CellOutput, notebook_shell
from keras_xavier.notebook.figure_image import PngImage, figure_images, png_image
from keras_xavier.probing import FitHook, install_hook, remove_hook
from keras_xavier.recording import LayerStatistics
from keras_xavier.recording.fit_watch import callbacks_of_fit
from keras_xavier.runs import Run, RunError, open_run

SHARE = 0.02
"""Largest share of the time of training that drawing may take."""


class LiveFigure(keras.callbacks.Callback):
    """Shows figures of a run in the output of a notebook cell while `fit` runs.

    Pass it to `fit` beside `LayerStatistics`, whose run it shows; the order does not
    matter. With several `LayerStatistics`, the figures compare their runs. The figures
    are PNG images in the output of the cell, so all notebooks show them, and a saved
    notebook keeps the last state.

    - **Cost.** Drawing takes at most 2% of the time of training: figures that are slow
      to draw are updated less often than every `every` seconds. Several `LiveFigure`
      share the 2%. The last state is drawn when the cell ends, also after an error or
      an interrupt.
    - **Several fits.** All fits of a cell share one output, as the trials of KerasTuner
      do. Another cell gets another output.
    - **Errors.** If drawing fails, one warning is issued and training continues. A
      figure that cannot be drawn states the reason in its place.
    - **Outside of notebooks**, in scripts and terminals, one warning is issued and
      nothing is drawn; `keras-xavier view` shows the run there.

    Args:
        figures: str, `FigureSpec`, or list of them. Names of figures, such as
            `"layer-curves"`. Several figures are shown side by side. Defaults to
            `"overview"`.
        every: float. Smallest number of seconds between two updates. Defaults to 5.
        **options: Options of the figures by name, such as `quantity="weight"`. An
            option applies to all figures that have it.

    Raises:
        ValueError: If an argument is invalid. When `fit` begins: if it has no
            `LayerStatistics`.

    Example:

    ```python
    recorder = kx.LayerStatistics("runs/mine")
    live = kx.LiveFigure(["training-curves", "layer-curves"], every=2)
    model.fit(x, y, epochs=10, callbacks=[recorder, live])
    ```
    """

    def __init__(
        self,
        figures: str | FigureSpec | Sequence[str | FigureSpec] = "overview",
        every: float = 5.0,
        **options: Any,
    ) -> None:
        super().__init__()
        if not isinstance(every, int | float) or not 0 <= every < math.inf:
            raise ValueError(
                f"`every` must be a number of seconds, 0 or more. Received: {every!r}"
            )
        self.every = every
        self._images = figure_images(figures, options)
        self._output = CellOutput()
        self._empty: PngImage | None = None
        began = time.perf_counter()
        if notebook_shell():
            # Before training, because the first drawing takes longest.
            self._empty = self._draw([])
        self._cost = time.perf_counter() - began
        self._reset()

    def _reset(self) -> None:
        self._budget = Budget(SHARE, self._cost)
        self._recorders: list[LayerStatistics] = []
        self._runs: dict[str, Run] = {}
        self._has_warned = False
        self._trained_before = 0.0
        self._began: float | None = None
        self._due = math.inf
        self._hook = FitHook(self._before_batches, self._after_error, exclusive=False)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # Copies of KerasTuner train one after the other, and share the output.
        one = copy(self)
        one._model = one.params = None
        one._reset()
        return one

    def set_model(self, model: keras.Model) -> None:
        super().set_model(model)
        # Reading `self.model` synchronizes the state of training with the model on JAX.
        self._trained = model

    @property
    def training_seconds(self) -> float:
        """float. Duration of all fits so far, with the time of drawing."""
        if self._began is None:
            return self._trained_before
        return self._trained_before + time.perf_counter() - self._began

    @property
    def drawing_seconds(self) -> float:
        """float. Time that drawing has taken so far."""
        return self._budget.spent

    def on_train_begin(self, logs: Any = None) -> None:
        callbacks = callbacks_of_fit()
        self._recorders = [one for one in callbacks if isinstance(one, LayerStatistics)]
        if not self._recorders:
            raise ValueError(
                "LiveFigure shows the run of a LayerStatistics of the same `fit`, "
                "which has none. Add one: "
                'callbacks=[kx.LayerStatistics("runs/mine"), kx.LiveFigure()]'
            )
        if notebook_shell() is None:
            self._warn(
                "LiveFigure draws in notebooks only. To watch the run here: "
                f"keras-xavier view {self._recorders[0].run}"
            )
            return
        # All figures together are to stay within the share.
        self._budget.share = SHARE / sum(
            isinstance(one, LiveFigure) for one in callbacks
        )
        self._runs = {}
        self._began = time.perf_counter()
        with self._only_warning():
            install_hook(self.model, self._hook)
            self._empty = self._empty or self._draw([])
            self._output.open(self._empty, self._draw_last)
        self._plan()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if self._began is not None:
            with self._only_warning():
                # Another callback may have compiled the model.
                install_hook(self._trained, self._hook)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._before_batches(None)

    def on_train_end(self, logs: Any = None) -> None:
        if self._began is None:
            return
        remove_hook(self.model, self._hook)
        if not self._budget.wait(self.training_seconds):
            self._update()
        self._end()

    def _before_batches(self, state: Any) -> None:
        if time.perf_counter() >= self._due:
            self._update()
            self._plan()

    def _after_error(self, error: BaseException) -> None:
        self._end()

    def _end(self) -> None:
        self._trained_before = self.training_seconds
        self._began, self._due = None, math.inf

    def _plan(self) -> None:
        """Sets the time of the next update."""
        wait = max(self.every, self._budget.wait(self.training_seconds))
        self._due = time.perf_counter() + wait

    def _draw_last(self) -> None:
        """Draws the last state, when the cell ends."""
        with self._only_warning():
            for recorder in self._recorders:
                recorder.flush()
        self._update()
        self._due = math.inf

    def _update(self) -> None:
        """Draws the runs if they have changed."""
        began, has_changed = time.perf_counter(), False
        with self._only_warning():
            has_changed = self._refresh()
            if has_changed:
                self._output.show(self._draw([*self._runs.values()]))
        self._budget.spend(time.perf_counter() - began, is_typical=has_changed)

    def _refresh(self) -> bool:
        """Reads which records the runs have; returns whether they have changed."""
        before, self._runs, has_changed = self._runs, {}, False
        for path in filter(None, (one.opened_run for one in self._recorders)):
            run = before.get(path)
            try:
                has_changed |= run is not None and run.refresh()
            except RunError:
                # Another run has taken its place.
                run = None
            if run is None:
                run, has_changed = open_run(path), True
            self._runs[path] = run
        return has_changed

    def _draw(self, runs: Sequence[Run]) -> PngImage:
        return png_image([one.draw(runs) for one in self._images])

    @contextmanager
    def _only_warning(self) -> Iterator[None]:
        """Ends the block at an error, which never stops training."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - any error of drawing
            self._warn(
                "LiveFigure failed, but training continues: "
                f"{type(error).__name__}: {error}"
            )

    def _warn(self, message: str) -> None:
        if not self._has_warned:
            self._has_warned = True
            warnings.warn(message, RuntimeWarning, stacklevel=3)
