"""Runs the cells of a lesson in order, like a notebook."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from keras_xavier.lessons.lesson import Code, Lesson, Step

DOTS_PER_INCH = 150


@dataclass(frozen=True)
class Drawn:
    """A saved figure.

    Attributes:
        path: Path. Image file.
    """

    path: Path


@dataclass(frozen=True)
class Check:
    """A statement of the text, checked on the runs.

    Attributes:
        claim: str. The statement, with measured numbers.
        holds: bool. Whether the statement is true.
    """

    claim: str
    holds: bool


def run_lesson(
    lesson: Lesson, folder: str, *, seed: int = 0
) -> Iterator[Step | Drawn | Check]:
    """Runs a lesson.

    Args:
        lesson: `Lesson`.
        folder: str. Folder of runs and figures. Existing runs are reused.
        seed: int. Seed of the experiments. Defaults to 0.

    Yields:
        `Step` before the following cells run, `Drawn` for each saved figure, and
        `Check` for each assertion.

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
        elif cell.is_check:
            yield from run_checks(cell, names)
        elif (figure := run_code(cell, names)) is not None:
            figures += 1
            path = Path(folder, f"figure-{figures}.png")
            figure.savefig(path, dpi=DOTS_PER_INCH)
            yield Drawn(path)
        if isinstance(cell, Code) and cell.is_parameters:
            names |= {"folder": folder, "seed": seed}


def run_code(cell: Code, names: dict[str, Any]) -> Figure | None:
    """Runs a cell and returns its last line if this is a figure."""
    tree = ast.parse(cell.source)
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
    names["__check__"] = lambda holds, claim: checks.append(
        Check(str(claim), bool(holds))
    )
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
