"""Shows a lesson in a terminal, with pauses between its sections."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markdown import Markdown
from rich.prompt import Prompt
from rich.syntax import Syntax

from keras_xavier.cli.terminal_figures import image

if TYPE_CHECKING:
    from keras_xavier.lessons import Check, Code, Drawn, Folded, Prediction, Step

CODE_COLORS = "ansi_dark"
"""The 16 colors of the terminal, which its user has chosen."""


class Quit(Exception):
    """The reader quits the lesson."""


@dataclass(frozen=True)
class Screen:
    """A terminal or a file that shows a lesson.

    Attributes:
        console: `rich.console.Console`.
        is_interactive: bool. Whether to pause and to ask.
        shows_images: bool. Whether the terminal shows images.
    """

    console: Console
    is_interactive: bool
    shows_images: bool

    def print(self, text: str) -> None:
        """Prints a line as it is, without wrapping it."""
        self.console.print(text, soft_wrap=True, highlight=False, markup=False)

    def show_step(self, step: "Step", answer: str) -> None:
        """Shows the answer to the question before, and a text."""
        if answer:
            self.console.print("", Markdown(answer))
        self.console.print("", Markdown(step.text), "")

    def show(self, part: "Code | Drawn | Check") -> None:
        """Shows code before it runs, a figure or a check."""
        from keras_xavier.lessons import Code, Drawn

        if isinstance(part, Code):
            code = Syntax(part.source, "python", theme=CODE_COLORS, word_wrap=True)
            self.console.print(code, "")
        elif isinstance(part, Drawn):
            if self.shows_images:
                self.console.print(image(part.path))
            self.print(f"Figure: {part.path}")
        else:
            self.print(f"{'✓' if part.holds else '✗'} {part.claim}")

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
        self.console.print(Markdown("\n".join(listed)), "")
        if not self.is_interactive:
            return prediction.answer()
        choice = read(self.console, "Your prediction", numbers)
        return prediction.answer(int(choice) - 1)

    def pause(self, step: "Step") -> None:
        """Waits for the reader, and offers the folded text of a step."""
        if self.is_interactive:
            self.wait("next section", step.folded)

    def offer(self, step: "Step | None") -> None:
        """Offers the folded text of the last step."""
        if self.is_interactive and step and step.folded:
            self.wait("end", step.folded)

    def wait(self, purpose: str, folded: "Folded | None") -> None:
        keys = {"": purpose, "q": "quit"}
        if folded:
            keys[folded.title[0].lower()] = folded.title
        question = " · ".join(f"{key or 'Enter'}: {name}" for key, name in keys.items())
        self.console.print("")
        while read(self.console, question, list(keys)):
            if folded:
                self.console.print("", Markdown(folded.text), "")


def read(console: Console, question: str, choices: list[str]) -> str:
    """Reads one of several choices; `q` and the end of the input quit."""
    try:
        answer = Prompt.ask(
            f"[dim]{question}[/dim]",
            console=console,
            choices=[*choices, "q"],
            show_choices=False,
            default="" if "" in choices else ...,
            show_default=False,
        )
    except EOFError:
        raise Quit from None
    if answer == "q":
        raise Quit
    return str(answer)
