"""Shows a lesson in a terminal, with pauses between its sections and pages."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.markdown import Markdown
from rich.prompt import Prompt
from rich.segment import Segment, Segments
from rich.syntax import Syntax
from rich.text import Text

from keras_xavier.cli.terminal_figures import image

if TYPE_CHECKING:
    from keras_xavier.lessons import (
        Check,
        Code,
        Drawn,
        Folded,
        Prediction,
        Printed,
        Step,
    )

CODE_COLORS = "ansi_dark"
"""The 16 colors of the terminal, which its user has chosen."""
PROMPT_ROWS = 2
"""Rows of a question, and of the empty line above it."""
QUIT = {"q": "quit"}


class Quit(Exception):
    """The reader quits the lesson."""


class Screen:
    """A terminal or a file that shows a lesson.

    In a terminal with a person, it pauses before text scrolls out of sight.

    Args:
        console: `rich.console.Console`.
        is_interactive: bool. Whether to pause and to ask.
        shows_images: bool. Whether the terminal shows images.
    """

    def __init__(
        self, console: Console, is_interactive: bool, shows_images: bool
    ) -> None:
        self.console = console
        self.is_interactive = is_interactive
        self.shows_images = shows_images
        # Rows since the last pause.
        self._rows = 0

    def print(self, text: str) -> None:
        """Prints a line as it is, without wrapping it."""
        width = max(1, self.console.width)
        self._make_room(sum(-(-len(line) // width) or 1 for line in text.split("\n")))
        self.console.print(text, soft_wrap=True, highlight=False, markup=False)

    def show_step(self, step: "Step", answer: str) -> None:
        """Shows the answer to the question before, and a text."""
        if answer:
            self._show("", Markdown(answer))
        self._show("", Markdown(step.text), "")

    def show(self, part: "Code | Printed | Drawn | Check") -> None:
        """Shows code before it runs, its output, a figure or a check."""
        from keras_xavier.lessons import Code, Drawn, Printed

        if isinstance(part, Code):
            code = Syntax(part.source, "python", theme=CODE_COLORS, word_wrap=True)
            self._show(code, "")
        elif isinstance(part, Printed):
            self._say(f"{part.text}\n")
        elif isinstance(part, Drawn):
            if self.shows_images:
                figure = image(part.path)
                self._make_room(len(self.console.render_lines(figure)))
                self.console.print(figure)
            self.print(f"Figure: {part.path}")
        else:
            self._say(f"{'✓' if part.holds else '✗'} {part.claim}")

    def show_exercise(self, path: Path) -> None:
        """Shows how to do the exercise."""
        from keras_xavier.lessons.exercise import exercise_command

        self.print(f"\nEdit {path}, and run:\n\n    {exercise_command(path)}\n")

    def ask(self, prediction: "Prediction") -> str:
        """Asks for a prediction; returns the answer to show later."""
        numbers = [str(i) for i in range(1, len(prediction.choices) + 1)]
        listed = (
            f"{i}. {choice.text}"
            for i, choice in zip(numbers, prediction.choices, strict=True)
        )
        self._show(Markdown("\n".join(listed)), "")
        if not self.is_interactive:
            return prediction.answer()
        question = f"Your prediction (1 to {numbers[-1]}) · q: quit"
        choice = self._read(question, numbers)
        return prediction.answer(int(choice) - 1)

    def pause(self, step: "Step") -> None:
        """Waits for the reader, and offers the folded text of a step."""
        if self.is_interactive:
            self._wait({"": "next section", **QUIT}, step.folded)

    def offer(self, step: "Step | None") -> None:
        """Offers the folded text of the last step."""
        if self.is_interactive and step and step.folded:
            self._wait({"": "end"}, step.folded)

    def _wait(self, keys: dict[str, str], folded: "Folded | None") -> None:
        if folded:
            keys[folded.title[0].lower()] = folded.title
        question = " · ".join(f"{key or 'Enter'}: {name}" for key, name in keys.items())
        self.console.print("")
        while self._read(question, list(keys)):
            if folded:
                self._show("", Markdown(folded.text), "")

    def _say(self, text: str) -> None:
        """Prints a text, wrapped in a terminal only."""
        if self.is_interactive:
            self._show(Text(text))
        else:
            self.print(text)

    def _show(self, *parts: RenderableType) -> None:
        """Prints line by line, with a pause whenever the terminal is full."""
        if not self.is_interactive:
            self.console.print(*parts)
            return
        for line in self.console.render_lines(Group(*parts), pad=False):
            self._make_room(1)
            self.console.print(Segments([*line, Segment.line()]), end="")

    def _make_room(self, rows: int) -> None:
        """Pauses if rows would push text out of sight that has not been read."""
        page = self.console.height - PROMPT_ROWS
        if self.is_interactive and 0 < page < self._rows + rows and self._rows:
            self.console.print("")
            self._read("Enter: more · q: quit", ["", "q"])
        self._rows += rows

    def _read(self, question: str, choices: Sequence[str]) -> str:
        """Reads one of several choices; `q` and the end of the input quit."""
        self._rows = 0
        try:
            answer = Prompt.ask(
                f"[dim]{question}[/dim]",
                console=self.console,
                choices=[*dict.fromkeys([*choices, "q"])],
                show_choices=False,
                default="" if "" in choices else ...,
                show_default=False,
            )
        except EOFError:
            raise Quit from None
        if answer == "q":
            raise Quit
        return str(answer)
