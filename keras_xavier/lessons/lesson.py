"""A lesson as data: what is read and seen, and the code that makes it."""

import os
from dataclasses import dataclass

from keras_xavier.figure_spec import FigureSpec

NOTHING_NEW = FigureSpec()


@dataclass(frozen=True)
class Prediction:
    """What the student says before the result is seen.

    Attributes:
        choices: What could be, two to four of them, as Markdown.
        right: Index of the one that is so.
    """

    choices: tuple[str, ...]
    right: int


@dataclass(frozen=True)
class Step:
    """A step of the guided tour.

    The answer to a prediction is in the step that follows.

    Attributes:
        text: Markdown without images, links and HTML; of a prediction, the question.
        spec: The picture beside it; by default the one that is there already.
        runs: Names of the runs that it shows.
        prediction: What is asked, if anything is.
    """

    text: str
    spec: FigureSpec = NOTHING_NEW
    runs: tuple[str, ...] = ()
    prediction: Prediction | None = None


@dataclass(frozen=True)
class Code:
    """Code of a lesson.

    Attributes:
        source: Python; a figure in its last line is shown.
        is_check: Whether its assertions hold what the text says.
        is_parameters: Whether it sets `folder`, where runs are kept, and `seed`.
    """

    source: str
    is_check: bool = False
    is_parameters: bool = False


@dataclass(frozen=True)
class Lesson:
    """A lesson: steps of a guided tour, and the code between them.

    Attributes:
        number: From 1 on.
        title: What it is about.
        script: The file that it was read from.
        cells: Steps and code, in the order of the script.
    """

    number: int
    title: str
    script: str
    cells: tuple[Step | Code, ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        """The guided tour."""
        return tuple(cell for cell in self.cells if isinstance(cell, Step))

    @property
    def runs(self) -> tuple[str, ...]:
        """Names of the runs that its pictures show, in the order in which they do."""
        return tuple(dict.fromkeys(name for step in self.steps for name in step.runs))

    def folder(self, parent: str | os.PathLike[str] = "lessons") -> str:
        """Where its runs and pictures are kept: a folder in that of all lessons."""
        return os.path.join(parent, f"lesson-{self.number}")

    def run_path(self, name: str, parent: str | os.PathLike[str] = "lessons") -> str:
        """Where one of its runs is kept."""
        return os.path.join(self.folder(parent), f"{name}.zarr")
