"""Progress bar of one training run."""

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
    """Shows updates, loss, error and remaining time on stderr.

    Prints a line at each evaluation. The bar appears only in a terminal.

    Args:
        updates: int. Total number of updates, including those before resuming.
        console: `rich.console.Console`. Defaults to None: stderr.

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
        self.refreshed = 0.0

    def on_train_begin(self, logs: Any = None) -> None:
        self.show({})
        self.progress.start()

    def on_train_batch_end(
        self, batch: int, logs: dict[str, float] | None = None
    ) -> None:
        if self.progress.disable or time.monotonic() - self.refreshed < REFRESH_SECONDS:
            return
        self.show(logs or {})

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        logs = logs or {}
        self.show(logs)
        values = [
            f"{name} {logs[name]:.4f}"
            for name in ("loss", "error", "val_loss", "val_error", "test_error")
            if name in logs
        ]
        line = f"update {self.done()}: " + ", ".join(values)
        self.console.print(line, soft_wrap=True, highlight=False)

    def on_train_end(self, logs: Any = None) -> None:
        self.progress.stop()

    def done(self) -> int:
        return int(self.model.optimizer.iterations)

    def show(self, logs: dict[str, float]) -> None:
        self.refreshed = time.monotonic()
        self.progress.update(
            self.task,
            completed=self.done(),
            loss=f"{logs['loss']:.3f}" if "loss" in logs else UNKNOWN,
            error=f"{logs['error']:.1%}" if "error" in logs else UNKNOWN,
        )
