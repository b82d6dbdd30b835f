"""Shows the progress of trials on stderr."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from keras_xavier.remedies.trial import Trial


class Progress(AbstractContextManager["Progress"]):
    """Shows a bar while trials train, and prints a line after each.

    Args:
        trials: Sequence of `Trial`.
        waiting: Sequence of int. Places of the trials that are not finished.
        is_shown: bool.
    """

    def __init__(
        self, trials: Sequence[Trial], waiting: Sequence[int], *, is_shown: bool
    ) -> None:
        self.console = Console(stderr=True, quiet=not is_shown)
        self.count = len(waiting)
        self.updates = trials[0].plan.total
        self.done = 0
        self.title = ""
        self.started = 0.0
        self.bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("updates"),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
            disable=not (is_shown and self.console.is_terminal),
        )
        self.task = self.bars.add_task("", total=self.count * self.updates)
        if finished := len(trials) - self.count:
            self.say(f"{finished} of {len(trials)} runs are finished already")

    def __enter__(self) -> "Progress":
        self.bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.bars.stop()

    def say(self, text: str) -> None:
        self.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def begin(self, title: str) -> Callable[[int], None]:
        """Begins a trial; returns a function of its number of updates."""
        self.title = title
        self.started = time.monotonic()
        self.bars.update(self.task, description=title)

        def watch(made: int) -> None:
            self.bars.update(self.task, completed=self.done * self.updates + made)

        return watch

    def end(self, failure: str, title: str | None = None) -> None:
        """Ends a trial."""
        self.done += 1
        self.bars.update(self.task, completed=self.done * self.updates)
        name = self.title if title is None else title
        seconds = time.monotonic() - self.started
        took = "" if title is not None else f" in {seconds:.0f} s"
        result = failure or f"{self.updates:,} updates{took}"
        self.say(f"{self.done}/{self.count} {name}: {result}")
