"""Where one is in a lesson, what was predicted, and what is to be seen. No Qt."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from keras_xavier.figure_spec import FIGURES, FigureSpec
from keras_xavier.lessons.lesson import Lesson, Step
from keras_xavier.runs import RunSummary, State
from keras_xavier.statistics import Quantity, Statistic
from keras_xavier_gui.sources.run_cache import is_remote

DEFAULT_FOLDER = "lessons"
DEFAULTS = {
    "quantity": Quantity.ACTIVATION,
    "statistic": Statistic.STD,
    "band": "std",
    "theory": False,
}
"""Of `keras-xavier view`."""


@dataclass(frozen=True)
class Tour:
    """Someone's way through a lesson.

    Attributes:
        lesson: Which.
        folder: Where the runs of all lessons are.
        place: Index of the present step.
        predicted: What was chosen, by the index of the step that asks.
    """

    lesson: Lesson
    folder: str
    place: int = 0
    predicted: Mapping[int, int] = field(default_factory=dict)

    @property
    def step(self) -> Step:
        return self.lesson.steps[self.place]

    @property
    def is_last(self) -> bool:
        return self.place == len(self.lesson.steps) - 1

    @property
    def choice(self) -> int | None:
        """What was chosen in the present step."""
        return self.predicted.get(self.place)

    @property
    def is_awaited(self) -> bool:
        """Whether the present step asks for a prediction that was not made yet."""
        return self.step.prediction is not None and self.choice is None

    @property
    def text(self) -> str:
        """What is read: the text of the step, after the answer to a prediction."""
        return "\n\n".join([*self._answer(), self.step.text])

    def move(self, steps: int) -> "Tour":
        """The tour some steps on; never beyond its ends."""
        last = len(self.lesson.steps) - 1
        return replace(self, place=min(max(self.place + steps, 0), last))

    def predict(self, choice: int) -> "Tour":
        return replace(self, predicted={**self.predicted, self.place: choice})

    def path(self, name: str) -> str:
        """Where a run is."""
        return self.lesson.run_path(name, self.folder)

    @property
    def paths(self) -> list[str]:
        """Where all runs of the lesson are."""
        return [self.path(name) for name in self.lesson.runs]

    def _answer(self) -> list[str]:
        before = self.place - 1
        chosen = self.predicted.get(before)
        prediction = self.lesson.steps[before].prediction
        if chosen is None or prediction is None:
            return []
        right = prediction.choices[prediction.right]
        if chosen == prediction.right:
            return [f"✓ **Right.** {right}"]
        said = prediction.choices[chosen]
        return [f"✗ **Not so.** You expected: {said}", f"It is: {right}"]


def whole(spec: FigureSpec) -> FigureSpec:
    """A look that leaves nothing as it happens to be: each step looks as it is meant.

    Example:

    >>> print(whole(Look("overview")))
    --figure overview --quantity activation --statistic std
    """
    known = FIGURES.get(spec.figure or "", set())
    open_ = {
        name: value
        for name, value in DEFAULTS.items()
        if name in known and getattr(spec, name) is None
    }
    return replace(spec, **open_)


def folder_of(lesson: Lesson, sources: Sequence[str]) -> str:
    """The folder where the runs of lessons are.

    Args:
        lesson: The lesson whose runs are looked for.
        sources: What is open; a folder with runs of the lesson is taken.
    """
    for source in sources:
        if is_remote(source):
            continue
        if os.path.basename(source) == os.path.basename(lesson.folder()):
            return os.path.dirname(source)
        if os.path.isdir(lesson.folder(source)):
            return source
    return os.path.abspath(DEFAULT_FOLDER)


@dataclass(frozen=True)
class Networks:
    """How the networks of a lesson are doing.

    Attributes:
        total: How many there are.
        trained: How many are finished.
        in_training: How many are being trained, by whomever.
    """

    total: int
    trained: int
    in_training: int

    @property
    def missing(self) -> int:
        return self.total - self.trained - self.in_training

    def __str__(self) -> str:
        if self.trained == self.total:
            return ""
        if self.trained == self.in_training == 0:
            return (
                "The pictures of this lesson show networks that are not trained yet: "
                f"{self.total:,} small ones."
            )
        going_on = ", one in training" if self.in_training else ""
        return f"{self.trained:,} of {self.total:,} networks trained{going_on}."


def count_networks(tour: Tour, runs: Iterable[RunSummary]) -> Networks:
    """Counts the networks of a lesson among the runs that are there."""
    states = [run.state for run in runs if run.path in tour.paths]
    trained, in_training = map(states.count, (State.FINISHED, State.RUNNING))
    return Networks(len(tour.paths), trained, in_training)
