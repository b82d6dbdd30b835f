"""Shows how far training is."""

import time
from typing import Any

import keras
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

REFRESH_SECONDS = 0.2
UNKNOWN = "–"


class ProgressBar(keras.callbacks.Callback):
    """A bar of updates, loss, error and time left, on stderr.

    Where stderr is no terminal, a line is printed at each evaluation instead.

    Args:
        updates: Updates in all, those before a resumption included.
        console: Where to print; stderr by default.

    Example:

    >>> model.fit(x, y, callbacks=[ProgressBar(updates=5000)])  # doctest: +SKIP
    """

    def __init__(self, updates: int, *, console: Console | None = None) -> None:
        super().__init__()
        self.console = console or Console(stderr=True)
        self.progress = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("updates"),
            TextColumn("loss {task.fields[loss]}"),
            TextColumn("error {task.fields[error]}"),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        self.task = self.progress.add_task(
            "", total=updates, loss=UNKNOWN, error=UNKNOWN
        )
        self.shown = 0.0

    def on_train_begin(self, logs: Any = None) -> None:
        self.show({})
        self.progress.start()

    def on_train_batch_end(
        self, batch: int, logs: dict[str, float] | None = None
    ) -> None:
        if self.progress.disable or time.monotonic() - self.shown < REFRESH_SECONDS:
            return
        self.show(logs or {})

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        logs = logs or {}
        self.show(logs)
        figures = [
            f"{name} {logs[name]:.4f}"
            for name in ("loss", "error", "val_loss", "val_error", "test_error")
            if name in logs
        ]
        line = f"update {self.done()}: " + ", ".join(figures)
        self.console.print(line, soft_wrap=True, highlight=False)

    def on_train_end(self, logs: Any = None) -> None:
        self.progress.stop()

    def done(self) -> int:
        return int(self.model.optimizer.iterations)

    def show(self, logs: dict[str, float]) -> None:
        self.shown = time.monotonic()
        self.progress.update(
            self.task,
            completed=self.done(),
            loss=f"{logs['loss']:.3f}" if "loss" in logs else UNKNOWN,
            error=f"{logs['error']:.1%}" if "error" in logs else UNKNOWN,
        )
