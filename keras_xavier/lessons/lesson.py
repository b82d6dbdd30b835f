"""A lesson as data: texts, predictions, figures, code and an exercise."""

import os
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from keras_xavier.figure_spec import FigureSpec

UNCHANGED = FigureSpec()
SOLUTION = "Solution"


def figure_name(number: int) -> str:
    """Returns the file name of a figure that a lesson draws, counted from 1."""
    return f"figure-{number}.png"


@dataclass(frozen=True)
class Choice:
    """An answer to choose.

    Attributes:
        text: str. The answer, as Markdown.
        reason: str. Why it is right or wrong, as Markdown.
    """

    text: str
    reason: str


@dataclass(frozen=True)
class Prediction:
    """A multiple-choice question before the result is shown.

    Attributes:
        choices: Tuple of two to four `Choice`.
        right: int. Index of the correct answer.
    """

    choices: tuple[Choice, ...]
    right: int

    def answer(self, chosen: int | None = None) -> str:
        """Returns the reply to a choice, or the answer, as Markdown.

        Args:
            chosen: int. Index of a choice. Defaults to `None`: no choice was made.

        Returns:
            Paragraphs: whether the choice is right and why, and the right answer.
        """
        right = self.choices[self.right]
        answer = f"**The answer:** {right.text} {right.reason}"
        if chosen is None:
            return answer
        choice = self.choices[chosen]
        if chosen == self.right:
            return f"✓ **Correct.** {choice.text} {choice.reason}"
        return f"✗ **Not quite.** {choice.text} {choice.reason}\n\n{answer}"


@dataclass(frozen=True)
class Folded:
    """A text that is shown on demand: a derivation or a solution.

    Attributes:
        title: str. What it contains.
        text: str. Markdown.
    """

    title: str
    text: str

    @property
    def details(self) -> str:
        """The text as Markdown with a foldable block of HTML."""
        return f"<details><summary>{self.title}</summary>\n\n{self.text}\n\n</details>"


@dataclass(frozen=True)
class Step:
    """A step of the guided tour.

    The answer to a prediction follows in the next step.

    Attributes:
        text: str. Markdown without images, links and HTML; the question if the step
            has a prediction.
        spec: `FigureSpec`. Figure beside the text. Defaults to the current figure.
        runs: Tuple of str. Names of the runs in the figure. Defaults to none.
        image: str. File name of the figure that the code of the lesson draws for this
            step, in its folder. Defaults to `""`: none, or a figure of the package.
        prediction: `Prediction`. Defaults to `None`.
        folded: `Folded`. Text on demand. Defaults to `None`.
    """

    text: str
    spec: FigureSpec = UNCHANGED
    runs: tuple[str, ...] = ()
    image: str = ""
    prediction: Prediction | None = None
    folded: Folded | None = None

    @property
    def has_figure(self) -> bool:
        """Whether there is a figure beside the text."""
        return bool(self.spec.figure or self.image)

    @property
    def solution(self) -> Folded | None:
        """The solution if the step is the exercise, else `None`."""
        is_exercise = self.folded is not None and self.folded.title == SOLUTION
        return self.folded if is_exercise else None


class CodeKind(StrEnum):
    """Kinds of code cells, and their tags in scripts."""

    PLAIN = ""
    PARAMETERS = "parameters"
    """imports, and `folder` and `seed`, the folder of the runs and the seed"""
    CHECK = "check"
    """assertions of statements of the text"""
    EXERCISE = "exercise"
    """lines that the student changes"""
    SOLUTION = "solution"
    """the same lines, changed"""
    EXERCISE_CHECK = "exercise-check"
    """training and calls of `verify` that follow the lines of the student"""


@dataclass(frozen=True)
class Code:
    """A code cell of a lesson.

    Attributes:
        source: str. Python code. A figure in its last line is shown.
        kind: `CodeKind`. Defaults to plain code.
    """

    source: str
    kind: CodeKind = CodeKind.PLAIN


@dataclass(frozen=True)
class Lesson:
    """A lesson: steps of a guided tour, with code cells between them.

    Attributes:
        number: int. Number of the lesson, starting at 1.
        title: str. Heading of the first cell.
        script: str. Path of the script.
        cells: Tuple of `Step` and `Code` in the order of the script.
        minutes: int. Minutes to read and to take the lesson, with training.
        thumbnail: str. File name of the figure that stands for the lesson, in its
            folder.
    """

    number: int
    title: str
    script: str
    cells: tuple[Step | Code, ...]
    minutes: int
    thumbnail: str

    @property
    def steps(self) -> tuple[Step, ...]:
        """Steps of the guided tour."""
        return tuple(cell for cell in self.cells if isinstance(cell, Step))

    @property
    def predictions(self) -> tuple[Prediction, ...]:
        """Questions of the lesson, in their order."""
        return tuple(step.prediction for step in self.steps if step.prediction)

    @property
    def runs(self) -> tuple[str, ...]:
        """Names of the runs in the figures, in order of appearance."""
        return tuple(dict.fromkeys(name for step in self.steps for name in step.runs))

    def unexplained_runs(self, position: int) -> tuple[str, ...]:
        """Returns the runs whose findings would reveal the answer to a question.

        Args:
            position: int. Index of the present step.

        Returns:
            Names of the runs that the steps so far do not show, or that a later step
            shows as the answer to a prediction.
        """
        seen = {name for step in self.steps[: position + 1] for name in step.runs}
        answers = {
            name
            for before, step in pairwise(self.steps[position:])
            if before.prediction
            for name in step.runs
        }
        return tuple(one for one in self.runs if one not in seen or one in answers)

    def code(self, kind: CodeKind) -> str:
        """Returns the source of the only cell of a kind, `""` without such a cell."""
        return "".join(
            cell.source
            for cell in self.cells
            if isinstance(cell, Code) and cell.kind is kind
        )

    def folder(self, parent: str | os.PathLike[str] = "lessons") -> str:
        """Returns the folder of its runs and figures."""
        return os.path.join(parent, f"lesson-{self.number}")

    def run_path(self, name: str, parent: str | os.PathLike[str] = "lessons") -> str:
        """Returns the path of one of its runs."""
        return os.path.join(self.folder(parent), f"{name}.zarr")

    def exercise_path(self, parent: str | os.PathLike[str] = "lessons") -> str:
        """Returns the path of the program with its exercise."""
        return os.path.join(self.folder(parent), "exercise.py")
