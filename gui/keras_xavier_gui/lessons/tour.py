"""A tour through a lesson: the present step and the predictions. No Qt."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from keras_xavier.lessons.lesson import CodeKind, Lesson, Step
from keras_xavier.runs import RunSummary, State
from keras_xavier_gui.sources.paths import is_remote

DEFAULT_FOLDER = "lessons"


@dataclass(frozen=True)
class Tour:
    """A user's tour through a lesson.

    Attributes:
        lesson: The lesson.
        folder: Path of the folder that contains the runs of all lessons.
        position: Index of the present step.
        predictions: Indices of the choices made, by index of the step.
    """

    lesson: Lesson
    folder: str
    position: int = 0
    predictions: Mapping[int, int] = field(default_factory=dict)

    @property
    def step(self) -> Step:
        return self.lesson.steps[self.position]

    @property
    def is_last(self) -> bool:
        return self.position == len(self.lesson.steps) - 1

    @property
    def choice(self) -> int | None:
        """Index of the choice made in the present step."""
        return self.predictions.get(self.position)

    @property
    def is_awaited(self) -> bool:
        """Whether the present step asks for a prediction not made yet."""
        return self.step.prediction is not None and self.choice is None

    @property
    def text(self) -> str:
        """Markdown: the answer to the prediction before, and the text of the step."""
        return "\n\n".join([*self._answer(), self.step.text, *self._exercise()])

    @property
    def is_exercise(self) -> bool:
        """Whether the present step is the exercise."""
        return self.step.solution is not None

    @property
    def has_figure(self) -> bool:
        """Whether a step so far has a figure."""
        return self._last_figure is not None

    @property
    def image(self) -> str:
        """Path of the image to show; `""` if the plots show the last figure."""
        step = self._last_figure
        return os.path.join(self.runs_folder, step.image) if step and step.image else ""

    @property
    def unexplained_paths(self) -> list[str]:
        """Paths of the runs whose findings would reveal an answer."""
        return [self.path(name) for name in self.lesson.unexplained_runs(self.position)]

    @property
    def runs_folder(self) -> str:
        """Path of the folder that contains the runs of this lesson."""
        return self.lesson.folder(self.folder)

    def move(self, steps: int) -> "Tour":
        """Returns the tour this many steps later, within the lesson."""
        last = len(self.lesson.steps) - 1
        return replace(self, position=min(max(self.position + steps, 0), last))

    def predict(self, choice: int) -> "Tour":
        """Returns the tour with a prediction in the present step."""
        return replace(self, predictions={**self.predictions, self.position: choice})

    def path(self, name: str) -> str:
        """Path of a run."""
        return self.lesson.run_path(name, self.folder)

    @property
    def paths(self) -> list[str]:
        """Paths of all runs of the lesson."""
        return [self.path(name) for name in self.lesson.runs]

    @property
    def _last_figure(self) -> Step | None:
        so_far = self.lesson.steps[: self.position + 1]
        return next((step for step in reversed(so_far) if step.has_figure), None)

    def _exercise(self) -> list[str]:
        if not self.is_exercise:
            return []
        return [f"```python\n{self.lesson.code(CodeKind.EXERCISE)}\n```"]

    def _answer(self) -> list[str]:
        before = self.position - 1
        chosen = self.predictions.get(before)
        prediction = self.lesson.steps[before].prediction
        if chosen is None or prediction is None:
            return []
        return [prediction.answer(chosen)]


def folder_of(lesson: Lesson, sources: Sequence[str]) -> str:
    """Finds the folder that contains the runs of lessons.

    Args:
        lesson: The lesson to open.
        sources: Opened runs and folders; one with runs of the lesson is preferred.

    Returns:
        Its path; it may not exist yet.
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
class NetworkCounts:
    """Numbers of networks of a lesson, by state.

    Attributes:
        total: Number of networks.
        trained: Number of trained networks.
        in_training: Number of networks in training, in this app or elsewhere.
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
                f"The plots of this lesson require {self.total:,} small networks, "
                "which are not trained yet."
            )
        in_training = ", one in training" if self.in_training else ""
        return f"{self.trained:,} of {self.total:,} networks trained{in_training}."


def count_networks(tour: Tour, runs: Iterable[RunSummary]) -> NetworkCounts:
    """Counts the networks of a lesson by state."""
    states = [run.state for run in runs if run.path in tour.paths]
    trained, in_training = map(states.count, (State.FINISHED, State.RUNNING))
    return NetworkCounts(len(tour.paths), trained, in_training)
