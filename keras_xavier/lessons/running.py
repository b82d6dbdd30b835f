"""Runs the cells of a lesson in order, like a notebook."""

import ast
import io
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from matplotlib.figure import Figure

from keras_xavier.lessons.lesson import Code, CodeKind, Lesson, Step, figure_name

DOTS_PER_INCH = 150


@dataclass(frozen=True)
class Drawn:
    """A saved figure.

    Attributes:
        path: Path. Image file.
    """

    path: Path


@dataclass(frozen=True)
class Printed:
    """The output of a cell.

    Attributes:
        text: str. What the cell printed, without the last line break.
    """

    text: str


@dataclass(frozen=True)
class Check:
    """A statement of the text, checked on the runs.

    Attributes:
        claim: str. The statement, with measured numbers.
        holds: bool. Whether the statement is true.
    """

    claim: str
    holds: bool


Part: TypeAlias = Step | Code | Printed | Drawn | Check


def run_lesson(lesson: Lesson, folder: str, *, seed: int = 0) -> Iterator[Part]:
    """Runs a lesson, without its exercise.

    Args:
        lesson: `Lesson`.
        folder: str. Folder of runs and figures. Existing runs are reused.
        seed: int. Seed of the experiments. Defaults to 0.

    Yields:
        `Step` before the following cells run, `Code` before it runs, `Printed` with its
        output, `Drawn` for each saved figure, and `Check` for each assertion. The
        `Code` of the exercise is yielded, but does not run.

    Example:

    ```python
    for part in run_lesson(read_lesson(1), "lessons/lesson-1"):
        print(part)
    ```
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    names: dict[str, Any] = {"__name__": "__main__"}
    figures = 0
    for cell in lesson.cells:
        if isinstance(cell, Step):
            yield cell
        elif cell.kind is CodeKind.CHECK:
            yield from run_checks(cell, names)
        elif cell.kind is CodeKind.EXERCISE:
            yield cell
        elif cell.kind in (CodeKind.PLAIN, CodeKind.PARAMETERS):
            yield cell
            with redirect_stdout(io.StringIO()) as printed:
                figure = run_code(cell.source, names)
            if text := printed.getvalue().rstrip():
                yield Printed(text)
            if figure is not None:
                figures += 1
                path = Path(folder, figure_name(figures))
                figure.savefig(path, dpi=DOTS_PER_INCH)
                yield Drawn(path)
            if cell.kind is CodeKind.PARAMETERS:
                names |= {"folder": folder, "seed": seed}


def run_exercise(
    lesson: Lesson, folder: str, answer: str | None = None, *, seed: int = 0
) -> list[Check]:
    """Runs the exercise of a lesson, and checks the result.

    Args:
        lesson: `Lesson` with an exercise.
        folder: str. Folder of runs.
        answer: str. Python code in place of the lines that the student changes.
            Defaults to `None`: these lines as they are.
        seed: int. Seed of the experiments. Defaults to 0.

    Returns:
        List of `Check`.
    """
    checks: list[Check] = []
    names: dict[str, Any] = {"__name__": "__main__"}
    run_code(lesson.code(CodeKind.PARAMETERS), names)
    names |= {"folder": folder, "seed": seed, "verify": recorder(checks)}
    run_code(answer or lesson.code(CodeKind.EXERCISE), names)
    run_code(lesson.code(CodeKind.EXERCISE_CHECK), names)
    return checks


def recorder(checks: list[Check]) -> Callable[[object, object], None]:
    """Returns a function that records a check."""
    return lambda holds, claim: checks.append(Check(str(claim), bool(holds)))


def run_code(source: str, names: dict[str, Any]) -> Figure | None:
    """Runs code and returns its last line if this is a figure."""
    tree = ast.parse(source)
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr):
        execute(tree.body, names)
        return None
    execute(tree.body[:-1], names)
    value = evaluate(last.value, names)
    return value if isinstance(value, Figure) else None


def run_checks(cell: Code, names: dict[str, Any]) -> Iterator[Check]:
    """Runs all assertions of a cell, including those after a failure."""
    checks: list[Check] = []
    names["__check__"] = recorder(checks)
    tree = ast.fix_missing_locations(AssertionsToChecks().visit(ast.parse(cell.source)))
    execute(tree.body, names)
    yield from checks


class AssertionsToChecks(ast.NodeTransformer):
    """Replaces assertions by calls that record a `Check`."""

    def visit_Assert(self, assertion: ast.Assert) -> ast.Expr:
        parts = [assertion.test, assertion.msg or ast.Constant(ast.unparse(assertion))]
        return ast.Expr(ast.Call(ast.Name("__check__", ast.Load()), parts, []))


# Runs the lessons of this package only, never files of users.


def execute(statements: list[ast.stmt], names: dict[str, Any]) -> None:
    code = compile(ast.Module(statements, []), "<lesson>", "exec")
    exec(code, names)  # noqa: S102


def evaluate(expression: ast.expr, names: dict[str, Any]) -> Any:
    code = compile(ast.Expression(expression), "<lesson>", "eval")
    return eval(code, names)  # noqa: S307
