"""A lesson as data: texts, figures and code."""

import os
from dataclasses import dataclass

from keras_xavier.figure_spec import FigureSpec

UNCHANGED = FigureSpec()


@dataclass(frozen=True)
class Prediction:
    """A multiple-choice question before the result is shown.

    Attributes:
        choices: Tuple of two to four str. Answers, as Markdown.
        right: int. Index of the correct answer.
    """

    choices: tuple[str, ...]
    right: int


@dataclass(frozen=True)
class Step:
    """A step of the guided tour.

    The answer to a prediction follows in the next step.

    Attributes:
        text: str. Markdown without images, links and HTML; the question if the step
            has a prediction.
        spec: `FigureSpec`. Figure beside the text. Defaults to the current figure.
        runs: Tuple of str. Names of the runs in the figure. Defaults to none.
        prediction: `Prediction`. Defaults to None.
    """

    text: str
    spec: FigureSpec = UNCHANGED
    runs: tuple[str, ...] = ()
    prediction: Prediction | None = None


@dataclass(frozen=True)
class Code:
    """A code cell of a lesson.

    Attributes:
        source: str. Python code. A figure in its last line is shown.
        is_check: bool. Whether the cell asserts statements of the text.
        is_parameters: bool. Whether the cell sets `folder`, the folder of the runs, and
            `seed`.
    """

    source: str
    is_check: bool = False
    is_parameters: bool = False


@dataclass(frozen=True)
class Lesson:
    """A lesson: steps of a guided tour, with code cells between them.

    Attributes:
        number: int. Number of the lesson, starting at 1.
        title: str. Heading of the first cell.
        script: str. Path of the script.
        cells: Tuple of `Step` and `Code` in the order of the script.
    """

    number: int
    title: str
    script: str
    cells: tuple[Step | Code, ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        """Steps of the guided tour."""
        return tuple(cell for cell in self.cells if isinstance(cell, Step))

    @property
    def runs(self) -> tuple[str, ...]:
        """Names of the runs in the figures, in order of appearance."""
        return tuple(dict.fromkeys(name for step in self.steps for name in step.runs))

    def folder(self, parent: str | os.PathLike[str] = "lessons") -> str:
        """Returns the folder of its runs and figures."""
        return os.path.join(parent, f"lesson-{self.number}")

    def run_path(self, name: str, parent: str | os.PathLike[str] = "lessons") -> str:
        """Returns the path of one of its runs."""
        return os.path.join(self.folder(parent), f"{name}.zarr")
